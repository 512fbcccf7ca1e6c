"""The table of the examples: all of them, and nothing that no test runs."""

import re
from pathlib import Path

import pytest

from tests.support.examples import EXAMPLES, ROOT

pytestmark = pytest.mark.contract

FILES = sorted(
    str(path.relative_to(EXAMPLES)) for path in EXAMPLES.rglob("*") if path.suffix in (".py", ".js", ".sh")
)
TESTS = (
    *sorted(Path(__file__).parent.glob("test_*.py")),
    ROOT / "tests" / "contract" / "test_examples.py",
    ROOT / "tests" / "interop" / "test_example_calls.py",
    *sorted((ROOT / "tests" / "interop" / "examples").glob("test_*.py")),
)
SHARED = ("tones.py", "voice.py", "websocket_audio.py")
"""What is not run, but imported by others."""
PROGRAMS = [name for name in FILES if name not in SHARED]


def test_the_table_has_every_file_and_no_other() -> None:
    rows = re.findall(r"\[`([^`]+)`\]\(([^)]+)\)", (EXAMPLES / "README.md").read_text())
    assert all(text == link for text, link in rows)
    assert sorted({link for _, link in rows}) == FILES


@pytest.mark.parametrize("name", SHARED)
def test_what_is_shared_is_imported(name: str) -> None:
    wanted = f"from examples.{Path(name).stem} import "
    assert any(wanted in (EXAMPLES / program).read_text() for program in PROGRAMS)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_test_runs_it(name: str) -> None:
    assert any(f'"{name}"' in path.read_text() for path in TESTS)


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_says_how_it_is_run(name: str) -> None:
    words = (EXAMPLES / name).read_text()
    head = re.split(r'(?<!^)"""|\n\n(?=const|set)', words, maxsplit=1)[0]
    assert re.search(rf"python -m examples\.{Path(name).stem}\b|examples/{name}|Run it", head), head
