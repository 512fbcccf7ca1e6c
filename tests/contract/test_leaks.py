"""`make leaks` with tests of its own: what fails there, and what does not."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parents[2]
PATIENCE_S = 120.0

CHILD = "[sys.executable, '-c', 'import os; left = os.pipe(); file = open(left[0])']"
LEFT = f"""
import asyncio, subprocess, sys

async def fail():
    raise OSError

def test_nothing():
    with open(__file__) as file:
        assert file.read()

def test_a_file():
    open(__file__)

def test_a_coroutine():
    fail()

async def test_a_task():
    asyncio.create_task(fail())
    await asyncio.sleep(0)

def test_a_file_of_a_child():
    subprocess.run({CHILD})
"""
LEFT_IN_A_LOG = f"""
import subprocess, sys

def test_nothing():
    pass

def test_a_file_of_a_child(tmp_path):
    with open(tmp_path / "child.log", "wb") as log:
        subprocess.run({CHILD}, stderr=log)
"""
LEFT_UNTIL_THE_END = """
left = open(__file__)

def test_nothing():
    pass
"""


async def run(directory: Path, text: str) -> tuple[int, str]:
    """Run a module of tests with this text; how that ended, and all that was printed."""
    module = directory / "test_left.py"
    module.write_text(text)
    ours = {"PYTHON": sys.executable, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    process = await asyncio.create_subprocess_exec(
        *(ROOT / "scripts" / "leaks", "-c", ROOT / "pyproject.toml", "--rootdir", directory),
        *("-p", "pytest_asyncio.plugin", "-p", "tests.support.leaks", "-p", "no:cacheprovider"),
        *(f"--basetemp={directory / 'made'}", "-rA", module),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **ours},
    )
    async with asyncio.timeout(PATIENCE_S):
        words, _ = await process.communicate()
    return await process.wait(), words.decode()


def wrong(words: str) -> set[str]:
    """The tests that are in the summary for another reason than that they have passed."""
    return set(re.findall(r"^(?:FAILED|ERROR) \S+::test_(\w+)", words, re.MULTILINE))


async def test_each_test_that_leaves_something_fails(tmp_path: Path) -> None:
    status, words = await run(tmp_path, LEFT)
    assert (status, wrong(words)) == (1, {"a_file", "a_coroutine", "a_task", "a_file_of_a_child"}), words


async def test_what_a_log_says_fails_the_last_of_its_module(tmp_path: Path) -> None:
    status, words = await run(tmp_path, LEFT_IN_A_LOG)
    assert (status, wrong(words)) == (1, {"a_file_of_a_child"}), words
    assert "child.log: " in words


async def test_what_is_left_until_the_very_end_fails_the_run(tmp_path: Path) -> None:
    status, words = await run(tmp_path, LEFT_UNTIL_THE_END)
    assert (status, wrong(words)) == (1, set()), words
    assert "ResourceWarning: unclosed file" in words


async def test_who_leaves_nothing_passes(tmp_path: Path) -> None:
    status, words = await run(tmp_path, "def test_nothing():\n    pass\n")
    assert (status, "1 passed" in words) == (0, True), words
