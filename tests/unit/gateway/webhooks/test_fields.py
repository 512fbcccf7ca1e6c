"""Every webhook that is made, against the table of its fields; by POST and by GET."""

import itertools
import json

import msgspec
import pytest
from yarl import URL

from gateway.conversation import events
from gateway.ids import Ids
from gateway.store.records import EventRecord, Json, LegRecord, Webhook
from gateway.webhooks import payloads
from gateway.webhooks.exchange import encode
from tests.support import records
from tests.support.voice_rows import WEBHOOKS
from tests.support.webhook_fields import OPTIONAL, REQUIRED, judge, kind_of

pytestmark = pytest.mark.unit

NOW = "2024-05-01T12:00:09.000Z"
HEADERS = {"app": "bot", "nested": {"a_b": [1, 2]}}
CON = Ids().conversation()


def leg(status: str = "answered", **fields: object) -> LegRecord:
    made = records.leg("leg-1", status)  # type: ignore[arg-type]
    return msgspec.structs.replace(made, conversation_id=CON, **fields)


def fact(kind: str, body: Json) -> EventRecord:
    return msgspec.structs.replace(records.event(CON, 3), type=kind, body=body, timestamp=NOW)


def told(status: str, **fields: object) -> list[Json]:
    ended = {"reason": "why", "sip_code": 486, "start_time": records.CREATED, "end_time": NOW, "duration": 9}
    there = leg(status, **{**ended, **fields})
    draft = events.leg_status(there)
    return payloads.status_events(fact(draft.type, {**draft.body, "disconnected_by": "user"}), there)


def callee(body: Json) -> Json:
    return payloads.callee_event(fact("sip:amd", body), leg())


def departed() -> Json:
    draft = events.leg_departed(leg(), Ids().conversation())
    return payloads.transfer_event(fact(draft.type, draft.body), leg())


def fell_back(payload: Json) -> Json:
    return {
        **payload,
        "reason": "Connection closed.",
        "original_request": {"url": "http://shop.example/", "type": "answer"},
    }


ANSWER = payloads.answer_request(leg(), "https://gateway.example", {"X-Shop": "7", "User-to-User": "1234"})
RECORDING = msgspec.structs.replace(records.recording("rec-1", NOW), size=320, conversation_id=CON)
MADE: dict[str, list[Json]] = {
    "answer": [ANSWER],
    "event": [payload for status in ("started", "ringing", "busy", "failed") for payload in told(status)],
    "answered": told("answered"),
    "human or machine": [
        callee({"type": "human"}),
        callee({"type": "machine"}),
        callee({"type": "machine", "sub_state": "beep_start"}),
    ],
    "completed": [
        *told("completed"),
        *told("completed", headers=HEADERS, type="websocket", sip_code=None),
        *told("timeout", start_time=None),
    ],
    "transfer": [departed()],
    "input": [
        payloads.leg_event(leg(), {"dtmf": {"digits": "42", "timed_out": False}}, NOW),
        payloads.leg_event(leg(headers=HEADERS), {"dtmf": {"digits": None, "timed_out": True}}, NOW),
        payloads.leg_event(leg(), {"speech": {"timeout_reason": "start_timeout", "results": []}}, NOW),
    ],
    "notify": [payloads.notify_event(leg(), {"payload": {"a_b": [None, True]}}, NOW)],
    "record": [payloads.record_event(RECORDING, "https://gateway.example/v1/files/rec-1", NOW)],
    "payment": [payloads.leg_event(leg(), {"type": "payment", "status": "success"}, NOW)],
    "error": [payloads.error_event("no such option", CON, NOW)],
    "fallback": [fell_back(ANSWER)],
}
"""By the name that the reference gives it, what we make."""


def has(payload: object, path: str) -> bool:
    """Whether something stands at `dtmf.digits`, or at any name that begins like `SipHeader_X-*`."""
    first, _, rest = path.partition(".")
    if not isinstance(payload, dict):
        return False
    found = [name for name in payload if name == first or (first[-1] == "*" and name.startswith(first[:-1]))]
    return bool(found) and (not rest or has(payload[first], rest))


