"""How far an application's audio has been played, told to those who ask: an extension of ours.

    to us       {"action": "cordboard:report", "interval": 500}
    answered    {"event": "cordboard:report", "received": 4000, "played": 1500, "waiting": 2500,
                 "cleared": 0, "dropped": 0}

Everything is in milliseconds, since the leg was opened, and `received` is the sum of the rest. The answer
comes at once, then every `interval` and after every `clear`, until the interval is 0. Who does not ask is
told nothing, and whoever else speaks this protocol ignores the request, as any text that it does not know.
"""

from collections.abc import Callable
from typing import Literal

import msgspec

from media.legs.playout import Playout, Position

FRAME_MS = 20
MIN_INTERVAL_MS = 20
MAX_INTERVAL_MS = 60_000


class _Report(msgspec.Struct):
    received: int
    played: int
    waiting: int
    cleared: int
    dropped: int
    event: Literal["cordboard:report"] = "cordboard:report"


class Reports:
    """The reports of one leg. `send` takes each as a text."""

    def __init__(self, playout: Playout, send: Callable[[str], None]) -> None:
        self._playout = playout
        self._send = send
        self._interval = 0
        """In frames; 0 while nobody has asked."""
        self._left = 0

    def ask(self, interval_ms: object) -> bool:
        """Report from now on, or no more. False for what is no interval, which changes nothing."""
        if isinstance(interval_ms, bool) or not isinstance(interval_ms, int):
            return False
        if interval_ms != 0 and not MIN_INTERVAL_MS <= interval_ms <= MAX_INTERVAL_MS:
            return False
        self._interval = interval_ms // FRAME_MS
        self.tell()
        return True

    def tell(self) -> None:
        """Report now, if somebody has asked."""
        if self._interval:
            self._left = self._interval
            self._send(msgspec.json.encode(_report(self._playout.position)).decode())

    def tick(self) -> None:
        """Another 20 ms have passed."""
        self._left -= 1
        if self._left <= 0:
            self.tell()


def _report(position: Position) -> _Report:
    played, waiting, cleared, dropped = (frames * FRAME_MS for frames in position)
    return _Report(played + waiting + cleared + dropped, played, waiting, cleared, dropped)
