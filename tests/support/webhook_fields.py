"""Which fields each webhook has, and what stands in them (Voice API, webhook reference): a table, its judge.

And in which order the statuses of a leg come (Voice API, call statuses). Every call that tests play on the
exchange is judged by both: see `tests.support.exchange`.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable

from gateway.store.records import Json

Check = Callable[[object], bool]


def matches(pattern: str) -> Check:
    """A text of this form."""
    wanted = re.compile(pattern)
    return lambda value: isinstance(value, str) and wanted.fullmatch(value) is not None


def text(value: object) -> bool:
    return isinstance(value, str)


def integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def thing(value: object) -> bool:
    return isinstance(value, dict)


def nothing(value: object) -> bool:
    return value is None


def dtmf(value: object) -> bool:
    """`digits` is null when none were pressed."""
    return (
        isinstance(value, dict)
        and set(value) == {"digits", "timed_out"}
        and (value["digits"] is None or digits(value["digits"]))
        and isinstance(value["timed_out"], bool)
    )


def speech(value: object) -> bool:
    """`confidence` is a number in a text; what is understood so far is marked, and has none."""
    known = {"results", "timeout_reason", "error", "recording_url", "partial"}
    if not isinstance(value, dict) or not set(value) <= known:
        return False
    results = value.get("results", [])
    if value.get("partial"):
        return all(set(each) == {"text"} for each in results)
    return all(set(each) == {"text", "confidence"} and number(each["confidence"]) for each in results)


def one_of(*values: str) -> Check:
    return lambda value: value in values


digits = matches(r"[0-9*#]+")
number = matches(r"[0-9]+(\.[0-9]+)?")
conversation = matches(r"CON-[0-9a-f-]{36}")
time = matches(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
url = matches(r"https?://.+")
DIRECTION = one_of("inbound", "outbound")

Fields = dict[str, Check]

PARTIES: Fields = {"from": text, "to": text, "uuid": text, "conversation_uuid": conversation}
STATUS: Fields = {**PARTIES, "status": text, "direction": DIRECTION, "timestamp": time}
TOLD: Fields = {**PARTIES, "timestamp": time}
BILL: Fields = {
    "start_time": lambda value: value is None or time(value),
    "end_time": time,
    "duration": matches(r"[0-9]+"),
    "rate": number,
    "price": number,
    "network": text,
    "disconnected_by": one_of("platform", "user"),
}
CALLEE: Fields = {name: check for name, check in STATUS.items() if name != "uuid"} | {"call_uuid": text}

REQUIRED: dict[str, Fields] = {
    "answer": {
        **PARTIES,
        "region_url": url,
        "endpoint_type": one_of("phone", "app", "sip", "websocket", "vbc"),
    },
    **dict.fromkeys(("started", "ringing", "timeout", "cancelled"), STATUS),
    **dict.fromkeys(("busy", "unanswered", "rejected", "failed", "disconnected"), STATUS),
    "answered": {**STATUS, "start_time": nothing, "rate": nothing, "network": nothing},
    "completed": {**STATUS, **BILL},
    "human": CALLEE,
    "machine": CALLEE,
    "transfer": {
        "conversation_uuid_from": conversation,
        "conversation_uuid_to": conversation,
        "uuid": text,
        "timestamp": time,
    },
    "input": TOLD,
    "notify": {"conversation_uuid": conversation, "payload": thing, "timestamp": time},
    "record": {
        "start_time": time,
        "end_time": time,
        "recording_url": url,
        "recording_uuid": text,
        "size": integer,
        "conversation_uuid": conversation,
        "timestamp": time,
    },
    "transcription": {
        "conversation_uuid": conversation,
        "type": one_of("record"),
        "recording_uuid": text,
        "status": one_of("transcribed"),
        "transcription_url": url,
    },
    "payment": {**TOLD, "type": one_of("payment"), "status": one_of("success", "failure")},
    "error": {"reason": text, "conversation_uuid": conversation, "timestamp": time},
}
"""By webhook, what it always has."""

HEADERS: Fields = {"headers": thing}
CODE: Fields = {"sip_code": integer}
DETAIL: Fields = {"detail": text}
OPTIONAL: dict[str, Fields] = {
    "started": {**HEADERS, "client_ref": text},
    **dict.fromkeys(("ringing", "answered", "timeout", "cancelled", "disconnected"), HEADERS),
    "busy": {**HEADERS, **CODE},
    **dict.fromkeys(("unanswered", "rejected", "failed"), HEADERS | CODE | DETAIL),
    "completed": {**HEADERS, **CODE},
    "human": HEADERS,
    "machine": {**HEADERS, "sub_state": one_of("beep_start", "beep_timeout")},
    "transfer": HEADERS,
    "input": {**HEADERS, "dtmf": dtmf, "speech": speech},
    "payment": HEADERS,
}
"""By webhook, what it has where there is any: headers of a websocket, a code where SIP was spoken."""

FALLBACK: Fields = {"reason": text, "original_request": thing}
SIP_HEADER = re.compile(r"SipHeader_(X-.+|User-to-User)", re.IGNORECASE)

LIFE = re.compile(
    r"started (ringing )?"
    r"(answered ((human|machine) )*(disconnected |failed )?completed "
    r"|(busy|cancelled|failed|timeout|unanswered) completed "
    r"|rejected )"
)
"""The statuses of a leg from its beginning to its end: a terminal one, and `completed` where that is told."""


def kind_of(payload: Json) -> str:
    """Which webhook it is."""
    if "region_url" in payload:
        return "answer"
    for kind, mark in {
        "transfer": "conversation_uuid_to",
        "notify": "payload",
        "record": "size",
        "transcription": "transcription_url",
        "error": "reason",
    }.items():
        if mark in payload:
            return kind
    if "dtmf" in payload or "speech" in payload:
        return "input"
    return "payment" if payload.get("type") == "payment" else str(payload.get("status"))


def judge(payload: Json) -> None:
    """Fail unless the webhook has the fields of its row, all of them and no others."""
    if "original_request" in payload:
        told = payload["original_request"]
        assert set(told) == {"url", "type"}, told
        assert told["type"] in ("answer", "event"), told
        assert payload["reason"]
        payload = {name: value for name, value in payload.items() if name not in FALLBACK}
    kind = kind_of(payload)
    assert kind in REQUIRED, f"no webhook is like this: {payload}"
    required, optional = dict(REQUIRED[kind]), OPTIONAL.get(kind, {})
    given = {name for name in payload if not (kind == "answer" and SIP_HEADER.fullmatch(name))}
    if kind == "answer" and "from_user" in payload:
        required["from_user"] = required.pop("from")
    assert set(required) <= given, f"{kind} lacks {set(required) - given}"
    assert given <= {*required, *optional}, f"{kind} has {given - {*required, *optional}}"
    for name in given:
        assert {**required, **optional}[name](payload[name]), f"{kind}.{name} is {payload[name]!r}"


def judge_lives(told: Iterable[Json]) -> None:
    """Fail unless the statuses of each leg come in an order that a call can have, to their end."""
    lives: dict[str, list[str]] = defaultdict(list)
    for payload in told:
        if "direction" in payload:
            lives[payload.get("uuid") or payload["call_uuid"]].append(payload["status"])
    for leg, statuses in lives.items():
        assert LIFE.fullmatch("".join(f"{status} " for status in statuses)), f"{leg}: {statuses}"
