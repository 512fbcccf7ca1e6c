"""The options of connect, scene by scene: a baresip caller, and callees that baresip or SIPp plays."""

import asyncio

import pytest

from tests.support.deeds import agent_presses, hangs_up, sipp_waits, then
from tests.support.line import talk
from tests.support.outcomes import (
    agent_digits,
    agent_hears,
    agent_hears_tone,
    agent_never_hears_tone,
    agent_sees,
    call_ends,
    call_goes_on,
    hears,
    hears_no_more,
    hears_tone,
    never_hears_tone,
    not_told,
    told,
    told_of_agent,
    told_of_peer,
)
from tests.support.stage import Ncco, Scene, Script, Stage, Step, by_name, caller_calls

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="package")]

CALLER_HZ, AGENT_HZ, MUSIC_HZ, OTHER_HZ = 440, 660, 1200, 1700
RINGS, ANSWERS = "outbound_unanswered_gets_cancel", "outbound_answered_gateway_hangs_up"


def connect(**options: object) -> Script:
    return lambda stage: [stage.connect(**options)]


def asks(stage: Stage, timeout_s: int) -> Ncco:
    """Calls whom SIPp plays, and asks what to do when that fails."""
    connect = stage.connect_peer(eventType="synchronous", eventUrl=stage.at("/status"), timeout=timeout_s)
    return [connect, talk("This is never said.")]


def fails(peer: str, status: str, *rows: str, timeout_s: int = 60, **fields: object) -> Scene:
    """A synchronous connect whose callee fails: the application is told, and its reply is carried out."""
    code = {name: value for name, value in fields.items() if name == "sip_code"}
    completed = () if status == "rejected" else (told_of_peer("completed", "/status", **code),)
    return Scene(
        f"the reply to {status} of a synchronous connect is carried out",
        (f"status {status}", "connect.eventType", "webhook event.status", *rows),
        lambda stage: asks(stage, timeout_s),
        (told_of_peer(status, "/status", **fields), *completed, hears("nobody is there"), call_ends),
        replies=(("/status", lambda _: [talk("Sorry, nobody is there.")]),),
        begins=then(sipp_waits(peer), caller_calls),
    )


def invited_with(*lines: str) -> Step:
    """What the callee's INVITE has."""

    async def step(stage: Stage) -> None:
        assert stage.peer is not None
        await stage.peer.far_rtp_port()
        invite = stage.peer.received()[0]
        assert [line for line in lines if line not in invite.splitlines()] == [], invite

    return step


