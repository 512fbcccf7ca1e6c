"""What the gateway answers has the status, the fields, the types and the words that were published."""

from collections.abc import Callable, Coroutine
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

import pytest

from gateway.api.versions import BETA, V0_1, V0_2, V0_3, V1
from tests.contract.conformance import script
from tests.contract.conformance.deviations import DEVIATIONS
from tests.contract.conformance.floor import FLOOR
from tests.contract.conformance.script import Script
from tests.contract.conformance.table import TABLE
from tests.support.api import Api
from tests.support.published import Comparison, Published

pytestmark = pytest.mark.contract

Run = Callable[[Script], Coroutine[None, None, None]]

SCRIPTS: dict[str, Run] = {
    "conversation-beta": partial(script.conversations, version=BETA),
    "conversation-v0.1": partial(script.conversations, version=V0_1),
    "conversation-v0.2": partial(script.conversations, version=V0_2, source=V1),
    "conversation-v0.3": partial(script.conversations, version=V0_3),
    "legs-v0.3": partial(script.conversations, version=V0_3),
    "voice": script.calls,
    "applications-v1": script.applications_v1,
    "applications-v2": script.applications_v2,
    "numbers": script.numbers,
    "psip": script.psip,
    "account": script.account,
    "media": script.media,
    "reports": script.reports,
}
"""By the published description that the answers are compared with."""


@pytest.mark.parametrize("name", SCRIPTS)
async def test_answers_are_as_published(
    name: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    published = Published.load(name)
    comparisons = {endpoint: Comparison(endpoint) for endpoint in published.answers}
    async with Api(tmp_path) as api:
        played = Script(api)
        await SCRIPTS[name](played)
    for exchange in played.exchanges:
        if exchange.endpoint in comparisons:
            answers = published.answers[exchange.endpoint]
            comparisons[exchange.endpoint].add(answers, exchange.status, exchange.body)
    unexplained = []
    for each in comparisons.values():
        each.differences |= set() if each.cases else {"never asked"}
        known = {found: _explain(each.endpoint, found) for found in sorted(each.differences)}
        unexplained += [f"{each.endpoint}: {found}" for found, entry in known.items() if entry is None]
        reasons = [entry[2] for entry in known.values() if entry]
        TABLE.append((published.title, each, reasons))
        record_property("published", {each.endpoint: list(dict.fromkeys(reasons))})
        if len(each.shown) < (floor := FLOOR[name].get(each.endpoint, 0)):
            unexplained.append(f"{each.endpoint}: {len(each.shown)} published fields, once {floor}")
    assert not unexplained, "\n".join(unexplained)


def _explain(endpoint: str, found: str) -> tuple[str, str, str] | None:
    """The entry that knows of a difference."""
    for entry in DEVIATIONS:
        if fnmatchcase(endpoint, entry[0]) and fnmatchcase(found, entry[1].replace("[", "[[]")):
            return entry
    return None


def test_every_endpoint_has_a_floor() -> None:
    published = {name: set(Published.load(name).answers) for name in SCRIPTS}
    assert {name: set(floors) for name, floors in FLOOR.items()} == published


def test_no_deviation_is_of_the_past() -> None:
    compared = {each.endpoint for _, each, _ in TABLE}
    if compared != {endpoint for name in SCRIPTS for endpoint in Published.load(name).answers}:
        pytest.skip("only a part of the descriptions has been compared in this run")
    used = {_explain(each.endpoint, found) for _, each, _ in TABLE for found in each.differences}
    assert set(DEVIATIONS) - used == set()
