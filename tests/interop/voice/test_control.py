"""Calls that the application makes and steers by HTTP, and what webhooks tell of calls, scene by scene."""

import asyncio
from typing import Any

import pytest

from tests.support.deeds import (
    SIPP_CALLER,
    creates_call,
    hangs_up,
    sipp_calls,
    steers,
    steers_agent,
    transfers_agent,
)
from tests.support.line import talk
from tests.support.outcomes import (
    agent_hears,
    agent_hears_no_more,
    agent_hears_tone,
    agent_sees,
    agents_call_ends,
    call_ends,
    hears,
    hears_no_more,
    hears_tone,
    told,
    told_of_agent,
)
from tests.support.stage import Ncco, Scene, Stage, Step, by_name

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="package")]

CALLER_HZ, AGENT_HZ, FILE_HZ = 440, 660, 1200
LONG = "The meeting is on Tuesday in the large room."


def creates(*ncco: dict[str, Any], **more: object) -> Step:
    """The application has the agent called, with an NCCO."""
    return creates_call(lambda _: {"ncco": list(ncco), **more})


def nothing(_: Stage) -> Ncco:
    """Nobody asks."""
    return []


def connected(stage: Stage) -> Ncco:
    return [stage.connect()]


STAY: dict[str, object] = {"action": "wait", "timeout": 30}

SCENES = (
    Scene(
        "a call is made with an NCCO, and shows the number",
        ("POST /v1/calls to", "POST /v1/calls from", "POST /v1/calls ncco"),
        nothing,
        (agent_sees("{number}"), agent_hears("is on tuesday"), agents_call_ends),
        begins=creates(talk(LONG)),
    ),
    Scene(
        "a call shows any number of the application",
        ("POST /v1/calls random_from_number",),
        nothing,
        (agent_sees("{number}"), agent_hears("is on tuesday")),
        begins=creates(talk(LONG), random_from_number=True, **{"from": None}),
    ),
    Scene(
        "a call asks what to do at its own answer URL, by its own method",
        ("POST /v1/calls answer_url", "POST /v1/calls answer_method"),
        lambda _: [talk(LONG)],
        (told("/answer", "POST", endpoint_type="phone"), agent_hears("is on tuesday"), agents_call_ends),
        begins=creates_call(lambda stage: {"answer_url": stage.at("/answer"), "answer_method": "POST"}),
    ),
    Scene(
        "what becomes of a call is told where its own event URL is",
        ("POST /v1/calls event_url", "POST /v1/calls event_method"),
        nothing,
        (
            told_of_agent("answered", "/called", "GET"),
            agents_call_ends,
            told_of_agent("completed", "/called", "GET"),
        ),
        begins=creates_call(
            lambda stage: {"ncco": [talk(LONG)], "event_url": stage.at("/called"), "event_method": "GET"}
        ),
    ),
    Scene(
        "a call lasts no longer than its timer",
        ("POST /v1/calls length_timer",),
        nothing,
        (agents_call_ends, told_of_agent("completed", disconnected_by="platform")),
        begins=creates(STAY, length_timer=2),
    ),
    Scene(
        "a call is hung up",
        ("PUT /v1/calls hangup",),
        nothing,
        (
            told_of_agent("answered"),
            steers_agent("hangup"),
            agents_call_ends,
            told_of_agent("completed", disconnected_by="platform"),
        ),
        begins=creates(STAY),
    ),
    Scene(
        "who is muted is not heard until it is unmuted",
        ("PUT /v1/calls mute", "PUT /v1/calls unmute"),
        connected,
        (
            agent_hears_tone(CALLER_HZ),
            steers("mute"),
            agent_hears_no_more(CALLER_HZ),
            steers("unmute"),
            agent_hears_tone(CALLER_HZ),
        ),
    ),
    Scene(
        "who is earmuffed does not hear until it is unearmuffed",
        ("PUT /v1/calls earmuff", "PUT /v1/calls unearmuff"),
        connected,
        (
            hears_tone(AGENT_HZ),
            steers("earmuff"),
            hears_no_more(AGENT_HZ),
            steers("unearmuff"),
            hears_tone(AGENT_HZ),
        ),
    ),
    Scene(
        "a call is transferred to another NCCO, and to one at a URL",
        ("PUT /v1/calls transfer",),
        nothing,
        (
            told_of_agent("answered"),
            transfers_agent(lambda stage: {"ncco": [stage.play(FILE_HZ, loop=0)]}),
            agent_hears_tone(FILE_HZ),
            transfers_agent(lambda stage: {"url": stage.at("/elsewhere")}),
            agent_hears("is on tuesday"),
            agents_call_ends,
        ),
        replies=(("/elsewhere", lambda _: [talk(LONG)]),),
        begins=creates(STAY),
    ),
    Scene(
        "an end is told with the time that it took, and who made it",
        tuple(
            f"webhook completed.{name}"
            for name in (
                *("start_time", "end_time", "duration", "rate", "price"),
                *("network", "disconnected_by"),
            )
        ),
        lambda _: [STAY],
        (
            told("/event", status="answered", direction="inbound"),
            hangs_up,
            told(
                "/event",
                status="completed",
                start_time=...,
                end_time=...,
                duration=...,
                rate="0.00000000",
                price="0.00000000",
                network="",
                disconnected_by="user",
            ),
        ),
    ),
    Scene(
        "the answer webhook tells of the call and of headers of its INVITE",
        tuple(
            f"webhook answer.{name}"
            for name in (
                *("to", "from", "uuid", "conversation_uuid", "region_url", "endpoint_type"),
                *("SipHeader_X-*", "SipHeader_User-to-User"),
            )
        ),
        lambda _: [talk(LONG)],
        (
            told(
                "/answer",
                "GET",
                **{
                    "from": SIPP_CALLER,
                    "endpoint_type": "phone",
                    **dict.fromkeys(("to", "uuid", "conversation_uuid", "region_url"), ...),
                    "SipHeader_X-Shop": "7",
                    "SipHeader_User-to-User": "313233",
                },
            ),
            told("/event", status="completed"),
        ),
        begins=sipp_calls("inbound_with_headers"),
    ),
    Scene(
        "a wrong NCCO is told, and the fallback asked",
        (
            *("webhook error.reason", "webhook error.conversation_uuid", "webhook error.timestamp"),
            *("webhook fallback.reason", "webhook fallback.original_request.url"),
            "webhook fallback.original_request.type",
        ),
        lambda _: [{"action": "dance"}],
        (
            told("/event", reason=..., conversation_uuid=..., timestamp=...),
            told(
                "/fallback",
                reason=...,
                original_request__url=...,
                original_request__type="answer",
            ),
            hears("is on tuesday"),
            call_ends,
        ),
        replies=(("/fallback", lambda _: [talk(LONG)]),),
    ),
)


@by_name(SCENES)
async def test_scene(played: dict[str, asyncio.Task[None]], scene: str) -> None:
    await played[scene]
