"""Bodies that are no JSON, or more than JSON should be."""

import pytest

from gateway.api.body import MAX_DEPTH, MAX_INTEGER, parse_json
from gateway.errors import Invalid

pytestmark = pytest.mark.unit


def _nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"{", "is not JSON"),
        (b"{'a': 1}", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b'"\xed\xa0\x80"', "is not JSON"),
        (b'{"a": 1} x', "is not JSON"),
        (b'{"a": NaN}', "NaN is no number"),
        (b"-Infinity", "-Infinity is no number"),
        (b"1e999", "finite numbers"),
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', "the name 'c' comes twice"),
        (b'"\\ud800"', "Unicode"),
        (b'{"\\udc00": 1}', "Unicode"),
        (b'"a\\u0000b"', "NUL"),
        (b"1" * 5000, "is not JSON"),
        (str(MAX_INTEGER).encode(), "64 bits"),
        (_nested(MAX_DEPTH + 1), "nested"),
        (_nested(100_000), "nested"),
        (b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1), "nested"),
    ],
)
def test_what_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_json(raw)
    assert reason in refused.value.parameters["body"]


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'"\\ud83d\\ude00"', "\N{GRINNING FACE}"),
        (str(MAX_INTEGER - 1).encode(), MAX_INTEGER - 1),
        (b"[1.5, true, null]", [1.5, True, None]),
    ],
)
def test_what_is_taken(raw: bytes, value: object) -> None:
    assert parse_json(raw) == value


def test_the_deepest_body_that_is_taken() -> None:
    assert parse_json(_nested(MAX_DEPTH)) is not None
