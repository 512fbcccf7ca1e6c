"""Events in words."""

import pytest

from gateway.cli.events import describe, plain, row

pytestmark = pytest.mark.unit


def test_a_row_has_time_number_type_and_gist() -> None:
    event = {
        "id": 4,
        "type": "sip:ringing",
        "timestamp": "2026-01-01T09:26:24.384Z",
        "body": {
            "direction": "outbound",
            "channel": {"type": "phone", "from": {"number": "Unknown"}, "to": {"number": "447700000003"}},
        },
    }
    assert row(event) == (
        "09:26:24.384",
        "4",
        "sip:ringing",
        "phone Unknown → 447700000003 · direction outbound",
    )
    assert plain(event).startswith("09:26:24.384    4  sip:ringing ")


def test_an_event_without_a_number_leaves_the_column_empty() -> None:
    assert row({"id": None, "type": "leg:status:update", "timestamp": "", "body": {}})[1] == ""


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"user": {"name": "vapi-user-1", "display_name": None}}, ""),
        ({"user": {"name": "ada", "display_name": "Ada"}}, "Ada"),
        ({"audio": False}, "audio off"),
        ({"digit": "5"}, "digit 5"),
        ({"text": "x" * 100}, f"“{'x' * 59}…”"),
        ({"reason": {"code": "486", "text": "busy"}}, "busy"),
        ({"channel": {"type": "websocket", "to": {"uri": "ws://h/a"}}}, "websocket ws://h/a"),
        ("not a body", ""),
        ({"channel": 3, "user": [], "text": {}, "reason": 1}, ""),
    ],
)
def test_the_gist_of_a_body(body: object, words: str) -> None:
    assert describe({"type": "any", "body": body}) == words
