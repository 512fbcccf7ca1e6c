"""Token buckets, one a key, as many as there is room for."""

from collections import OrderedDict


class Buckets:
    """Lets each key do something `rate` times a second, and `burst` times at once after a rest.

    At most `most` are kept; that of the key that was seen longest ago goes first, and comes back full.
    """

    def __init__(self, rate: float, burst: float, most: int) -> None:
        self._rate = rate
        self._burst = burst
        self._most = most
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def take(self, key: str, now: float, *, leave: float = 0.0) -> bool:
        """Use a token if `leave` remain then; False where not. `now` is in seconds of one clock."""
        tokens = self._level(key, now)
        is_there = tokens >= 1 + leave
        self._held[key] = (tokens - 1 if is_there else tokens, now)
        self._held.move_to_end(key)
        if len(self._held) > self._most:
            self._held.popitem(last=False)
        return is_there

    def has(self, key: str, now: float) -> bool:
        """Whether `take` would find a token."""
        return self._level(key, now) >= 1

    def _level(self, key: str, now: float) -> float:
        tokens, since = self._held.get(key, (self._burst, now))
        return min(self._burst, tokens + (now - since) * self._rate)
