"""The options of talk, stream and input, scene by scene: what a baresip caller hears and presses."""

import asyncio

import pytest

from tests.support.deeds import presses
from tests.support.line import talk
from tests.support.outcomes import (
    call_ends,
    hears,
    hears_no_more,
    hears_tone,
    never_hears_tone,
    pauses_for,
    told,
)
from tests.support.stage import Scene, Stage, by_name

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="package")]

FILE_HZ, OTHER_HZ = 1200, 1700


def collect(stage: Stage, path: str = "/digits", **options: object) -> dict[str, object]:
    return {"action": "input", "type": ["dtmf"], "eventUrl": [stage.url + path], **options}


SCENES = (
    Scene(
        "talk speaks its text and then the call ends",
        ("talk", "talk.text", "status completed"),
        lambda _: [talk("The meeting is on Tuesday.")],
        (hears("the meeting is on tuesday"), call_ends, told("/event", status="completed")),
    ),
    Scene(
        "talk is repeated as often as loop says",
        ("talk.loop",),
        lambda _: [talk("Tuesday.", loop=3)],
        (hears("tuesday tuesday tuesday"), call_ends),
    ),
    Scene(
        "a prompt with bargeIn is cut short by a key",
        ("talk.bargeIn", "input", "input.type", "input.dtmf.maxDigits", "webhook input.dtmf.digits"),
        lambda stage: [
            talk("Please listen carefully. " * 20, bargeIn=True),
            collect(stage, dtmf={"maxDigits": 2}),
        ],
        (
            hears("please listen"),
            presses("42"),
            told("/digits", dtmf__digits="42", dtmf__timed_out=False),
            hears("something"),
        ),
        replies=(("/digits", lambda _: [talk("You pressed something.")]),),
    ),
    Scene(
        "a file is played, and again, before what comes next",
        ("stream", "stream.streamUrl", "stream.loop"),
        lambda stage: [
            stage.play(FILE_HZ, loop=2),
            stage.play(OTHER_HZ),
        ],
        (hears_tone(FILE_HZ, steady_s=3.5), hears_tone(OTHER_HZ), call_ends),
    ),
    Scene(
        "a file at the level -1 is silent",
        ("stream.level",),
        lambda stage: [
            stage.play(FILE_HZ, level=-1),
            stage.play(OTHER_HZ, level="0"),
        ],
        (hears_tone(OTHER_HZ), never_hears_tone(FILE_HZ), call_ends),
    ),
    Scene(
        "input ends with a hash where that is wished for",
        ("input.dtmf", "input.dtmf.submitOnHash", "input.eventUrl"),
        lambda stage: [collect(stage, dtmf={"submitOnHash": True, "maxDigits": 20, "timeOut": 10})],
        (presses("123#"), told("/digits", dtmf__digits="123", dtmf__timed_out=False), call_ends),
    ),
    Scene(
        "input ends when no digit comes for a while",
        ("input.dtmf.timeOut", "webhook input.dtmf.timed_out", "input.eventMethod"),
        lambda stage: [collect(stage, dtmf={"timeOut": "1"}, eventMethod="GET")],
        (presses("7"), told("/digits", "GET", dtmf='{"digits":"7","timed_out":true}'), call_ends),
    ),
    Scene(
        "a file with bargeIn is cut short by a key",
        ("stream.bargeIn",),
        lambda stage: [
            stage.play(FILE_HZ, loop=0, bargeIn=True),
            collect(stage, dtmf={"maxDigits": 1}),
            stage.play(OTHER_HZ),
        ],
        (hears_tone(FILE_HZ), presses("1"), told("/digits"), hears_tone(OTHER_HZ), hears_no_more(FILE_HZ)),
    ),
    Scene(
        "the options of before 2020 act where no others are",
        ("input.maxDigits", "input.submitOnHash"),
        lambda stage: [
            collect(stage, "/two", maxDigits=2, timeOut=10),
            collect(stage, "/hash", submitOnHash=True, timeOut=10),
        ],
        (
            presses("12"),
            told("/two", dtmf__digits="12", dtmf__timed_out=False),
            presses("34#"),
            told("/hash", dtmf__digits="34", dtmf__timed_out=False),
            call_ends,
        ),
    ),
    Scene(
        "the time limit of before 2020 acts where no other is",
        ("input.timeOut",),
        lambda stage: [collect(stage, timeOut=1, maxDigits=20)],
        (told("/digits", dtmf__digits=None, dtmf__timed_out=True), call_ends),
    ),
    Scene(
        "asynchronous input posts each digit while the script goes on",
        ("input.mode",),
        lambda stage: [
            {"action": "input", "type": ["dtmf"], "mode": "asynchronous", "eventUrl": stage.at("/key")},
            stage.play(FILE_HZ, loop=0),
        ],
        (
            hears_tone(FILE_HZ),
            presses("12"),
            told("/key", dtmf__digits="1"),
            told("/key", dtmf__digits="2"),
            hears("is on tuesday"),
        ),
        replies=(("/key", lambda _: [talk("The meeting is on Tuesday.")]),),
    ),
    Scene(
        "what cannot be chosen does no harm",
        ("talk.premium", "talk.provider", "talk.providerOptions"),
        lambda _: [
            talk(
                "The meeting is on Tuesday.",
                premium=True,
                provider="anybody",
                providerOptions={"model": "of theirs"},
            )
        ],
        (hears("the meeting is on tuesday"), call_ends),
    ),
    Scene(
        "a notify is posted and its reply is carried out",
        (
            *("notify", "notify.payload", "notify.eventUrl"),
            *("webhook notify.conversation_uuid", "webhook notify.payload", "webhook notify.timestamp"),
        ),
        lambda stage: [
            {"action": "notify", "payload": {"order": [7]}, "eventUrl": stage.at("/notified")},
            stage.play(FILE_HZ),
        ],
        (
            told("/notified", payload={"order": [7]}, conversation_uuid=..., timestamp=...),
            hears("is on tuesday"),
            call_ends,
            never_hears_tone(FILE_HZ),
        ),
        replies=(("/notified", lambda _: [talk("The meeting is on Tuesday.")]),),
    ),
    Scene(
        "a notify by GET has its payload as JSON",
        ("notify.eventMethod",),
        lambda stage: [
            {
                "action": "notify",
                "payload": {"order": [7]},
                "eventUrl": stage.at("/notified"),
                "eventMethod": "GET",
            },
            talk("The meeting is on Tuesday."),
        ],
        (told("/notified", "GET", payload='{"order":[7]}'), hears("is on tuesday"), call_ends),
    ),
    Scene(
        "a wait keeps the call silent for as long as it says",
        ("wait", "wait.timeout"),
        lambda stage: [
            stage.play(FILE_HZ),
            {"action": "wait", "timeout": 2.5},
            stage.play(OTHER_HZ),
        ],
        (hears_tone(OTHER_HZ), call_ends, pauses_for(2.5)),
    ),
)


@by_name(SCENES)
async def test_scene(played: dict[str, asyncio.Task[None]], scene: str) -> None:
    await played[scene]
