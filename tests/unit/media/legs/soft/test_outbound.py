"""Frames cut into packets."""

import pytest

from media.codecs.codec import FORMATS
from media.legs.soft.outbound import Outbound

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("codec", "ptime_ms", "packets", "span"),
    [
        ("PCMU", 10, 12, 80),
        ("PCMU", 20, 6, 160),
        ("G722", 30, 4, 240),
        ("opus", 40, 3, 1920),
        ("PCMA", 50, 2, 400),
        ("opus", 60, 2, 2880),
        ("opus", 30, 6, 960),
    ],
)
def test_packets_follow_each_other_without_a_gap(codec: str, ptime_ms: int, packets: int, span: int) -> None:
    form = FORMATS[codec]
    outbound, judge = Outbound(form.make(), ptime_ms), form.make()
    begins = []
    for tick in range(6):
        end = (tick + 1) * form.clock // 50
        for sound in outbound.put(bytes(form.rate // 25)):
            begins.append(end - sound.before)
            assert judge.span(sound.payload) == span
    assert begins == [span * number for number in range(packets)]


def test_what_waits_can_be_dropped() -> None:
    outbound = Outbound(FORMATS["PCMU"].make(), 40)
    assert outbound.put(bytes(320)) == []
    outbound.clear()
    assert outbound.put(bytes(320)) == []
    assert len(outbound.put(bytes(320))) == 1
