"""The kernels' unit tests once more, on machine code that checks every index."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.contract

UNIT = Path(__file__).parents[2] / "unit" / "media"
MINUTES = 10


@pytest.mark.parametrize("package", ["codecs", "dsp", "rtp", "engine"])
async def test_compiled_kernels_do_the_same(package: str, tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "0", "NUMBA_BOUNDSCHECK": "1"}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        # Without deadlines: a first example compiles.
        "--hypothesis-profile=ci",
        str(UNIT / package),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(MINUTES * 60):
        output, _ = await process.communicate()
    assert process.returncode == 0, output.decode(errors="replace")[-5000:]
