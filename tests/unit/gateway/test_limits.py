"""Token buckets."""

import pytest

from gateway import limits
from gateway.errors import Throttled
from gateway.limits import RateLimit

pytestmark = pytest.mark.unit


def test_a_rest_fills_the_bucket_and_no_more() -> None:
    limit = RateLimit(3)
    for _ in range(3):
        limit.take("key", 100.0)
    with pytest.raises(Throttled):
        limit.take("key", 100.0)
    limit.take("key", 100.34)
    with pytest.raises(Throttled):
        limit.take("key", 100.5)
    for _ in range(3):
        limit.take("key", 1000.0)
    with pytest.raises(Throttled):
        limit.take("key", 1000.0)


def test_a_window_may_be_longer_than_a_second() -> None:
    limit = RateLimit(2, window_s=60)
    limit.take("key", 0.0)
    limit.take("key", 0.0)
    with pytest.raises(Throttled, match="2 requests in 60 seconds"):
        limit.take("key", 29.0)
    limit.take("key", 30.0)


def test_keys_have_buckets_of_their_own() -> None:
    limit = RateLimit(1)
    limit.take("one", 0.0)
    limit.take("two", 0.0)
    with pytest.raises(Throttled):
        limit.take("one", 0.0)


def test_the_oldest_bucket_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_KEYS", 2)
    limit = RateLimit(1)
    for key in ("one", "two", "three"):
        limit.take(key, 0.0)
    assert len(limit) == 2
    limit.take("one", 0.0)
