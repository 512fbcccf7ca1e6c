"""The options of record, scene by scene: judged by what is in the file."""

import asyncio

import pytest

from tests.support.deeds import hangs_up, has_spoken, presses, says, waits
from tests.support.line import room, talk
from tests.support.outcomes import agent_hears_tone, call_ends, hears, hears_tone, told
from tests.support.recorded import recorded, written
from tests.support.stage import Scene, Script, by_name

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="package")]

CALLER_HZ, AGENT_HZ, FILE_HZ, BEEP_HZ = 440, 660, 1200, 1000


def records(*after: dict[str, object], **options: object) -> Script:
    """Record, and then do something else."""
    return lambda stage: [
        {"action": "record", "format": "wav", "eventUrl": stage.at("/recorded"), **options},
        *after,
    ]


def records_with_agent(**options: object) -> Script:
    return lambda stage: [*records(**options)(stage), stage.connect()]


def transcribes(**options: object) -> Script:
    """Record until a key, and write down what was said."""
    return lambda stage: records(
        talk("Thank you."), endOnKey="#", transcription={"eventUrl": stage.at("/written"), **options}
    )(stage)


STAY: dict[str, object] = {"action": "wait", "timeout": 30}
BOTH_SPEAK = (hears_tone(AGENT_HZ, steady_s=1.0), agent_hears_tone(CALLER_HZ, steady_s=1.0), hangs_up)

SCENES = (
    Scene(
        "what the caller says is in the file, and what it hears is not",
        (
            *("record", "record.format", "record.eventUrl"),
            *("webhook record.start_time", "webhook record.end_time", "webhook record.recording_url"),
            *("webhook record.recording_uuid", "webhook record.size", "webhook record.conversation_uuid"),
            "webhook record.timestamp",
        ),
        lambda stage: records(stage.play(FILE_HZ), format="ogg")(stage),
        (hears_tone(FILE_HZ, steady_s=1.5), call_ends, recorded("/recorded", {CALLER_HZ}, format="OGG")),
    ),
    Scene(
        "without a format it is an MP3, and GET may tell of it",
        ("record.eventMethod",),
        lambda stage: [
            {"action": "record", "eventUrl": stage.at("/recorded"), "eventMethod": "GET"},
            {"action": "wait", "timeout": 1.5},
        ],
        (call_ends, recorded("/recorded", {CALLER_HZ}, method="GET", format="MP3")),
    ),
    Scene(
        "a conversation that is split has a channel for each side",
        ("record.split",),
        records_with_agent(split="conversation"),
        (*BOTH_SPEAK, recorded("/recorded", {CALLER_HZ}, {AGENT_HZ})),
    ),
    Scene(
        "there are as many channels as are asked for",
        ("record.channels",),
        records_with_agent(channels=3, format="mp3"),
        (*BOTH_SPEAK, recorded("/recorded", {CALLER_HZ}, {AGENT_HZ}, set())),
    ),
    Scene(
        "a silence ends the recording",
        ("record.endOnSilence",),
        records(talk("Thank you very much indeed."), endOnSilence=3),
        (
            says("The train leaves at noon."),
            hears("thank you very much"),
            recorded("/recorded", set(), within_s=(3, 15)),
        ),
        quiet=True,
    ),
    Scene(
        "a key ends the recording, and no other does",
        ("record.endOnKey",),
        records(talk("Thank you very much indeed."), endOnKey="5"),
        (
            presses("4"),
            waits(1.0),
            presses("5"),
            hears("thank you very much"),
            recorded("/recorded", {CALLER_HZ}),
        ),
    ),
    Scene(
        "a recording lasts no longer than its limit",
        ("record.timeOut",),
        records(STAY, timeOut=3),
        (recorded("/recorded", {CALLER_HZ}, within_s=(2.5, 5)),),
    ),
    Scene(
        "a beep says that the recording begins",
        ("record.beepStart",),
        records(STAY, beepStart=True),
        (
            hears_tone(BEEP_HZ, steady_s=0.1),
            waits(1.0),
            hangs_up,
            recorded("/recorded", {CALLER_HZ}),
        ),
    ),
    Scene(
        "what was recorded is written down, and told by GET",
        (
            *("record.transcription.eventMethod", "record.transcription.sentimentAnalysis"),
            *("webhook transcription.conversation_uuid", "webhook transcription.recording_uuid"),
            "webhook transcription.type",
        ),
        transcribes(eventMethod="GET", sentimentAnalysis=True),
        (
            says("The train leaves at noon."),
            has_spoken,
            presses("#"),
            written("/written", "noon", method="GET"),
        ),
        quiet=True,
    ),
    Scene(
        "a recording in a language that nobody understands is told",
        ("record.transcription.language",),
        transcribes(language="de-DE"),
        (waits(1.0), presses("#"), told("/recorded"), told("/event", reason=...)),
    ),
    Scene(
        "so is that of a conversation",
        ("conversation.transcription.language",),
        lambda stage: [room(stage.room, record=True, transcription={"language": "de-DE"})],
        (waits(2.0), hangs_up, told("/event", reason=...)),
    ),
)


@by_name(SCENES)
async def test_scene(played: dict[str, asyncio.Task[None]], scene: str) -> None:
    await played[scene]