SCENES = (
    Scene(
        "a phone is called and both hear each other",
        (
            *("connect", "connect.endpoint", "connect.endpoint[phone]", "connect.endpoint[phone].number"),
            *("status started", "status ringing", "status answered"),
            *(f"webhook answered.{name}" for name in ("start_time", "rate", "network")),
            *(
                f"webhook event.{name}"
                for name in ("from", "to", "uuid", "conversation_uuid", "direction", "timestamp")
            ),
        ),
        connect(),
        (
            hears_tone(AGENT_HZ),
            agent_hears_tone(CALLER_HZ),
            told_of_agent("started", direction="outbound"),
            told_of_agent("ringing", direction="outbound"),
            told_of_agent("answered", direction="outbound", uuid=..., conversation_uuid=..., timestamp=...),
        ),
    ),
    Scene(
        "a number of one's own is shown",
        ("connect.from",),
        lambda stage: [stage.connect(**{"from": stage.line.number})],
        (agent_sees("{number}"), hears_tone(AGENT_HZ)),
    ),
    Scene(
        "any number of the application is shown",
        ("connect.randomFromNumber",),
        connect(randomFromNumber=True),
        (agent_sees("{number}"), hears_tone(AGENT_HZ)),
    ),
    Scene(
        "a connected call lasts no longer than its limit",
        ("connect.limit",),
        lambda stage: [stage.connect(limit=2), stage.play(MUSIC_HZ)],
        (
            hears_tone(AGENT_HZ),
            told_of_agent("completed", disconnected_by="platform"),
            call_goes_on,
            hears_tone(MUSIC_HZ),
            call_ends,
        ),
    ),
    Scene(
        "the caller hears a ringback tone until somebody answers",
        ("connect.ringbackTone", "connect.timeout"),
        lambda stage: [
            stage.connect_peer(ringbackTone=stage.tone(MUSIC_HZ), timeout=3),
            stage.play(OTHER_HZ),
        ],
        (
            hears_tone(MUSIC_HZ),
            told_of_peer("timeout"),
            hears_tone(OTHER_HZ),
            hears_no_more(MUSIC_HZ),
            call_ends,
        ),
        begins=then(sipp_waits(RINGS), caller_calls),
    ),
    Scene(
        "what becomes of a connected call is told where its own URL is",
        ("connect.eventUrl", "connect.eventMethod"),
        lambda stage: [stage.connect(eventUrl=stage.at("/connected"), eventMethod="GET")],
        (
            told_of_agent("answered", "/connected", "GET", direction="outbound"),
            hears_tone(AGENT_HZ),
            hangs_up,
            told_of_agent("completed", "/connected", "GET", direction="outbound", disconnected_by=...),
            not_told("/event", direction="outbound"),
        ),
    ),
    Scene(
        "keys are pressed for whoever answers",
        ("connect.endpoint[phone].dtmfAnswer",),
        lambda stage: [
            {"action": "connect", "endpoint": [stage.phone(dtmfAnswer="1p2#")]},
        ],
        (agent_digits("12#"), hears_tone(AGENT_HZ)),
    ),
    Scene(
        "who is called hears something before the caller is let in, and the caller a tone meanwhile",
        tuple(f"connect.endpoint[phone].onAnswer{more}" for more in ("", ".url", ".ringback")),
        lambda stage: [
            {
                "action": "connect",
                "endpoint": [
                    stage.phone(onAnswer={"url": f"{stage.url}/first", "ringback": stage.tone(MUSIC_HZ)})
                ],
            },
        ],
        (
            agent_hears("is from tuesday"),
            hears_tone(MUSIC_HZ),
            agent_never_hears_tone(CALLER_HZ),
            never_hears_tone(AGENT_HZ),
            agent_presses("1"),
            hears_tone(AGENT_HZ),
            agent_hears_tone(CALLER_HZ),
        ),
        replies=(
            (
                "/first",
                lambda _: [
                    talk("This call is from Tuesday."),
                    {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1, "timeOut": 10}},
                ],
            ),
        ),
    ),
    Scene(
        "headers of one's own are in the INVITE of a SIP endpoint",
        tuple(f"connect.endpoint[sip]{more}" for more in ("", ".uri", ".headers", ".standardHeaders")),
        lambda stage: [
            stage.connect_peer(
                endpoint={"headers": {"Shop": "7"}, "standardHeaders": {"User-to-User": "313233"}}
            )
        ],
        (invited_with("X-Shop: 7", "User-to-User: 313233"), told_of_peer("answered"), hangs_up),
        begins=then(sipp_waits(ANSWERS), caller_calls),
    ),
    fails("outbound_busy_486", "busy", "webhook event.sip_code", "webhook completed.sip_code", sip_code=486),
    fails("outbound_declined_603", "rejected", "webhook event.detail", detail="declined", sip_code=603),
    fails("outbound_unavailable_480", "unanswered", detail="unavailable", sip_code=480),
    fails("outbound_unknown_404", "failed", detail="cannot_route", sip_code=404),
    fails(RINGS, "timeout", timeout_s=3),
    Scene(
        "a caller who gives up takes along whom the number calls",
        ("status cancelled",),
        lambda stage: [stage.connect_peer()],
        (told_of_peer("ringing"), hangs_up, told_of_peer("cancelled"), told_of_peer("completed")),
        begins=then(sipp_waits(RINGS), caller_calls),
    ),
    Scene(
        "a machine that answers is hung up on",
        ("connect.machineDetection", "connect.advancedMachineDetection.behavior"),
        connect(advancedMachineDetection={"behavior": "hangup", "mode": "detect"}),
        (
            told("/event", status="machine", call_uuid=...),
            told_of_agent("completed", disconnected_by="platform"),
            never_hears_tone(AGENT_HZ),
        ),
    ),
)


@by_name(SCENES)
async def test_scene(played: dict[str, asyncio.Task[None]], scene: str) -> None:
    await played[scene]
