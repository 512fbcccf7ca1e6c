"""Ranges and conditions, against the tables of RFC 9110."""

import pytest

from gateway.api.ranges import Content, Span, Unsatisfiable, http_date, verdict, wanted

pytestmark = pytest.mark.unit

CONTENT = Content("abc", 1_700_000_000)
DATE = http_date(CONTENT.modified)
EARLIER, LATER = http_date(CONTENT.modified - 1), http_date(CONTENT.modified + 1)
SIZE = 100


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-9", Span(0, 10)),
        ("BYTES=0-9", Span(0, 10)),
        (" bytes = 0-9 ", Span(0, 10)),
        ("bytes=0-0", Span(0, 1)),
        ("bytes=10-", Span(10, 100)),
        ("bytes=99-", Span(99, 100)),
        ("bytes=90-1000", Span(90, 100)),
        ("bytes=-10", Span(90, 100)),
        ("bytes=-1000", Span(0, 100)),
        # Ignored: several, other units, and what is not well formed.
        ("bytes=0-1,5-6", None),
        ("bytes=9-5", None),
        ("items=0-1", None),
        ("bytes", None),
        ("bytes=", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("bytes=+1-2", None),
        ("bytes=1 - 2", None),
        ("bytes=0-9x", None),
        ("bytes=" + "9" * 5000 + "-", None),
        ("bytes=\u0661-\u0662", None),
        ("", None),
    ],
)
def test_a_range(header: str, span: Span | None) -> None:
    assert wanted({"Range": header}, CONTENT, SIZE) == span


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=999-", "bytes=-0"])
def test_a_range_behind_the_end(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        wanted({"Range": header}, CONTENT, SIZE)


def test_ranges_of_an_empty_file() -> None:
    assert wanted({"Range": "bytes=-5"}, CONTENT, 0) is None
    with pytest.raises(Unsatisfiable):
        wanted({"Range": "bytes=0-"}, CONTENT, 0)


@pytest.mark.parametrize(
    ("condition", "still"),
    [
        ('"abc"', True),
        ('"abd"', False),
        ('W/"abc"', False),
        (DATE, True),
        (EARLIER, False),
        (LATER, False),
        ("yesterday", False),
    ],
)
def test_a_range_on_condition(condition: str, still: bool) -> None:
    span = wanted({"Range": "bytes=0-9", "If-Range": condition}, CONTENT, SIZE)
    assert span == (Span(0, 10) if still else None)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, None),
        ({"If-Match": '"abc"'}, None),
        ({"If-Match": '"x", "abc"'}, None),
        ({"If-Match": "*"}, None),
        ({"If-Match": '"x"'}, 412),
        ({"If-Match": 'W/"abc"'}, 412),
        ({"If-Match": '"abc"', "If-Unmodified-Since": EARLIER}, None),
        ({"If-Unmodified-Since": DATE}, None),
        ({"If-Unmodified-Since": EARLIER}, 412),
        ({"If-Unmodified-Since": "never"}, None),
        ({"If-None-Match": '"abc"'}, 304),
        ({"If-None-Match": 'W/"abc"'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"x"', "If-Modified-Since": LATER}, None),
        ({"If-Modified-Since": DATE}, 304),
        ({"If-Modified-Since": EARLIER}, None),
        ({"If-Modified-Since": "Mon, 99 Foo 2020 00:00:00 GMT"}, None),
    ],
)
def test_a_condition(headers: dict[str, str], status: int | None) -> None:
    assert verdict(headers, CONTENT) == status
