"""What webhooks say: from facts to payloads, as Voice API, webhook reference has them. Pure."""

import msgspec

from gateway.conversation.leg import ENDS
from gateway.conversation.reasons import detail_of
from gateway.routing.endpoints import address_text
from gateway.store.records import ApplicationRecord, EventRecord, Json, LegRecord, RecordingRecord, Webhook

EVENT_TIMEOUT_MS = 10_000
ANSWER_TIMEOUT_MS = 5_000

PLATFORM_HEADERS = "x-nexmo"
"""How headers begin that no application is shown."""

_WITH_CODE = ("unanswered", "rejected", "failed", "busy")


def voice_webhook(application: ApplicationRecord, name: str) -> Webhook | None:
    """The application's answer_url, event_url or fallback_answer_url; None where it has none."""
    return _webhook(application, "voice", name)


def rtc_webhook(application: ApplicationRecord) -> Webhook | None:
    """Where the events of the application's conversations go; None where it follows none."""
    return _webhook(application, "rtc", "event_url")


def _webhook(application: ApplicationRecord, capability: str, name: str) -> Webhook | None:
    given = _given(application, capability, name)
    if not given.get("address"):
        return None
    made = Webhook(
        address=given["address"],
        http_method=given.get("http_method") or ("POST" if name == "event_url" else "GET"),
    )
    return msgspec.structs.replace(made, **_limits(given, name))


def limited(webhook: Webhook, application: ApplicationRecord, name: str) -> Webhook:
    """A URL that a call or an NCCO has named, under the time limits of the application's own of that name."""
    return msgspec.structs.replace(webhook, **_limits(_given(application, "voice", name), name))


def _given(application: ApplicationRecord, capability: str, name: str) -> Json:
    capabilities = application.capabilities.get(capability) or {}
    given: Json = (capabilities.get("webhooks") or {}).get(name) or {}
    return given


def _limits(given: Json, name: str) -> dict[str, int]:
    usual = EVENT_TIMEOUT_MS if name == "event_url" else ANSWER_TIMEOUT_MS
    return {
        "connect_timeout_ms": given.get("connection_timeout") or given.get("connect_timeout") or 1000,
        "socket_timeout_ms": given.get("socket_timeout") or usual,
    }


def parties(leg: LegRecord) -> Json:
    """Who the leg is between, and which it is."""
    return {
        "from": address_text(leg.from_),
        "to": address_text(leg.to),
        "uuid": leg.id,
        "conversation_uuid": leg.conversation_id,
    }


def answer_request(leg: LegRecord, region_url: str, headers: Json) -> Json:
    """The fields of the answer webhook. `headers` are the X- headers of an inbound INVITE.

    A user who calls is `from_user`, everybody else `from`. Headers of the platform's own are not passed on.
    """
    fields = {**parties(leg), "region_url": region_url, "endpoint_type": leg.type}
    if leg.type == "app" and leg.direction == "inbound":
        fields["from_user"] = fields.pop("from")
    others = {name: text for name, text in headers.items() if not name.lower().startswith(PLATFORM_HEADERS)}
    return {**fields, **{f"SipHeader_{name}": text for name, text in others.items()}}


def status_events(fact: EventRecord, leg: LegRecord) -> list[Json]:
    """The event webhooks that a leg's new status makes.

    An end that is neither `completed` nor `rejected` is followed by `completed` (Voice API, call statuses); a
    websocket that its application closed is `disconnected` first (Voice API, websockets).
    """
    body = fact.body
    status = body["status"]
    common = {**parties(leg), "direction": body["direction"], "timestamp": fact.timestamp, **_echo(leg)}
    if status == "answered":
        extra: Json = {"start_time": None, "rate": None, "network": None}
        return [{**common, "status": status, **extra}]
    if status == "started" and leg.client_ref is not None:
        return [{**common, "status": status, "client_ref": leg.client_ref}]
    if status not in ENDS:
        return [{**common, "status": status}]
    made = []
    if leg.type == "websocket" and status == "completed" and body.get("disconnected_by") == "user":
        made.append({**common, "status": "disconnected"})
    if status != "completed":
        code = _sip_code(body) if status in _WITH_CODE else {}
        detail = detail_of(status, body["reason"])
        made.append({**common, "status": status, **code, **({"detail": detail} if detail else {})})
    if status != "rejected":
        made.append({**common, "status": "completed", **_bill(body), **_sip_code(body)})
    return made


def callee_event(fact: EventRecord, leg: LegRecord) -> Json:
    """Who answered a leg, and what became of a machine's beep. It names the call as no other webhook does."""
    told = parties(leg)
    told["call_uuid"] = told.pop("uuid")
    beep = {"sub_state": fact.body["sub_state"]} if "sub_state" in fact.body else {}
    about: Json = {"status": fact.body["type"], **beep, "direction": leg.direction}
    return {**told, **about, "timestamp": fact.timestamp}


def leg_event(leg: LegRecord, told: Json, now: str) -> Json:
    """What is told of a leg besides its status: what an input action collected, how a payment went."""
    return {**parties(leg), "timestamp": now, **_echo(leg), **told}


def notify_event(leg: LegRecord, told: Json, now: str) -> Json:
    """What a notify action tells: its `payload`."""
    return {"conversation_uuid": leg.conversation_id, "timestamp": now, **told}


def transfer_event(fact: EventRecord, leg: LegRecord) -> Json:
    """A leg went to another conversation."""
    return {
        "conversation_uuid_from": fact.conversation_id,
        "conversation_uuid_to": fact.body["conversation_id_to"],
        "uuid": fact.body["leg_id"],
        "timestamp": fact.timestamp,
        **_echo(leg),
    }


def record_event(recording: RecordingRecord, recording_url: str, now: str) -> Json:
    """A recording is ready."""
    return {
        "start_time": recording.start_time,
        "end_time": recording.end_time,
        "recording_url": recording_url,
        "recording_uuid": recording.id,
        "size": recording.size,
        "conversation_uuid": recording.conversation_id,
        "timestamp": now,
    }


def transcribed_event(transcript: RecordingRecord, transcription_url: str) -> Json:
    """A recording's transcript is ready."""
    return {
        "conversation_uuid": transcript.conversation_id,
        "type": "record",
        "recording_uuid": transcript.transcript_of,
        "status": "transcribed",
        "transcription_url": transcription_url,
    }


def error_event(reason: str, conversation_id: str, now: str) -> Json:
    """Something that the application did cannot be carried out."""
    return {"reason": reason, "conversation_uuid": conversation_id, "timestamp": now}


def _echo(leg: LegRecord) -> Json:
    """The headers of a websocket endpoint, in everything that is told of its leg."""
    return {"headers": leg.headers} if leg.headers else {}


def _bill(body: Json) -> Json:
    return {
        "start_time": body["start_time"],
        "end_time": body["end_time"],
        "duration": str(body["duration"]),
        "rate": "0.00000000",
        "price": "0.00000000",
        "network": "",
        "disconnected_by": body.get("disconnected_by", "platform"),
    }


def _sip_code(body: Json) -> Json:
    return {} if body["sip_code"] is None else {"sip_code": body["sip_code"]}
