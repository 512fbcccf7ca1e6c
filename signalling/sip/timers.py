"""Time as values: the durations of RFC 3261 Table 4, and the agenda of what is due when.

All durations are in seconds; `now` is any clock that never goes back.
"""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

MAX_STALE = 256
"""Cancelled entries that the agenda's heap may keep on top of as many as are live: bounds its memory."""

Action = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Timers:
    """T1, T2 and T4 of RFC 3261 section 17; every other duration follows from them."""

    t1: float = 0.5
    """Estimate of the round-trip time."""
    t2: float = 4.0
    """Longest interval between retransmissions of a non-INVITE request or an INVITE's final response."""
    t4: float = 5.0
    """How long a message may stay in the network."""

    @property
    def timeout(self) -> float:
        """64*T1: timers B, F, H, L, M, and D and J on an unreliable transport."""
        return 64 * self.t1


class _Entry(NamedTuple):
    at: float
    order: int
    owner: object
    name: str
    action: Action


class Agenda:
    """A bounded set of named timers. Setting a name again moves it."""

    def __init__(self) -> None:
        self._heap: list[_Entry] = []
        self._live: dict[object, dict[str, int]] = {}
        self._count = 0
        self._order = itertools.count()

    def __len__(self) -> int:
        """How many timers are set."""
        return self._count

    @property
    def stale(self) -> int:
        """How many cancelled entries still take up room."""
        return len(self._heap) - self._count

    def set(self, owner: object, name: str, at: float, action: Action) -> None:
        """Call `action(now)` at `at`, unless cleared before."""
        self.clear(owner, name)
        entry = _Entry(at, next(self._order), owner, name, action)
        self._live.setdefault(owner, {})[name] = entry.order
        self._count += 1
        heapq.heappush(self._heap, entry)

    def clear(self, owner: object, name: str) -> None:
        """Forget one timer, if it is set."""
        names = self._live.get(owner)
        if names is None or names.pop(name, None) is None:
            return
        if not names:
            del self._live[owner]
        self._count -= 1
        self._compact()

    def clear_all(self, owner: object) -> None:
        """Forget every timer of an owner."""
        self._count -= len(self._live.pop(owner, {}))
        self._compact()

    def next(self) -> float | None:
        """When the earliest timer is due."""
        while self._heap and not self._is_live(self._heap[0]):
            heapq.heappop(self._heap)
        return self._heap[0].at if self._heap else None

    def run(self, now: float) -> None:
        """Call everything that is due, in order."""
        while (at := self.next()) is not None and at <= now:
            entry = heapq.heappop(self._heap)
            names = self._live[entry.owner]
            del names[entry.name]
            if not names:
                del self._live[entry.owner]
            self._count -= 1
            entry.action(now)

    def _is_live(self, entry: _Entry) -> bool:
        return self._live.get(entry.owner, {}).get(entry.name) == entry.order

    def _compact(self) -> None:
        if self.stale > self._count + MAX_STALE:
            self._heap = [entry for entry in self._heap if self._is_live(entry)]
            heapq.heapify(self._heap)
