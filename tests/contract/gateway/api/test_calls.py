"""Calls and legs over HTTP."""

from typing import Any

import msgspec
import pytest

from gateway.conversation.detection import Detection
from gateway.ncco.actions.talk import Talk
from gateway.ports import NewCall
from gateway.routing.endpoints import PhoneEndpoint, SipEndpoint, WebsocketEndpoint
from gateway.store.records import Batch, LegStatus, Webhook
from tests.support import records
from tests.support.api import APPLICATION, NEIGHBOUR, PUBLIC_URL, Api

pytestmark = pytest.mark.contract

TO = [{"type": "phone", "number": "447700900001"}]
WEBSOCKET = [{"type": "websocket", "uri": "wss://app.example.test/"}]
NCCO = [{"action": "talk", "text": "hello"}]


async def _leg(api: Api, id_: str, status: LegStatus = "started", **changes: Any) -> None:  # noqa: ANN401
    leg = msgspec.structs.replace(records.leg(id_, status, application_id=APPLICATION), **changes)
    await api.store.commit(Batch(legs=[leg]))


async def test_a_call_with_its_ncco(api: Api) -> None:
    body = await api.expect(201, "POST", "/v1/calls", {"to": TO, "ncco": NCCO})
    assert body == {
        "uuid": "leg-1",
        "status": "started",
        "direction": "inbound",
        "conversation_uuid": "CON-1",
    }
    assert api.calls.created == [NewCall(to=PhoneEndpoint(number="447700900001"), ncco=(Talk(text="hello"),))]


async def test_a_call_with_everything(api: Api) -> None:
    wanted = {
        "to": [{"type": "sip", "uri": "sip:bob@example.test", "standard_headers": {"User-to-User": "ab"}}],
        "from": {"type": "phone", "number": "447700900000"},
        "answer_url": ["https://app.example.test/answer"],
        "answer_method": "POST",
        "event_url": ["https://app.example.test/event"],
        "event_method": "GET",
        "length_timer": 100,
        "ringing_timer": 20,
        "machine_detection": "continue",
        "advanced_machine_detection": {"behavior": "hangup", "mode": "detect_beep", "beep_timeout": 90},
    }
    await api.expect(201, "POST", "/v1/calls", wanted)
    assert api.calls.created == [
        NewCall(
            to=SipEndpoint(uri="sip:bob@example.test", standard_headers={"User-to-User": "ab"}),
            from_=PhoneEndpoint(number="447700900000"),
            answer=Webhook(address="https://app.example.test/answer", http_method="POST"),
            event=Webhook(address="https://app.example.test/event", http_method="GET"),
            ringing_timer_s=20,
            length_timer_s=100,
            detection=Detection(advanced=True, behavior="hangup", waits=True, beep_timeout_s=90),
        )
    ]


async def test_the_fields_of_a_call_may_be_in_camel_case(api: Api) -> None:
    snake = {
        "to": TO,
        "random_from_number": True,
        "answer_url": ["http://app.example.test/answer"],
        "answer_method": "POST",
        "event_url": ["http://app.example.test/event"],
        "event_method": "GET",
        "length_timer": 60,
        "ringing_timer": 30,
        "machine_detection": "continue",
        "advanced_machine_detection": {"mode": "detect_beep", "beep_timeout": 90},
    }
    camel = {
        "to": TO,
        "randomFromNumber": True,
        "answerUrl": ["http://app.example.test/answer"],
        "answerMethod": "POST",
        "eventUrl": ["http://app.example.test/event"],
        "eventMethod": "GET",
        "lengthTimer": 60,
        "ringingTimer": 30,
        "machineDetection": "continue",
        "advancedMachineDetection": {"mode": "detect_beep", "beepTimeout": 90},
    }
    for body in (snake, camel):
        await api.expect(201, "POST", "/v1/calls", body)
    one, other = api.calls.created
    assert one == other
    assert other.detection == Detection(advanced=True, waits=True, beep_timeout_s=90)


