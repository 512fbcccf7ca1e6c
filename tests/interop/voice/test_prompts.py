"""The options of talk, stream and input, scene by scene: what a baresip caller hears and presses."""

import asyncio

import pytest
import pytest_asyncio

from tests.interop.voice.conftest import Perform
from tests.support.stage import (
    Scene,
    Stage,
    call_ends,
    hears,
    hears_tone,
    never_hears_tone,
    presses,
    told,
)

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="package")]

FILE_HZ, OTHER_HZ = 1200, 1700


def talk(text: str, **options: object) -> dict[str, object]:
    return {"action": "talk", "text": text, **options}


def collect(stage: Stage, path: str = "/digits", **options: object) -> dict[str, object]:
    return {"action": "input", "type": ["dtmf"], "eventUrl": [stage.url + path], **options}


SCENES = (
    Scene(
        "talk speaks its text and then the call ends",
        ("talk", "talk.text", "webhook answer.to", "webhook answer.from", "status completed"),
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
            {"action": "stream", "streamUrl": [stage.tone(FILE_HZ)], "loop": 2},
            {"action": "stream", "streamUrl": [stage.tone(OTHER_HZ)]},
        ],
        (hears_tone(FILE_HZ, steady_s=3.5), hears_tone(OTHER_HZ), call_ends),
    ),
    Scene(
        "a file at the level -1 is silent",
        ("stream.level",),
        lambda stage: [
            {"action": "stream", "streamUrl": [stage.tone(FILE_HZ)], "level": -1},
            {"action": "stream", "streamUrl": [stage.tone(OTHER_HZ)], "level": "0"},
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
)


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def played(perform: Perform) -> dict[str, asyncio.Task[None]]:
    return perform(SCENES)


@pytest.mark.parametrize(
    "scene", [pytest.param(each.name, marks=pytest.mark.row(*each.rows), id=each.name) for each in SCENES]
)
async def test_scene(played: dict[str, asyncio.Task[None]], scene: str) -> None:
    await played[scene]
