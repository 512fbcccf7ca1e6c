"""Guessed passwords: how often a name is judged, whoever asks; and token buckets."""

import tracemalloc

import pytest

from signalling.sip.attempts import MAX_FAILURES_PER_HOUR, MAX_NAMES, Attempts
from signalling.sip.buckets import Buckets

pytestmark = pytest.mark.unit


def test_a_name_that_is_guessed_at_is_judged_once_a_minute() -> None:
    attempts = Attempts()
    judged = 0
    for second in range(3600):
        if attempts.may_try("ann", "203.0.113.66", second):
            judged += 1
            attempts.fail("ann", second)
    assert judged == pytest.approx(2 * MAX_FAILURES_PER_HOUR, abs=2)
    assert attempts.may_try("bob", "203.0.113.66", 3600)


def test_its_owner_is_judged_where_he_was_before() -> None:
    attempts = Attempts()
    attempts.succeed("ann", "192.0.2.9")
    for _ in range(MAX_FAILURES_PER_HOUR):
        attempts.fail("ann", 0)
    assert not attempts.may_try("ann", "203.0.113.66", 0)
    assert attempts.may_try("ann", "192.0.2.9", 0)


def test_names_are_bounded() -> None:
    attempts = Attempts()
    for index in range(MAX_NAMES + 10):
        attempts.fail(f"user-{index}", 0)
    assert len(attempts) == MAX_NAMES


def test_long_names_cost_no_more_than_short_ones() -> None:
    attempts = Attempts()
    tracemalloc.start()
    try:
        for index in range(MAX_NAMES):
            attempts.fail(f"{index}{'A' * 7700}", 0)
            attempts.succeed(f"{index}{'A' * 7700}", "192.0.2.9")
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < MAX_NAMES * 1000


def test_homes_are_bounded() -> None:
    attempts = Attempts()
    for _ in range(MAX_FAILURES_PER_HOUR):
        attempts.fail("ann", 0)
    attempts.succeed("ann", "192.0.2.9")
    for index in range(MAX_NAMES - 1):
        attempts.succeed(f"user-{index}", "192.0.2.9")
    assert attempts.may_try("ann", "192.0.2.9", 0)
    attempts.succeed("one more", "192.0.2.9")
    assert not attempts.may_try("ann", "192.0.2.9", 0)


def test_a_name_may_be_any_octets() -> None:
    attempts = Attempts()
    attempts.fail("\udcff", 0)
    assert attempts.may_try("\udcff", "192.0.2.9", 0)


def test_a_bucket_fills_again_and_no_further() -> None:
    buckets = Buckets(rate=1, burst=2, most=10)
    assert [buckets.take("a", 0) for _ in range(3)] == [True, True, False]
    assert not buckets.take("a", 0.5)
    assert buckets.take("a", 1.5)
    assert [buckets.take("a", 1000) for _ in range(3)] == [True, True, False]
    assert buckets.has("b", 1000)


def test_the_bucket_that_was_used_longest_ago_goes() -> None:
    buckets = Buckets(rate=0.001, burst=1, most=2)
    assert buckets.take("a", 0)
    assert buckets.take("b", 1)
    assert not buckets.take("a", 2)
    assert buckets.take("c", 3)
    assert not buckets.has("a", 3)
    assert buckets.has("b", 3)
    assert len(buckets) == 2
