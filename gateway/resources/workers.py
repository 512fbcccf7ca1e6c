"""Media workers, for the operator: how many legs each has, and how busy it is."""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class Report(Protocol):
    """What a worker's post knows."""

    @property
    def pid(self) -> int | None:
        """Of the process; None while there is none."""
        ...

    @property
    def legs(self) -> int:
        """That it has now."""
        ...

    @property
    def load(self) -> float:
        """The share of 20 ms that its ticks took lately."""
        ...

    @property
    def late_ms(self) -> float:
        """By how much ticks began late: 99 of 100 less."""
        ...

    @property
    def deaths(self) -> int:
        """Of its processes, in the last seconds."""
        ...

    @property
    def refuses(self) -> str:
        """Why it takes no new conversations; empty when it does."""
        ...


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
