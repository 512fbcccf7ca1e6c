"""Voices and SSML, scene by scene: what a baresip caller hears, as words, pauses and pitch."""

import asyncio

import pytest

from tests.support.line import talk
from tests.support.outcomes import call_ends, hears, never_hears, pauses_for, voice_changes_by
from tests.support.stage import Ncco, Scene, Script, Stage, by_name

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="package")]

BETWEEN_HZ = 1700
SENTENCE = "Welcome to the annual meeting."
LOWER, HIGHER = (0.5, 0.95), (1.06, 2.0)


def ssml(inner: str) -> Script:
    return lambda _: [talk(f"<speak>{inner}</speak>")]


def twice(text: str = SENTENCE, **options: object) -> Script:
    """The sentence, a tone, and then the sentence in another manner."""

    def script(stage: Stage) -> Ncco:
        return [talk(SENTENCE), stage.play(BETWEEN_HZ), talk(text, **options)]

    return script


SCENES = (
    Scene(
        "a style is another voice",
        ("talk.style",),
        twice(style=1),
        (call_ends, voice_changes_by(*LOWER, BETWEEN_HZ)),
    ),
    Scene(
        "a voice of before 2020 is known by its name",
        ("talk.voiceName",),
        twice(voiceName="Joey"),
        (call_ends, voice_changes_by(*LOWER, BETWEEN_HZ)),
    ),
    Scene(
        "another language is another voice",
        ("talk.language",),
        lambda _: [talk("The number is 8."), talk("8", language="es-ES"), talk("Thank you for your call.")],
        (hears("the number is eight"), hears("for your call"), call_ends, never_hears("eight eight")),
    ),
    Scene(
        "a pitch is heard",
        ("<prosody pitch>",),
        twice(f"<speak><prosody pitch='x-high'>{SENTENCE}</prosody></speak>"),
        (call_ends, voice_changes_by(*HIGHER, BETWEEN_HZ)),
    ),
    Scene(
        "an ordinal is said as one",
        ("<say-as>",),
        ssml("It is the <say-as interpret-as='ordinal'>3</say-as> of March"),
        (hears("the third of march", "the 3rd of march"), call_ends),
    ),
    Scene(
        "what stands for something is said in its place",
        ("<speak>", "<sub>"),
        ssml("The <sub alias='weather forecast'>WF</sub> is good"),
        (hears("the weather forecast is good"), call_ends),
    ),
    Scene(
        "a word is pronounced as told",
        ("<phoneme>",),
        ssml("We meet on <phoneme alphabet='ipa' ph='ˈtuːzdeɪ'>Friday</phoneme> again"),
        (hears("we meet on tuesday again"), call_ends),
    ),
    Scene(
        "a foreign word is said by a voice of its language",
        ("<lang>",),
        ssml("You pressed <lang xml:lang='es-ES'>8</lang> on your phone"),
        (hears("your phone"), call_ends, never_hears("eight")),
    ),
    Scene(
        "there is a pause between paragraphs",
        ("<p>",),
        ssml("<p>Tuesday</p><p>Friday</p>"),
        (hears("tuesday friday"), call_ends, pauses_for(0.85)),
    ),
    Scene(
        "there is a shorter one between sentences",
        ("<s>",),
        ssml("<s>Tuesday</s><s>Friday</s>"),
        (hears("tuesday friday"), call_ends, pauses_for(0.45)),
    ),
)


@by_name(SCENES)
async def test_scene(played: dict[str, asyncio.Task[None]], scene: str) -> None:
    await played[scene]
