"""Calls that come back: a number whose application, or forwarding, calls a number of ours. Pure.

Nothing that carriers reliably keep tells that a call which comes in is one that has gone out. So a call in is
taken to continue every live call out to the same number, and counts as one hop more than the longest of them.
"""

from collections.abc import Iterable
from typing import Protocol

from gateway.store.records import LegRecord

MAX_HOPS = 5
"""Of own numbers in one chain: menus hand on once or twice, and a loop gets here in a second."""


class Hopped(Protocol):
    """A leg, and through how many own numbers its call has come."""

    record: LegRecord
    hops: int


def hops_of(called: str, live: Iterable[Hopped]) -> int:
    """Through how many own numbers a call to `called` has come, this one included."""
    return 1 + max((leg.hops for leg in live if _calls(leg.record, called)), default=0)


def _calls(record: LegRecord, called: str) -> bool:
    return record.direction == "outbound" and record.to.get("number") == called
