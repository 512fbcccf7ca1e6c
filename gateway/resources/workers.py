"""Media workers, for the operator: how many legs each has, and how busy it is."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from gateway.workers.report import Report


class Workers(Protocol):
    """Who has them."""

    def reports(self) -> Sequence[Report]:
        """One of each, always in the same order."""
        ...


class MediaWorker(msgspec.Struct, frozen=True, kw_only=True):
    """One media worker."""

    number: int
    """From 1 on."""
    pid: int | None
    """None while its process has died and the next has not begun."""
    legs: int
    load: float
    """How much of 20 ms 95 of 100 ticks took at most, lately."""
    late_ms: float
    """By how much 99 of 100 ticks were late at most, lately."""
    deaths: int
    """In the last ten seconds."""
    refuses: str
    """Why it takes no new conversations; empty when it does."""


class WorkerResource:
    """What can be seen of workers."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    def every(self) -> list[MediaWorker]:
        """All of them."""
        return [
            MediaWorker(
                number=number,
                pid=report.pid,
                legs=report.legs,
                load=round(report.load, 3),
                late_ms=round(report.late_ms, 2),
                deaths=report.deaths,
                refuses=report.refuses,
            )
            for number, report in enumerate(self._workers.reports(), 1)
        ]
