"""How a call ends, by what its line says and how far it had come."""

from typing import get_args

import msgspec
import pytest

from gateway.calls.endings import ending, settled
from gateway.cli.leg_sight import FIGURES
from gateway.legs.line import End
from gateway.store.records import LegStatus
from media.control import LegQuality, Playing
from tests.support import records

pytestmark = pytest.mark.unit

ENDS: list[LegStatus] = ["busy", "cancelled", "failed", "rejected", "timeout", "unanswered", "completed"]


def ends(end: LegStatus, leg: LegStatus, direction: str = "inbound") -> str:
    record = msgspec.structs.replace(records.leg("leg-1", leg), direction=direction)
    return settled(End(status=end, reason="why", sip_code=200, by_peer=True), record).status


@pytest.mark.parametrize("end", ENDS)
def test_an_answered_call_is_completed_or_failed(end: LegStatus) -> None:
    assert ends(end, "answered") == ("failed" if end == "failed" else "completed")


@pytest.mark.parametrize("leg", ["started", "ringing"])
@pytest.mark.parametrize("end", ENDS)
def test_a_call_that_was_not_answered_is_not_completed(end: LegStatus, leg: LegStatus) -> None:
    if end == "completed":
        assert ends(end, leg, "inbound") == "cancelled"
        assert ends(end, leg, "outbound") == "failed"
    else:
        assert ends(end, leg) == end


def test_every_end_is_looked_at() -> None:
    assert set(ENDS) == set(get_args(LegStatus)) - {"started", "ringing", "answered"}


def test_what_the_jitter_buffer_did_is_told_in_figures_that_people_are_shown() -> None:
    playing = Playing(
        late=1, duplicates=2, concealed_ms=20.125, inserted_ms=40, removed_ms=15, delay_ms=25, wanted_ms=20
    )
    end = End(status="completed", reason="", sip_code=200, by_peer=True)
    written = ending(records.leg("leg-1", "answered"), end, LegQuality(leg="leg-1", playing=playing)).quality
    assert set(FIGURES) <= set(written)
    assert {name: written[name] for name in list(FIGURES)[-7:]} == {
        "late": 1,
        "duplicates": 2,
        "concealed_ms": 20.12,
        "inserted_ms": 40,
        "removed_ms": 15,
        "delay_ms": 25,
        "delay_wanted_ms": 20,
    }
