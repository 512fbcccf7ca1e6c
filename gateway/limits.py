"""Rate limits: a token bucket per key."""

from gateway.errors import Throttled

MAX_KEYS = 10_000
"""Buckets that are kept; the one that was used longest ago goes first, and it is full again by then."""


class RateLimit:
    """Lets `per_second` through a second, and as many at once after a rest."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._buckets: dict[str, tuple[float, float]] = {}

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str, now: float) -> None:
        """Use one token at `now` (monotonic seconds). Raises Throttled when there is none."""
        tokens, since = self._buckets.pop(key, (float(self._per_second), now))
        tokens = min(self._per_second, tokens + (now - since) * self._per_second)
        allowed = tokens >= 1
        self._buckets[key] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > MAX_KEYS:
            del self._buckets[next(iter(self._buckets))]
        if not allowed:
            raise Throttled(f"At most {self._per_second} requests a second.")
