"""Envelopes of rtc events, and masks."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.conversation import events
from gateway.store.records import Callback, EventRecord
from gateway.webhooks.rtc_events import event_envelope, lets_through
from tests.support import records

pytestmark = pytest.mark.unit


def fact(**fields: object) -> EventRecord:
    return msgspec.structs.replace(records.event("CON-1", 7), **fields)


def test_an_event_with_its_sender() -> None:
    sender = msgspec.structs.replace(records.member("MEM-1", "CON-1"), user_display_name="Ann")
    envelope = event_envelope(fact(from_="MEM-1", to="MEM-2"), sender)
    assert envelope == {
        "type": "text",
        "conversation_id": "CON-1",
        "application_id": records.APPLICATION,
        "from": "MEM-1",
        "to": "MEM-2",
        "id": 7,
        "timestamp": records.CREATED,
        "body": {"text": "hello"},
        "_embedded": {
            "from_user": {"id": "USR-1", "name": "ann", "display_name": "Ann"},
            "from_member": {"id": "MEM-1"},
        },
    }


def test_what_is_not_known_is_left_out() -> None:
    assert set(event_envelope(fact(id=None), None)) == {
        "type",
        "conversation_id",
        "application_id",
        "timestamp",
        "body",
    }


def test_a_state_is_told() -> None:
    state = {"seen_by": {"MEM-2": records.CREATED}}
    assert event_envelope(fact(state=state), None)["state"] == state


def test_a_new_conversation_does_not_tell_what_is_ours() -> None:
    record = msgspec.structs.replace(
        records.conversation("CON-1", "room"), callback=Callback(url="http://shop.example/secret")
    )
    draft = events.conversation_created(record)
    body = event_envelope(fact(type=draft.type, body=draft.body), None)["body"]
    assert body == {
        "id": "CON-1",
        "name": "room",
        "display_name": None,
        "image_url": None,
        "state": "ACTIVE",
        "properties": {},
        "timestamp": {"created": records.CREATED},
    }


@pytest.mark.parametrize(
    ("mask", "let_through", "kept_back"),
    [
        ("", ["text", "member:joined"], []),
        (" , ,", ["text", "member:joined"], []),
        ("*", ["text", "member:joined"], []),
        ("text", ["text"], ["text:seen", "tex", "Text"]),
        ("member:*", ["member:joined", "member:left"], ["members", "member", "text"]),
        ("member:joined,text", ["member:joined", "text"], ["member:left"]),
        ("member:joined text", ["member:joined", "text"], ["member:left"]),
        ("audio:* ,\tcustom:a*", ["audio:say:done", "custom:a", "custom:ab"], ["custom:b", "text"]),
        ("te*t", [], ["text", "test"]),
    ],
)
def test_masks(mask: str, let_through: list[str], kept_back: list[str]) -> None:
    assert [each for each in let_through if not lets_through(mask, each)] == []
    assert [each for each in kept_back if lets_through(mask, each)] == []


@given(mask=st.text(max_size=200), event_type=st.from_regex(r"[a-z:]{1,30}", fullmatch=True))
def test_a_mask_that_names_a_type_lets_it_through(mask: str, event_type: str) -> None:
    assert lets_through(f"{mask},{event_type}", event_type)
    assert lets_through(f"{event_type[:1]}* {mask}", event_type)
