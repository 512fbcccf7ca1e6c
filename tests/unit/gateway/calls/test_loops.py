"""Chains of calls through numbers of ours."""

from dataclasses import dataclass

import msgspec
import pytest

from gateway.calls.loops import MAX_HOPS, hops_of
from gateway.store.records import LegRecord
from tests.support.records import leg

pytestmark = pytest.mark.unit

A, B = "447700900001", "447700900002"


@dataclass
class Live:
    record: LegRecord
    hops: int


def live(number: str, hops: int, *, inbound: bool = False) -> Live:
    record = msgspec.structs.replace(
        leg(f"leg-{hops}"),
        direction="inbound" if inbound else "outbound",
        to={"type": "phone", "number": number},
    )
    return Live(record, hops)


def test_a_call_from_outside_is_the_first_hop() -> None:
    assert hops_of(A, []) == 1
    assert hops_of(A, [live(B, 4), live(A, 4, inbound=True)]) == 1


def test_a_call_that_we_made_to_the_number_is_continued() -> None:
    assert hops_of(A, [live(A, 1), live(A, 3), live(B, 4)]) == 4


def test_a_loop_is_longer_than_it_may_be_after_a_few_rounds() -> None:
    calls: list[Live] = []
    while (hops := hops_of(A, calls)) <= MAX_HOPS:
        calls.append(live(A, hops))
    assert len(calls) == MAX_HOPS
