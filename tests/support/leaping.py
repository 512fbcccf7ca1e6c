"""An event loop whose time leaps to what is due next, so that a patience of minutes is tried in no time."""

import asyncio
import selectors


class _Leap(selectors.SelectSelector):
    """Never waits: what it was to wait for has passed."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += max(0.0, timeout or 0.0)
        return super().select(0)


class LeapingLoop(asyncio.SelectorEventLoop):
    """For `asyncio.Runner(loop_factory=LeapingLoop)`, where nothing is read or written."""

    def __init__(self) -> None:
        self._leap = _Leap()
        super().__init__(self._leap)

    def time(self) -> float:
        """The time that has passed by leaps, in seconds."""
        return self._leap.now