def marked(name: str) -> list[object]:
    """Each webhook of that name, with the rows that it proves."""
    cases: list[object] = []
    for number, payload in enumerate(MADE[name]):
        rows = [f"webhook {name}.{field}" for field in WEBHOOKS[name] if has(payload, field)]
        cases.append(pytest.param(payload, marks=pytest.mark.row(*rows), id=f"{name} {number}"))
    return cases


@pytest.mark.parametrize("payload", [case for name in MADE for case in marked(name)])
def test_it_has_the_fields_of_its_row_by_post_and_by_get(payload: Json) -> None:
    judge(payload)
    address = "http://shop.example/hook?key=a%2Bb&to=mine"
    posted = encode(Webhook(address=address), payload)
    assert posted.body is not None
    assert (posted.url, json.loads(posted.body)) == (address, payload)
    asked = encode(Webhook(address=address, http_method="GET"), payload)
    assert asked.body is None
    query = dict(URL(asked.url).query)
    assert query.pop("key") == "a+b"
    if "to" not in payload:
        assert query.pop("to") == "mine"
    assert set(query) == set(payload)
    for name, value in payload.items():
        assert query[name] == ("" if value is None else value if isinstance(value, str) else query[name])
        if isinstance(value, (dict, list, int, bool)):
            assert json.loads(query[name]) == value


@pytest.mark.parametrize("kind", REQUIRED)
def test_the_judge_knows_what_is_missing_and_what_is_too_much(kind: str) -> None:
    made = [each for each in itertools.chain.from_iterable(MADE.values()) if "original_request" not in each]
    for payload in (each for each in made if kind_of(each) == kind):
        for name in set(REQUIRED[kind]) & set(payload):
            with pytest.raises(AssertionError):
                judge({key: value for key, value in payload.items() if key != name})
        for name in {*REQUIRED[kind], *OPTIONAL.get(kind, {})} & set(payload):
            with pytest.raises(AssertionError):
                judge({**payload, name: 1.5})
        with pytest.raises(AssertionError):
            judge({**payload, "surprise": "x"})


def test_a_user_who_calls_is_not_a_number() -> None:
    caller = leg(type="app", direction="inbound", from_={"type": "app", "user": "ann"})
    request = payloads.answer_request(caller, "https://gateway.example", {})
    judge(request)
    assert request["from_user"] == "ann"
    assert "from" not in request


def test_headers_of_the_platform_are_not_passed_on() -> None:
    sent = {"X-Nexmo-Trace": "1", "x-nexmo-id": "2", "X-Next": "3"}
    request = payloads.answer_request(leg(), "https://gateway.example", sent)
    assert [name for name in request if name.startswith("SipHeader")] == ["SipHeader_X-Next"]


LIMITS = {"connection_timeout": 400, "socket_timeout": 2000}


@pytest.mark.parametrize(
    ("given", "name", "limits"),
    [
        ({}, "answer_url", (1000, 5000)),
        ({}, "event_url", (1000, 10_000)),
        (LIMITS, "answer_url", (400, 2000)),
        ({"connect_timeout": 300}, "event_url", (300, 10_000)),
    ],
)
def test_urls_of_calls_and_nccos_have_the_applications_limits(
    given: Json, name: str, limits: tuple[int, int]
) -> None:
    voice = {"webhooks": {name: {"address": "http://shop.example/", **given}}}
    application = msgspec.structs.replace(records.application(), capabilities={"voice": voice})
    theirs = Webhook(address="http://elsewhere.example/", http_method="GET")
    held = payloads.limited(theirs, application, name)
    assert (held.address, held.http_method) == (theirs.address, theirs.http_method)
    assert (held.connect_timeout_ms, held.socket_timeout_ms) == limits
    own = payloads.voice_webhook(application, name)
    assert own is not None
    assert (own.connect_timeout_ms, own.socket_timeout_ms) == limits
