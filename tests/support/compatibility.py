"""What the tests prove, and with what: the facts of docs/compatibility.md.

A test names the endpoints that it proves with the marker `endpoint`, and its module's `CLIENT` is what proves
them; rows of the Voice API (tests/support/voice_rows.py) it names with the marker `row`. The comparison with
published descriptions says what it found in the property `published`. `pytest --compatibility FILE` writes
all of it as JSON.
"""

import json
import re
from collections.abc import Generator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest

from tests.support import voice_rows

OURSELVES = "our own tests"


@dataclass
class Facts:
    """What a run has found."""

    proofs: dict[str, dict[str, str]] = field(default_factory=dict)
    """Endpoint → what it was proved with → passed, failed or skipped; the worst counts."""
    published: dict[str, list[str]] = field(default_factory=dict)
    """Endpoint → why its answers are not as published; nothing where they are."""
    rows: dict[str, dict[str, str]] = field(default_factory=dict)
    """Row of the Voice API → test, as file and function → passed, failed or skipped; the worst counts."""
    gaps: dict[str, list[str]] = field(default_factory=dict)
    """What is known not to work → with what it was tried."""

    def add(self, endpoint: str, proved_with: str, outcome: str) -> None:
        """One more test of an endpoint."""
        _keep_the_worst(self.proofs.setdefault(plain(endpoint), {}), proved_with, outcome)

    def add_row(self, row: str, test: str, outcome: str) -> None:
        """One more test of a row of the Voice API."""
        _keep_the_worst(self.rows.setdefault(row, {}), test, outcome)

    def add_gap(self, what: str, tried_with: str) -> None:
        """A test that is expected to fail has failed."""
        self.gaps[what] = sorted({*self.gaps.get(what, ()), tried_with})

    def add_comparison(self, published: dict[str, list[str]]) -> None:
        """Endpoints that have been compared with a published description."""
        for endpoint, reasons in published.items():
            known = self.published.setdefault(plain(endpoint), [])
            known += [reason for reason in reasons if reason not in known]


SCENE = "::test_scene["
"""What plays a scene is called so, with the scene's name as the parameter: that says what is tested."""

_WORST_FIRST = ("failed", "passed", "skipped")
"""A skipped test says nothing against those that passed."""


def _keep_the_worst(outcomes: dict[str, str], name: str, outcome: str) -> None:
    outcomes[name] = min(outcomes.get(name, outcome), outcome, key=_WORST_FIRST.index)


FACTS = pytest.StashKey[Facts]()


def plain(endpoint: str) -> str:
    """An endpoint with all variable parts of its path alike, `me` among them, and without a remark."""
    bare = re.sub(r"{[^}]*}", "{id}", endpoint.partition(" (")[0])
    return re.sub(r"/members/me$", "/members/{id}", bare)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--compatibility", metavar="FILE", help="write which endpoints the tests prove, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FACTS] = Facts()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A row that nobody knows would prove nothing."""
    known = set(voice_rows.rows())
    named = {row for item in items for mark in item.iter_markers("row") for row in mark.args}
    if named - known:
        raise pytest.UsageError(f"no rows of tests/support/voice_rows.py: {sorted(named - known)}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" or not report.passed:
        facts = item.config.stash[FACTS]
        proved_with = getattr(getattr(item, "module", None), "CLIENT", OURSELVES)
        for mark in item.iter_markers("endpoint"):
            for endpoint in mark.args:
                facts.add(endpoint, proved_with, report.outcome)
        test = item.nodeid if SCENE in item.nodeid else item.nodeid.partition("[")[0]
        for mark in item.iter_markers("row"):
            for row in mark.args:
                facts.add_row(row, test, report.outcome)
        for name, value in item.user_properties:
            if report.passed and name == "published" and isinstance(value, dict):
                facts.add_comparison(value)
        if report.skipped and (reason := getattr(report, "wasxfail", "")):
            facts.add_gap(reason, proved_with)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    target = session.config.getoption("compatibility")
    if target:
        content = json.dumps(asdict(session.config.stash[FACTS]), indent=1, sort_keys=True)
        Path(target).write_text(content + "\n", "utf-8")
