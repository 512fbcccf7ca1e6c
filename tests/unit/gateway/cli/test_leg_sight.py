"""What people are shown of a leg's audio and signalling."""

import msgspec
import pytest

from gateway.cli.leg_sight import FIGURES, NOTHING_HEARD, capture, lines
from gateway.sight.ladder import Ladder
from gateway.store.records import SipAddress
from tests.support.sip_traces import message

pytestmark = pytest.mark.unit

QUALITY = {
    "mos_score": "4.39",
    "codec": "PCMU",
    "packet_cnt": 500,
    "packets_sent": 498,
    "round_trip_ms": None,
}
COLUMNS = 100
"""Of a terminal that is not wide."""


def trace(quality: dict[str, object], *, count: int = 0, host: str = "198.51.100.7") -> dict[str, object]:
    ladder = Ladder()
    for number in range(count):
        far = SipAddress(host, 40_000 + number)
        ladder.add(msgspec.structs.replace(message(f"INVITE sip:{'b' * 90}@example.com SIP/2.0"), remote=far))
    record = ladder.record("leg-1")
    return {"id": "leg-1", "quality": quality, **msgspec.to_builtins(record)}


def test_figures_that_are_there_are_told_in_words() -> None:
    shown = [line.split("  ")[0] for line in lines(trace(QUALITY)) if line]
    assert shown == [FIGURES[name] for name in ("mos_score", "codec", "packet_cnt", "packets_sent")]


def test_a_leg_that_heard_nothing_says_what_that_means() -> None:
    assert NOTHING_HEARD in list(lines(trace({**QUALITY, "packet_cnt": 0})))
    assert NOTHING_HEARD not in list(lines(trace(QUALITY)))


def test_a_leg_without_audio_and_signalling_shows_neither() -> None:
    assert list(lines(trace({}))) == []


def test_a_ladder_fits_a_terminal() -> None:
    longest = "2001:db8:1234:5678:9abc::7"
    assert max(map(len, lines(trace(QUALITY, count=70, host=longest)))) <= COLUMNS
    text = "\n".join(lines(trace(QUALITY, count=70)))
    assert "(6 messages are not kept)" in text


def test_what_was_shown_as_json_can_be_captured() -> None:
    assert capture(trace({}, count=2))[:4] == b"\xd4\xc3\xb2\xa1"
