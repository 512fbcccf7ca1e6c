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
)


def test_the_table_has_every_file_and_no_other() -> None:
    rows = re.findall(r"\[`([^`]+)`\]\(([^)]+)\)", (EXAMPLES / "README.md").read_text())
    assert all(text == link for text, link in rows)
    assert sorted({link for _, link in rows}) == FILES


@pytest.mark.parametrize("name", FILES)
def test_a_test_runs_it(name: str) -> None:
    assert any(f'"{name}"' in path.read_text() for path in TESTS)


@pytest.mark.parametrize("name", FILES)
def test_it_says_how_it_is_run(name: str) -> None:
    words = (EXAMPLES / name).read_text()
    head = re.split(r'(?<!^)"""|\n\n(?=const|set)', words, maxsplit=1)[0]
    assert re.search(rf"python -m examples\.{Path(name).stem}\b|examples/{name}|Run it", head), head