async def test_a_call_to_a_websocket(api: Api) -> None:
    to = [{"type": "websocket", "uri": "wss://app.example.test/", "content-type": "audio/l16;rate=8000"}]
    await api.expect(201, "POST", "/v1/calls", {"to": to, "ncco": NCCO, "random_from_number": True})
    (created,) = api.calls.created
    assert isinstance(created.to, WebsocketEndpoint)
    assert (created.to.rate, created.random_from_number) == (8000, True)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"to": []}, "to"),
        ({"to": TO * 2}, "to"),
        ({"to": TO[0]}, "to"),
        ({"to": [{"type": "pigeon"}]}, "to[0].type"),
        ({"to": [{"type": "phone", "number": "+44"}]}, "to[0].number"),
        ({"to": [{"type": "phone", "number": "00447700900000"}]}, "to[0].number"),
        ({"to": [{"type": "phone", "number": "\u0664\u0664\u0667\u0667\u0660\u0660\u0669"}]}, "to[0].number"),
        ({"to": [{"type": "phone", "number": "447700900000\n"}]}, "to[0].number"),
        ({"ncco": None}, "ncco"),
        ({"answer_url": ["http://example.test"]}, "ncco"),
        ({"ncco": None, "answer_url": "http://example.test"}, "answer_url"),
        ({"ncco": None, "answer_url": ["ftp://example.test"]}, "answer_url[0]"),
        ({"ncco": {}}, "ncco"),
        ({"ncco": [{"action": "sing"}]}, "ncco[0].action"),
        ({"length_timer": 7201}, "length_timer"),
        ({"ringing_timer": 0}, "ringing_timer"),
        ({"event_method": "PUT"}, "event_method"),
        ({"from": {"type": "sip", "uri": "sip:a@example.test"}}, "from.type"),
        ({"from": TO[0], "random_from_number": True}, "from"),
        ({"machine_detection": "drop"}, "machine_detection"),
        ({"machine_detection": "hangup", "to": WEBSOCKET}, "machine_detection"),
        ({"advanced_machine_detection": {"mode": "guess"}}, "advanced_machine_detection.mode"),
        ({"advanced_machine_detection": {"beep_timeout": 44}}, "advanced_machine_detection.beep_timeout"),
        ({"advanced_machine_detection": {"foo": 1}}, "advanced_machine_detection.foo"),
        ({"advancedMachineDetection": {"beepTimeout": 44}}, "advanced_machine_detection.beep_timeout"),
        ({"to": [{**TO[0], "foo": 1}]}, "to[0].foo"),
        ({"advanced_machine_detection": {}, "to": WEBSOCKET}, "advanced_machine_detection"),
    ],
)
async def test_a_wrong_call_is_named_and_not_made(api: Api, change: dict[str, object], name: str) -> None:
    body = await api.expect(400, "POST", "/v1/calls", {"to": TO, "ncco": NCCO, **change})
    assert (body["type"], body["error_title"]) == ("BAD_REQUEST", "Bad request.")
    assert list(body["invalid_parameters"]) == [name]
    assert not api.calls.created


async def test_three_calls_a_second_and_account(api: Api) -> None:
    call = {"to": TO, "ncco": NCCO}
    for _ in range(3):
        await api.expect(201, "POST", "/v1/calls", call)
    body = await api.expect(429, "POST", "/v1/calls", call)
    assert body["type"] == "TOO_MANY_REQUESTS"
    await api.expect(201, "POST", "/v1/calls", call, token=api.token(NEIGHBOUR))
    api.clock.advance(1)
    await api.expect(201, "POST", "/v1/calls", call)
    assert len(api.calls.created) == 5


async def test_calls_are_listed_by_record_index_with_links_between_pages_and_to_calls(api: Api) -> None:
    for number in range(5):
        await _leg(api, f"leg-{number}")
    body = await api.expect(200, "GET", "/v1/calls?page_size=2&record_index=2&conversation_uuid=CON-1")
    assert [call["uuid"] for call in body["_embedded"]["calls"]] == ["leg-2", "leg-3"]
    assert body["count"] == 5
    assert (
        body["_links"]["self"]["href"]
        == f"{PUBLIC_URL}/v1/calls?page_size=2&conversation_uuid=CON-1&record_index=2"
    )
    assert body["_links"].keys() == {"self", "first", "last", "prev", "next"}
    assert body["_embedded"]["calls"][0]["_links"] == {"self": {"href": "/v1/calls/leg-2"}}


async def test_calls_are_filtered(api: Api) -> None:
    await _leg(api, "old", "completed", created="2020-01-01T00:00:00.000Z")
    await _leg(api, "new", "answered", created="2020-06-01T00:00:00.000Z", conversation_id="CON-2")
    for query, expected in (
        ("status=completed", ["old"]),
        ("status=machine", []),
        ("conversation_uuid=CON-2", ["new"]),
        ("date_start=2020-03-01T00:00:00Z", ["new"]),
        ("date_end=2020-01-01T01:00:00%2B01:00", ["old"]),
        ("order=desc", ["new", "old"]),
        ("status=", ["old", "new"]),
    ):
        body = await api.expect(200, "GET", f"/v1/calls?{query}")
        assert [call["uuid"] for call in body["_embedded"]["calls"]] == expected, query
    body = await api.expect(400, "GET", "/v1/calls?status=ended")
    assert list(body["invalid_parameters"]) == ["status"]


