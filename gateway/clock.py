"""Time as a parameter.

Inside, time is a float of seconds: `wall()` for what goes on the wire and into records, `monotonic()` for
timers. The pure packages never import `time`; they are given `now`.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where the gateway's edges get the time from."""

    def wall(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never steps."""
        ...


class SystemClock:
    """The machine's clocks."""

    def wall(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds on a clock that never steps."""
        return time.monotonic()


class ManualClock:
    """A clock for tests: it stands still until `advance`."""

    def __init__(self, wall: float = 1_600_000_000.0) -> None:
        self._wall = wall
        self._monotonic = 0.0

    def wall(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return self._wall

    def monotonic(self) -> float:
        """Seconds since this clock was made."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._wall += seconds
        self._monotonic += seconds


def later(timestamp: str, seconds: float) -> str:
    """The timestamp so many seconds after another, both as `iso` writes them."""
    return _text(datetime.fromisoformat(timestamp) + timedelta(seconds=seconds))


def iso(wall: float) -> str:
    """ISO 8601 in UTC with milliseconds and Z, as every published timestamp has it."""
    return _text(datetime.fromtimestamp(wall, UTC))


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
