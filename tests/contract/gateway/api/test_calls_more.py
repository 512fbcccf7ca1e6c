"""Calls by version 2, recordings of calls, and how often an account may ask."""

from typing import Any

import pytest

from gateway.config import LimitSettings
from gateway.ncco.actions.talk import Talk
from gateway.ports import NewCall, NewRecording, OneLeg
from gateway.routing.endpoints import AppEndpoint, PhoneEndpoint
from gateway.store.records import Batch
from tests.support import records
from tests.support.api import APPLICATION, NEIGHBOUR, Api

pytestmark = pytest.mark.contract

FROM = {"type": "phone", "number": "447700900000"}
CALL = {"to": [{"type": "app", "user": "ann"}], "from": FROM, "ncco": [{"action": "talk", "text": "hello"}]}


async def _leg(api: Api) -> str:
    leg = records.leg("leg-9", "answered", application_id=APPLICATION)
    await api.store.commit(Batch(legs=[leg]))
    return f"/v1/calls/{leg.id}"


@pytest.mark.endpoint("POST /v2/calls")
async def test_a_call_is_accepted_and_its_reference_kept(api: Api) -> None:
    assert await api.expect(202, "POST", "/v2/calls", {**CALL, "client_ref": "order 7"}) == {}
    assert api.calls.created == [
        NewCall(
            to=AppEndpoint(user="ann"),
            from_=PhoneEndpoint(number="447700900000"),
            ncco=(Talk(text="hello"),),
            client_ref="order 7",
        )
    ]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"from": None}, "from"),
        ({"client_ref": ""}, "client_ref"),
        ({"client_ref": "x" * 101}, "client_ref"),
        ({"ncco": None}, "ncco"),
        ({"ringing_timer": 121}, "ringing_timer"),
        ({"length_timer": 0}, "length_timer"),
        ({"to": [{"type": "app", "user": ""}]}, "to[0].user"),
        ({"to": [{"type": "vbc", "extension": "front desk"}]}, "to[0].extension"),
    ],
)
async def test_a_wrong_call_is_named_and_not_placed(api: Api, change: dict[str, Any], name: str) -> None:
    body = await api.expect(400, "POST", "/v2/calls", {**CALL, **change})
    assert list(body["invalid_parameters"]) == [name]
    assert not api.calls.created


async def test_both_versions_share_the_calls_of_a_second(api: Api) -> None:
    for path, status in (("/v1/calls", 201), ("/v2/calls", 202), ("/v1/calls", 201), ("/v2/calls", 429)):
        await api.expect(status, "POST", path, CALL)


@pytest.mark.endpoint("PUT /v1/calls/{id}/recording")
async def test_a_call_is_recorded_from_start_to_stop(api: Api) -> None:
    path = f"{await _leg(api)}/recording"
    audience = OneLeg(leg_id="leg-9")
    await api.expect(204, "PUT", path, {"split": True, "streamed": "start"})
    await api.expect(204, "PUT", path, {"streamed": "stop"})
    assert api.studio.done == [
        ("audio:record", APPLICATION, audience, NewRecording(channels=2), None),
        ("stop_recording", APPLICATION, audience, None),
    ]
    for wrong in ({}, {"streamed": "pause"}, {"streamed": "start", "split": "both"}):
        await api.expect(400, "PUT", path, wrong)
    await api.expect(404, "PUT", "/v1/calls/nobody/recording", {"streamed": "start"})
    await api.expect(404, "PUT", path, {"streamed": "start"}, token=api.token(NEIGHBOUR))


async def test_so_many_other_requests_a_second_and_account(api: Api) -> None:
    path = await _leg(api)
    for _ in range(LimitSettings().voice_requests_per_second):
        await api.expect(200, "GET", path)
    body = await api.expect(429, "GET", path)
    assert (body["type"], body["error_title"]) == ("TOO_MANY_REQUESTS", "Too many requests")
    await api.expect(429, "PUT", path, {"action": "hangup"})
    await api.expect(201, "POST", "/v1/calls", CALL)
    await api.expect(404, "GET", path, token=api.token(NEIGHBOUR))
    api.clock.advance(1)
    await api.expect(204, "PUT", path, {"action": "hangup"})
