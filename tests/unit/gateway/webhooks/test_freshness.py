"""How long a host lets a file be used again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.webhooks.freshness import MAX_AGE_S, judge

pytestmark = pytest.mark.unit

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("headers", "kept", "lifetime_s"),
    [
        ({}, False, 0),
        ({"cache-control": "max-age=60"}, True, 60),
        ({"cache-control": 'public, MAX-AGE="60"'}, True, 60),
        ({"cache-control": "max-age=60", "age": "45"}, True, 15),
        ({"cache-control": "max-age=60", "age": "90"}, False, 0),
        ({"cache-control": "max-age=31536000"}, True, MAX_AGE_S),
        ({"cache-control": "max-age=soon"}, False, 0),
        ({"cache-control": "max-age=-5"}, False, 0),
        ({"cache-control": "max-age=0"}, False, 0),
        ({"cache-control": "no-store, max-age=60"}, False, 0),
        ({"cache-control": "no-store", "etag": '"1"'}, False, 0),
        ({"cache-control": "no-cache, max-age=60"}, False, 0),
        ({"cache-control": "no-cache", "etag": '"1"'}, True, 0),
        ({"etag": '"1"'}, True, 0),
        ({"last-modified": "Wed, 21 Oct 2015 07:28:00 GMT"}, True, 0),
        ({"etag": "x" * 2000}, False, 0),
        (
            {"date": "Wed, 21 Oct 2015 07:28:00 GMT", "expires": "Wed, 21 Oct 2015 07:29:30 GMT"},
            True,
            90,
        ),
        ({"date": "Wed, 21 Oct 2015 07:28:00 GMT", "expires": "0"}, False, 0),
        ({"expires": "Wed, 21 Oct 2015 07:29:30 GMT"}, False, 0),
    ],
)
def test_lifetimes(headers: dict[str, str], kept: bool, lifetime_s: float) -> None:
    freshness = judge(headers, NOW)
    assert (freshness.kept, freshness.until) == (kept, NOW + lifetime_s)


def test_validators_become_conditions() -> None:
    freshness = judge({"etag": 'W/"1"', "last-modified": "yesterday"}, NOW)
    assert freshness.validators == {"If-None-Match": 'W/"1"', "If-Modified-Since": "yesterday"}


@given(st.dictionaries(st.sampled_from(["cache-control", "age", "date", "expires", "etag"]), st.text()))
def test_any_header_has_an_outcome(headers: dict[str, str]) -> None:
    assert NOW <= judge(headers, NOW).until <= NOW + MAX_AGE_S
