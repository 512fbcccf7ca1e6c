"""What a client may write into a conversation's log, and what it may not."""

import pytest

from gateway.conversation import events
from gateway.conversation.client_events import CHECKS, MAX_CUSTOM_BODY, check_client_event
from gateway.conversation.projections import _FOLDS
from gateway.errors import Invalid
from gateway.store.records import Json

pytestmark = pytest.mark.unit

OWN = [
    *_FOLDS,
    *events.UNNUMBERED,
    "sip:ringing",
    "sip:answered",
    "sip:hangup",
    "sip:status",
    "member:media",
    "audio:record:done",
    "audio:dtmf",
    "rtc:transfer",
    "conversation:deleted",
    "foo",
    "",
]


@pytest.mark.parametrize("kind", OWN)
def test_what_the_gateway_writes_nobody_else_does(kind: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_client_event(kind, {"a": 1})
    assert "type" in refused.value.parameters


def test_no_type_of_clients_changes_what_the_log_says() -> None:
    assert not set(CHECKS) & set(_FOLDS)


GOOD: list[tuple[str, Json]] = [
    ("text", {"text": "hi"}),
    ("message", {"message_type": "text", "text": "hi"}),
    ("message", {"message_type": "image", "image": {"url": "https://example.com/a.jpg"}}),
    ("message", {"message_type": "random"}),
    ("image", {"representations": {}}),
    ("text:seen", {"event_id": 1}),
    ("message:delivered", {"event_id": 3}),
    ("text:typing:on", {"activity": 1}),
    ("custom:order-placed_2", {"anything": ["goes"]}),
    ("custom:" + "x" * 100, {}),
]

BAD: list[tuple[str, Json, str]] = [
    ("text", {}, "body"),
    ("text", {"text": 1}, "body"),
    ("message", {"message_type": "bogus"}, "body"),
    ("message", {"message_type": "text"}, "body"),
    ("message", {"message_type": "image", "image": "x"}, "body"),
    ("text:seen", {"event_id": "1"}, "body"),
    ("text:seen", {"event_id": True}, "body"),
    ("image", {}, "body"),
    ("custom:", {}, "type"),
    ("custom:a b", {}, "type"),
    ("custom:" + "x" * 101, {}, "type"),
    ("custom:big", {"a": "x" * MAX_CUSTOM_BODY}, "body"),
    ("audio:say", {"text": "hi"}, "type"),
    ("ephemeral", {}, "type"),
]


@pytest.mark.parametrize(("kind", "body"), GOOD)
def test_good(kind: str, body: Json) -> None:
    check_client_event(kind, body)


@pytest.mark.parametrize(("kind", "body", "wrong"), BAD)
def test_bad(kind: str, body: Json, wrong: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_client_event(kind, body)
    assert list(refused.value.parameters) == [wrong]
