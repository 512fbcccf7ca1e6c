"""Rate limits: a token bucket per key."""

from gateway.errors import Throttled

MAX_KEYS = 10_000
"""Buckets that are kept; the one that was used longest ago goes first, and it is full again by then."""


class RateLimit:
    """Lets so many through in each window of seconds, and as many at once after a rest."""

    def __init__(self, most: int, *, window_s: float = 1.0) -> None:
        self._most = most
        self._window_s = window_s
        self._buckets: dict[str, tuple[float, float]] = {}

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str, now: float) -> None:
        """Use one token at `now` (monotonic seconds). Raises Throttled when there is none."""
        tokens, since = self._buckets.pop(key, (float(self._most), now))
        tokens = min(self._most, tokens + (now - since) * self._most / self._window_s)
        allowed = tokens >= 1
        self._buckets[key] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > MAX_KEYS:
            del self._buckets[next(iter(self._buckets))]
        if not allowed:
            window = "a second" if self._window_s == 1 else f"in {self._window_s:g} seconds"
            raise Throttled(f"At most {self._most} requests {window}.")
