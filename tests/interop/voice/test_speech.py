"""The options of input for speech, scene by scene: a baresip caller speaks, a real recogniser listens."""

import asyncio

import pytest

from tests.support.deeds import says
from tests.support.line import talk
from tests.support.outcomes import call_ends, hears, told
from tests.support.stage import Ncco, Scene, Script, Stage, Step, by_name

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="package")]

PHRASES = ["sales department", "technical support"]
ENDED = told("/said", speech__results=..., speech__timeout_reason="end_on_silence_timeout")


def said(text: str) -> Step:
    """What was understood is this, and nothing more."""

    async def step(stage: Stage) -> None:
        assert stage.hooks[-1].fields["speech"]["results"][0]["text"].lower() == text

    return step


def listens(**speech: object) -> Script:
    return lambda stage: [
        {"action": "input", "type": ["speech"], "eventUrl": stage.at("/said"), "speech": speech},
        talk("Thank you very much for your call."),
    ]


def of_leg(uuid: str | None = None) -> Script:
    """Listens to the caller by its leg's id, or to another one."""

    def script(stage: Stage) -> Ncco:
        assert stage.asked is not None
        leg = uuid or stage.asked.fields["uuid"]
        return listens(uuid=[leg], context=PHRASES, startTimeout=20)(stage)

    return script


SCENES = (
    Scene(
        "the leg that is listened to may be named",
        ("input.speech.uuid",),
        of_leg(),
        (says("technical support"), ENDED, hears("for your call"), call_ends),
        quiet=True,
    ),
    Scene(
        "a leg that is not in the conversation is not listened to",
        ("webhook input.speech.error",),
        of_leg("aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"),
        (
            told("/said", speech__error="no such leg is in the conversation", speech__results=[]),
            told("/event", reason="input.speech: no such leg is in the conversation"),
            hears("for your call"),
        ),
        quiet=True,
    ),
    Scene(
        "a short silence is the end where that is wished for",
        ("input.speech.endOnSilence",),
        listens(endOnSilence=0.5, context=PHRASES, startTimeout=20),
        (
            says("technical support", "sales department"),
            ENDED,
            said("technical support"),
            hears("for your call"),
        ),
        quiet=True,
    ),
    Scene(
        "speech is cut off after the longest that it may last",
        ("input.speech.maxDuration",),
        listens(maxDuration=1, startTimeout=20),
        (
            says("This is a sentence that goes on for quite some time and does not come to an end."),
            told("/said", speech__timeout_reason="max_duration"),
        ),
        quiet=True,
    ),
    Scene(
        "a language that nobody understands is told",
        ("input.speech.language",),
        listens(language="de-DE", startTimeout=20),
        (told("/said", speech__error=...), told("/event", reason=...), hears("for your call")),
        quiet=True,
    ),
    Scene(
        "what has been understood so far is told",
        ("input.speech.partialResults", "input.speech.provider", "input.speech.providerOptions"),
        listens(partialResults=True, provider="anybody", providerOptions={"model": "b"}, startTimeout=20),
        (
            says("The train leaves at noon, and the bus leaves a little later."),
            told("/said", speech__partial=True),
            ENDED,
            hears("for your call"),
        ),
        quiet=True,
    ),
)


@by_name(SCENES)
async def test_scene(played: dict[str, asyncio.Task[None]], scene: str) -> None:
    await played[scene]