async def test_one_call_while_it_lives_and_afterwards(api: Api) -> None:
    await _leg(api, "leg-1", "answered", start_time="2020-01-01T00:00:00.000Z")
    body = await api.expect(200, "GET", "/v1/calls/leg-1")
    assert body == {
        "_links": {"self": {"href": "/v1/calls/leg-1"}},
        "uuid": "leg-1",
        "conversation_uuid": "CON-1",
        "status": "answered",
        "direction": "inbound",
        "from": {"type": "phone", "number": "447700900001"},
        "to": {"type": "phone", "number": "447700900002"},
        "start_time": "2020-01-01T00:00:00.000Z",
    }
    await _leg(api, "leg-1", "completed", end_time="2020-01-01T00:00:02.000Z", duration=2)
    body = await api.expect(200, "GET", "/v1/calls/leg-1")
    assert (body["duration"], body["rate"], body["price"]) == ("2", "0.00000000", "0.00000000")
    assert body["network"] == ""


@pytest.mark.parametrize(
    ("action", "done"),
    [
        ("hangup", ("hang_up", APPLICATION, "leg-1")),
        ("mute", ("set_audio", "leg-1", True, None)),
        ("unmute", ("set_audio", "leg-1", False, None)),
        ("earmuff", ("set_audio", "leg-1", None, True)),
        ("unearmuff", ("set_audio", "leg-1", None, False)),
    ],
)
async def test_actions(api: Api, action: str, done: tuple[object, ...]) -> None:
    await _leg(api, "leg-1", "answered")
    assert await api.expect(204, "PUT", "/v1/calls/leg-1", {"action": action}) is None
    assert api.calls.done == [done]


async def test_transfers(api: Api) -> None:
    await _leg(api, "leg-1", "answered")
    for destination in ({"type": "ncco", "ncco": NCCO}, {"type": "ncco", "url": ["http://example.test/"]}):
        body = {"action": "transfer", "destination": destination}
        await api.expect(204, "PUT", "/v1/calls/leg-1", body)
    assert api.calls.done == [
        ("transfer", "leg-1", (Talk(text="hello"),), None),
        ("transfer", "leg-1", None, Webhook(address="http://example.test/", http_method="GET")),
    ]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({}, "action"),
        ({"action": "explode"}, "action"),
        ({"action": "transfer"}, "destination"),
        ({"action": "transfer", "destination": {"type": "phone"}}, "destination.type"),
        ({"action": "transfer", "destination": {"type": "ncco"}}, "destination.ncco"),
        ({"action": "transfer", "destination": {"type": "ncco", "ncco": [1]}}, "destination.ncco[0]"),
    ],
)
async def test_wrong_actions(api: Api, body: object, name: str) -> None:
    await _leg(api, "leg-1", "answered")
    answer = await api.expect(400, "PUT", "/v1/calls/leg-1", body)
    assert list(answer["invalid_parameters"]) == [name]
    assert not api.calls.done


async def test_another_applications_call_is_no_call(api: Api) -> None:
    await _leg(api, "leg-1", "answered")
    token = api.token(NEIGHBOUR)
    await api.expect(404, "GET", "/v1/calls/leg-1", token=token)
    await api.expect(404, "PUT", "/v1/calls/leg-1", {"action": "hangup"}, token=token)
    await api.expect(404, "GET", "/v0.3/legs/leg-1", token=token)
    body = await api.expect(200, "GET", "/v1/calls", token=token)
    assert body["count"] == 0
    assert not api.calls.done


async def test_legs_have_the_names_of_both_generations_and_times_that_are_texts(api: Api) -> None:
    await _leg(api, "leg-1", "answered")
    for version in ("/beta", "/v0.1", "/v0.3", "/v1"):
        body = await api.expect(200, "GET", f"{version}/legs?conversation_id=CON-1")
        (leg,) = body["_embedded"]["legs"]
        assert (leg["uuid"], leg["id"], leg["conversation_uuid"]) == ("leg-1", "leg-1", "CON-1")
        assert leg["_links"]["self"]["href"] == f"{PUBLIC_URL}{version}/legs/leg-1"
    leg = await api.expect(200, "GET", "/v0.3/legs/leg-1")
    assert (leg["start_time"], leg["end_time"], leg["state"]) == ("", "", {"status": "answered"})
    body = await api.expect(404, "GET", "/v0.3/legs/other")
    assert body["code"] == "leg:error:not-found"
