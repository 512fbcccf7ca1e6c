"""What the documentation says of the repository is so: links, the tour's places, the drawn state machines."""

import ast
import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")])
STOPS = 10
DECISION_LINES = 60
"""One page."""

LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)\s#]+)[^)]*\)")
PLACE = re.compile(r"\[`(?P<path>[^`]+)`\]\((?P<link>[^)]+)\) → (?P<names>`[\w.]+`(?:, `[\w.]+`)*)")


def prose(page: Path) -> str:
    """The page without its code blocks, every paragraph on one line."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"(?<!\n)\n(?!\n)", " ", text)


def definitions(path: Path) -> set[str]:
    """Functions and classes of a module, and methods as `Class.method`."""

    def within(body: list[ast.stmt], owner: str) -> Iterator[str]:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield owner + node.name
            if isinstance(node, ast.ClassDef):
                yield from within(node.body, f"{owner}{node.name}.")

    return set(within(ast.parse(path.read_text("utf-8")).body, ""))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    links = LINK.findall(prose(page))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_links_are_found() -> None:
    assert [link for page in PAGES for link in LINK.findall(prose(page))]


def test_the_tour_has_its_stops_and_each_names_its_places() -> None:
    stops = re.split(r"^## ", prose(DOCS / "tour.md"), flags=re.MULTILINE)[1:]
    assert [stop.partition(".")[0] for stop in stops] == [str(number) for number in range(1, STOPS + 1)]
    assert all(PLACE.search(stop) for stop in stops)


def test_every_place_of_the_tour_is_there() -> None:
    text = prose(DOCS / "tour.md")
    places = list(PLACE.finditer(text))
    sources = [link for link in LINK.findall(text) if link.endswith(".py")]
    assert [place["link"] for place in places] == sources, "each link to a source names what to read there"
    missing = []
    for place in places:
        path = ROOT / place["path"]
        assert (DOCS / place["link"]).resolve() == path
        missing += [
            f"{place['path']} → {name}"
            for name in re.findall(r"`([\w.]+)`", place["names"])
            if name not in definitions(path)
        ]
    assert missing == []


def test_decisions_are_numbered_without_gaps_and_have_one_page() -> None:
    pages = sorted((DOCS / "decisions").iterdir())
    assert [page.name[:5] for page in pages] == [f"{number:04}-" for number in range(1, len(pages) + 1)]
    for number, page in enumerate(pages, 1):
        lines = page.read_text("utf-8").splitlines()
        assert lines[0].startswith(f"# {number}. "), page.name
        assert len(lines) <= DECISION_LINES, page.name


def test_the_state_machines_are_drawn_as_they_are() -> None:
    page = runpy.run_path(str(ROOT / "scripts" / "diagrams"))["page"]
    assert (DOCS / "states.md").read_text("utf-8") == page(), (
        "a table has changed: `make docs` draws it again"
    )


def test_every_table_is_drawn() -> None:
    """A transition table is a TABLE or TRANSITIONS of a module."""
    tables = [
        path
        for package in ("gateway", "media", "signalling")
        for path in sorted((ROOT / package).rglob("*.py"))
        if re.search(r"^(TABLE|TRANSITIONS)\b.* = ", path.read_text("utf-8"), re.MULTILINE)
    ]
    drawn = LINK.findall(prose(DOCS / "states.md"))
    assert {f"../{path.relative_to(ROOT).as_posix()}" for path in tables} == set(drawn)
