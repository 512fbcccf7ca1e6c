"""Whoever loads the compiled engine holds neither a compiler nor what that made it of, and finds it again."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import media

pytestmark = pytest.mark.contract

PROGRAM = """
import gc, sys
from media.engine.warm import load
load()
from numba.core.dispatcher import Dispatcher
kernels = [each for each in gc.get_objects() if isinstance(each, Dispatcher)]
loaded = [result for kernel in kernels for result in kernel.overloads.values()]
kept = [result for result in loaded if result.library._shared_module is not None]
print(len(loaded) > 0, len(kept), "numba.np.arrayobj" in sys.modules)
"""

ADD = """
import numpy as np
from media.engine.compile import is_warm, mark_warm
from media.engine.kernels.sums import subtract
subtract(np.ones(3, np.int32), np.ones(3, np.int16), np.ones(3, np.int32))
print(is_warm(), sum(subtract.stats.cache_hits.values()))
mark_warm()
"""


def test_loading_takes_no_compiler() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_DISABLE_JIT"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, check=True)
    assert done.stdout.split() == [b"True", b"0", b"False"], done.stderr.decode()


def first_look(root: Path) -> str:
    """What a new process knows of the kernels whose sources are there: whether all were compiled, and one."""
    apart = ("NUMBA_CACHE_DIR", "NUMBA_DISABLE_JIT")
    environment = {name: value for name, value in os.environ.items() if name not in apart}
    environment["PYTHONPATH"] = str(root)
    return subprocess.check_output([sys.executable, "-c", ADD], cwd=root, env=environment, text=True).strip()


def test_what_was_compiled_is_known_by_what_the_sources_say_and_where(tmp_path: Path) -> None:
    shutil.copytree(
        Path(media.__file__).parent, tmp_path / "a" / "media", ignore=shutil.ignore_patterns("__pycache__")
    )
    assert first_look(tmp_path / "a") == "False 0"
    for source in (tmp_path / "a").rglob("*.py"):
        os.utime(source, (1, 1))
    assert first_look(tmp_path / "a") == "True 1", "a checkout writes the same sources at another time"
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    assert first_look(tmp_path / "b") == "False 0", "nothing would be found there"
    changed = tmp_path / "a/media/engine/kernels/sums.py"
    changed.write_text(changed.read_text() + "\n")
    assert first_look(tmp_path / "a") == "False 0"
