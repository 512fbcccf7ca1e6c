"""How much of each trunk is in use: calls at once, and calls started a second. Pure.

What a trunk may is asked of its settings as they are now; what was counted stays when they are changed.
"""

from collections import Counter, deque

from gateway.config import TrunkSettings

RATE_WINDOW_S = 1.0


class TrunkUse:
    """Counts calls by trunk. A call is entered when it comes or starts, and left when it is over."""

    def __init__(self) -> None:
        self._trunks: dict[str, str] = {}
        self._live: Counter[str] = Counter()
        self._starts: deque[tuple[float, str]] = deque()
        """When calls out started, and by which trunk, oldest first: those of the last RATE_WINDOW_S."""
        self._started: Counter[str] = Counter()
        """How many of them each trunk has."""

    def live(self, name: str) -> int:
        """Calls of a trunk, both ways."""
        return self._live[name]

    def may_come(self, trunk: TrunkSettings) -> bool:
        """Whether one more call in may be taken."""
        return not trunk.max_calls or self._live[trunk.name] < trunk.max_calls

    def may_start(self, trunk: TrunkSettings, now: float) -> bool:
        """Whether one more call out may start; it counts only once it is entered by `start`."""
        self._age(now)
        is_fast = trunk.calls_per_second and self._started[trunk.name] >= trunk.calls_per_second
        return not is_fast and self.may_come(trunk)

    def enter(self, trunk: TrunkSettings, call: str) -> None:
        """A call in runs through the trunk from now on."""
        self._trunks[call] = trunk.name
        self._live[trunk.name] += 1

    def start(self, trunk: TrunkSettings, call: str, now: float) -> None:
        """A call out does."""
        self.enter(trunk, call)
        self._age(now)
        self._starts.append((now, trunk.name))
        self._started[trunk.name] += 1

    def leave(self, call: str) -> None:
        """The call is over, if it was one of a trunk."""
        name = self._trunks.pop(call, None)
        if name is not None:
            _take(self._live, name)

    def _age(self, now: float) -> None:
        while self._starts and now - self._starts[0][0] >= RATE_WINDOW_S:
            _, name = self._starts.popleft()
            _take(self._started, name)


def _take(counts: Counter[str], name: str) -> None:
    """One fewer; names of trunks that are gone do not stay."""
    counts[name] -= 1
    if not counts[name]:
        del counts[name]
