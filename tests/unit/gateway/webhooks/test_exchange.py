"""What goes out in a webhook, and which replies are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from gateway.store.records import Webhook
from gateway.webhooks.exchange import MAX_DEPTH, MAX_NCCO, Reply, encode, parse_json, reply_trouble
from gateway.webhooks.failures import BadContent

pytestmark = pytest.mark.unit


def test_post_carries_json() -> None:
    request = encode(Webhook(address="http://shop.example/e?k=v"), {"status": "ringing", "n": 1})
    assert (request.method, request.url) == ("POST", "http://shop.example/e?k=v")
    assert request.body == b'{"status":"ringing","n":1}'


def test_get_carries_the_fields_in_the_query() -> None:
    payload = {
        "to": "+44 7700&x=y",
        "custom_data": {"a": [1]},
        "start_time": None,
        "duration": 3,
        "muted": True,
    }
    request = encode(Webhook(address="http://shop.example/a?k=v", http_method="GET"), payload)
    assert request.body is None
    assert dict(URL(request.url).query) == {
        "k": "v",
        "to": "+44 7700&x=y",
        "custom_data": '{"a":[1]}',
        "start_time": "",
        "duration": "3",
        "muted": "true",
    }


@pytest.mark.parametrize(
    ("content_type", "body", "trouble"),
    [
        ("application/json", b'[{"action":"talk"}]', None),
        ("text/plain", b"[]", None),
        ("text/html", b"", None),
        ("text/html", b"[]", "Unexpected content type."),
        ("", b"[]", "Unexpected content type."),
        ("application/json", b"[" + b" " * MAX_NCCO + b"]", "Response too large."),
        ("application/json", b"<html>", "Invalid JSON."),
    ],
)
def test_replies_that_can_be_an_ncco(content_type: str, body: bytes, trouble: str | None) -> None:
    assert reply_trouble(Reply(200, content_type, body)) == trouble


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[",
        b"\xff",
        b"[NaN]",
        b"[Infinity]",
        b"[1e999]",
        b'{"a":1,"a":2}',
        b'[{"a":{"b":1,"b":1}}]',
        b'["\\ud800"]',
        b"[" + b"9" * 5000 + b"]",
        b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
        b"[" * 30_000,
        b'{"a":' * 10_000,
    ],
)
def test_json_that_is_refused(body: bytes) -> None:
    with pytest.raises(BadContent):
        parse_json(body)


def test_brackets_in_strings_do_not_count() -> None:
    text = '["' + "[{" * 100 + '\\"[[' + '"]'
    assert parse_json(text.encode()) == ["[{" * 100 + '"[[']


def test_the_deepest_json() -> None:
    parse_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)


@given(st.binary(max_size=200))
def test_any_octets_are_json_or_refused(body: bytes) -> None:
    try:
        parse_json(body)
    except BadContent:
        return
