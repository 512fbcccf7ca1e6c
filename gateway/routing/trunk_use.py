"""How much of each trunk is in use: calls at once, and calls started a second. Pure."""

from collections import Counter, deque

from gateway.config import TrunkSettings

RATE_WINDOW_S = 1.0


class TrunkUse:
    """Counts calls by trunk. A call is entered when it starts and left when it is over."""

    def __init__(self) -> None:
        self._trunks: dict[str, str] = {}
        self._live: Counter[str] = Counter()
        self._started: dict[str, deque[float]] = {}

    def live(self, name: str) -> int:
        """Calls of a trunk, both ways."""
        return self._live[name]

    def may_call(self, trunk: TrunkSettings, now: float) -> bool:
        """Whether one more call out may start; if so, it is counted as started."""
        if trunk.max_calls and self._live[trunk.name] >= trunk.max_calls:
            return False
        if not trunk.calls_per_second:
            return True
        started = self._started.setdefault(trunk.name, deque(maxlen=trunk.calls_per_second))
        if len(started) == trunk.calls_per_second and now - started[0] < RATE_WINDOW_S:
            return False
        started.append(now)
        return True

    def may_come(self, trunk: TrunkSettings) -> bool:
        """Whether one more call in may be taken."""
        return not trunk.max_calls or self._live[trunk.name] < trunk.max_calls

    def enter(self, trunk: TrunkSettings, call: str) -> None:
        """The call runs through the trunk from now on."""
        self._trunks[call] = trunk.name
        self._live[trunk.name] += 1

    def leave(self, call: str) -> None:
        """The call is over, if it was one of a trunk."""
        name = self._trunks.pop(call, None)
        if name is not None:
            self._live[name] -= 1

    def forget(self, name: str) -> None:
        """The trunk is gone; calls that it still has are counted until they end."""
        self._started.pop(name, None)
