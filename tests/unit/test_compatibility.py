"""docs/compatibility.md lists what is served, in the versions in which it is served, and nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.api.app import ENDPOINTS
from gateway.api.versions import VERSIONS
from tests.support import voice_rows
from tests.support.compatibility import OURSELVES, Facts, plain

pytestmark = pytest.mark.unit

PAGE = Path(__file__).parents[2] / "docs" / "compatibility.md"
ROW = re.compile(r"^\| `(?P<method>[A-Z]+) (?P<path>/\S*)` \|(?P<cells>.*)\|$", re.MULTILINE)


def _listed() -> Iterator[str]:
    """The endpoints for which the page has a mark."""
    tables, _, _ = PAGE.read_text("utf-8").partition("### Besides endpoints")
    for row in ROW.finditer(tables):
        cells = [cell.strip() for cell in row["cells"].split("|")]
        if len(cells) < len(VERSIONS):
            yield f"{row['method']} {row['path']}"
        for version, cell in zip(VERSIONS, cells, strict=False):
            if len(cells) > len(VERSIONS) and cell:
                yield f"{row['method']} {version.prefix}{row['path']}"


def test_the_page_lists_what_is_served_and_nothing_else() -> None:
    served = {plain(f"{endpoint.method} {endpoint.path}") for endpoint in ENDPOINTS}
    assert set(_listed()) == served, "routes have changed: `make compatibility` renders the tables again"


def test_the_page_has_a_row_for_everything_that_the_voice_api_promises() -> None:
    listed = re.findall(r"^\| `([^`]+)` \| (?:✓|untested|fails) \| \[", PAGE.read_text("utf-8"), re.MULTILINE)
    assert set(voice_rows.rows()) - set(listed) == set(), "`make compatibility` renders the tables again"


def test_everything_on_the_page_is_tested() -> None:
    assert re.findall(r"untested|fails", PAGE.read_text("utf-8").partition("### Besides endpoints")[0]) == []


@pytest.mark.parametrize(
    ("outcomes", "counts"),
    [
        (["passed", "skipped"], "passed"),
        (["skipped", "passed"], "passed"),
        (["passed", "failed", "passed"], "failed"),
        (["skipped"], "skipped"),
    ],
)
def test_the_worst_test_of_an_endpoint_counts(outcomes: list[str], counts: str) -> None:
    facts = Facts()
    for outcome in outcomes:
        facts.add("GET /v1/users/{user_id}", OURSELVES, outcome)
    assert facts.proofs == {"GET /v1/users/{id}": {OURSELVES: counts}}


@pytest.mark.parametrize(
    ("name", "endpoint"),
    [
        ("GET /v1/conversations/{x}/members/me", "GET /v1/conversations/{id}/members/{id}"),
        ("GET /v1/users (name)", "GET /v1/users"),
    ],
)
def test_endpoints_have_one_name(name: str, endpoint: str) -> None:
    assert plain(name) == endpoint


def test_gaps_are_told_with_what_met_them() -> None:
    facts = Facts()
    for client in ("nexmo", "vonage", "nexmo"):
        facts.add_gap("POST /v1/calls: not yet", client)
    assert facts.gaps == {"POST /v1/calls: not yet": ["nexmo", "vonage"]}


def test_comparisons_of_one_endpoint_add_up() -> None:
    facts = Facts()
    facts.add_comparison({"GET /v1/legs/{leg}": ["older"], "GET /v1/legs": []})
    facts.add_comparison({"GET /v1/legs/{id}": ["older", "shorter"]})
    assert facts.published == {"GET /v1/legs/{id}": ["older", "shorter"], "GET /v1/legs": []}
