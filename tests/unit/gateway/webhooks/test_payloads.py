"""Webhook payloads against the tables of the published API: which fields each status has, and no others."""

from typing import get_args

import msgspec
import pytest

from gateway.conversation import events
from gateway.conversation.leg import ENDS
from gateway.store.records import EventRecord, Json, LegRecord, LegStatus, Webhook
from gateway.webhooks.payloads import (
    answer_request,
    error_event,
    leg_event,
    record_event,
    status_events,
    transfer_event,
    voice_webhook,
)
from tests.support import records

pytestmark = pytest.mark.unit

NOW = "2024-05-01T12:00:09.000Z"
COMMON = {"from", "to", "uuid", "conversation_uuid", "status", "direction", "timestamp"}
BILL = {
    "start_time",
    "end_time",
    "duration",
    "rate",
    "price",
    "network",
    "disconnected_by",
    "sip_code",
}
EXTRA: dict[LegStatus, set[str]] = {
    "started": set(),
    "ringing": set(),
    "answered": {"start_time", "rate", "network"},
    "completed": BILL,
    "busy": {"sip_code"},
    "cancelled": set(),
    "failed": {"detail", "sip_code"},
    "rejected": {"detail", "sip_code"},
    "timeout": set(),
    "unanswered": {"detail", "sip_code"},
}


def status_fact(leg: LegRecord, disconnected_by: str = "user") -> EventRecord:
    draft = events.leg_status(leg)
    body = {**draft.body, "disconnected_by": disconnected_by}
    return EventRecord(
        conversation_id=leg.conversation_id,
        application_id=leg.application_id,
        position=3,
        id=None,
        type=draft.type,
        timestamp=NOW,
        body=body,
    )


def payloads(status: LegStatus, **fields: object) -> list[Json]:
    ended = {"reason": "why", "sip_code": 486, **fields}
    leg = msgspec.structs.replace(records.leg("leg-1", status), **ended)
    return status_events(status_fact(leg), leg)


def test_every_status_has_its_row() -> None:
    assert set(EXTRA) == set(get_args(LegStatus))


@pytest.mark.parametrize("status", EXTRA)
def test_a_status_has_the_fields_of_its_row(status: LegStatus) -> None:
    first = payloads(status)[0]
    assert set(first) == COMMON | EXTRA[status]
    assert first["status"] == status


@pytest.mark.parametrize("status", EXTRA)
def test_completed_follows_every_end_but_rejected(status: LegStatus) -> None:
    expected = [status]
    if status in ENDS - {"completed", "rejected"}:
        expected.append("completed")
    assert [payload["status"] for payload in payloads(status)] == expected


def test_the_common_fields() -> None:
    (payload,) = payloads("ringing")
    assert payload == {
        "from": "447700900001",
        "to": "447700900002",
        "uuid": "leg-1",
        "conversation_uuid": "CON-1",
        "status": "ringing",
        "direction": "inbound",
        "timestamp": NOW,
    }


def test_the_bill_of_a_completed_call() -> None:
    (payload,) = payloads("completed", start_time=records.CREATED, end_time=NOW, duration=9)
    bill = {name: payload[name] for name in BILL}
    assert bill == {
        "start_time": records.CREATED,
        "end_time": NOW,
        "duration": "9",
        "rate": "0.00000000",
        "price": "0.00000000",
        "network": "",
        "disconnected_by": "user",
        "sip_code": 486,
    }


def test_a_call_that_was_never_a_sip_call_has_no_code() -> None:
    (payload,) = payloads("completed", sip_code=None)
    assert "sip_code" not in payload


def test_a_websocket_leg_echoes_its_headers() -> None:
    leg = msgspec.structs.replace(records.leg("leg-1"), headers={"app": "bot"})
    departed = events.leg_departed(leg, "CON-2")
    fact = msgspec.structs.replace(status_fact(leg), type=departed.type, body=departed.body)
    told = [
        *payloads("failed", headers={"app": "bot"}),
        leg_event(leg, {"dtmf": {}}, NOW),
        transfer_event(fact, leg),
    ]
    assert [payload["headers"] for payload in told] == [{"app": "bot"}] * 4


def test_the_answer_request_carries_what_the_caller_sent() -> None:
    fields = answer_request(records.leg("leg-1"), "https://gateway.example", {"X-Shop": "7"})
    assert fields == {
        "from": "447700900001",
        "to": "447700900002",
        "uuid": "leg-1",
        "conversation_uuid": "CON-1",
        "region_url": "https://gateway.example",
        "endpoint_type": "phone",
        "SipHeader_X-Shop": "7",
    }


def test_input_has_digits_and_no_status() -> None:
    payload = leg_event(records.leg("leg-1"), {"dtmf": {"digits": "42", "timed_out": False}}, NOW)
    assert set(payload) == {"from", "to", "uuid", "conversation_uuid", "timestamp", "dtmf"}
    assert payload["dtmf"] == {"digits": "42", "timed_out": False}


def test_transfer_names_both_conversations_and_nothing_else() -> None:
    leg = records.leg("leg-1")
    draft = events.leg_departed(leg, "CON-2")
    fact = msgspec.structs.replace(status_fact(leg), type=draft.type, body=draft.body)
    assert transfer_event(fact, leg) == {
        "conversation_uuid_from": "CON-1",
        "conversation_uuid_to": "CON-2",
        "uuid": "leg-1",
        "timestamp": NOW,
    }


def test_record_says_where_the_file_is() -> None:
    recording = msgspec.structs.replace(records.recording("rec-1", NOW), size=320)
    assert record_event(recording, "https://gateway.example/v1/files/rec-1", NOW) == {
        "start_time": records.CREATED,
        "end_time": NOW,
        "recording_url": "https://gateway.example/v1/files/rec-1",
        "recording_uuid": "rec-1",
        "size": 320,
        "conversation_uuid": "CON-1",
        "timestamp": NOW,
    }


def test_error_says_why_and_where() -> None:
    expected = {"reason": "no such option", "conversation_uuid": "CON-1", "timestamp": NOW}
    assert error_event("no such option", "CON-1", NOW) == expected


def application_with(**webhooks: Json) -> Json:
    return {"voice": {"webhooks": webhooks}}


@pytest.mark.parametrize("capabilities", [{}, {"voice": None}, {"voice": {}}, {"voice": {"webhooks": None}}])
def test_an_application_without_webhooks_has_none(capabilities: Json) -> None:
    application = msgspec.structs.replace(records.application(), capabilities=capabilities)
    assert voice_webhook(application, "event_url") is None


def test_a_webhook_has_the_published_defaults() -> None:
    address = "http://shop.example/"
    named = application_with(answer_url={"address": address}, event_url={"address": address})
    application = msgspec.structs.replace(records.application(), capabilities=named)
    assert voice_webhook(application, "answer_url") == Webhook(
        address=address, http_method="GET", connect_timeout_ms=1000, socket_timeout_ms=5000
    )
    assert voice_webhook(application, "event_url") == Webhook(
        address=address, http_method="POST", connect_timeout_ms=1000, socket_timeout_ms=10_000
    )
    assert voice_webhook(application, "fallback_answer_url") is None


@pytest.mark.parametrize(
    ("by", "statuses"), [("user", ["disconnected", "completed"]), ("platform", ["completed"])]
)
def test_a_websocket_that_its_application_closes_is_disconnected(by: str, statuses: list[str]) -> None:
    leg = msgspec.structs.replace(records.leg("leg-1", "completed"), type="websocket", reason="ok")
    assert [payload["status"] for payload in status_events(status_fact(leg, by), leg)] == statuses
