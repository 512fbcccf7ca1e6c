"""The options of pay, scene by scene: what a baresip caller is told, in which voice, and what comes of it."""

import asyncio

import pytest

from tests.support.deeds import hangs_up, presses
from tests.support.line import talk
from tests.support.outcomes import hears, hears_after, told, voice_changes_by
from tests.support.stage import Scene, Script, by_name

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="package")]

BETWEEN_HZ = 1700
CARD, EXPIRES, CODE = "4111111111111111", "1239", "737"
QUESTION = "This is your bank. Tell me the number of your card."
MISTAKE = "Sorry, there is no card like this."
PROMPT = {
    "type": "CardNumber",
    "text": QUESTION,
    "errors": {"InvalidCardNumber": {"text": MISTAKE}},
}


def pays(**options: object) -> Script:
    return lambda stage: [
        {
            "action": "pay",
            "amount": 9.99,
            "currency": "eur",
            "prompts": [PROMPT],
            "eventUrl": stage.at("/paid"),
            **options,
        },
    ]


SCENES = (
    Scene(
        "who pays is asked in the application's own words, and told of mistakes in them",
        (
            *("pay.prompts", "pay.prompts.type", "pay.prompts.text"),
            *("pay.prompts.errors", "pay.prompts.errors.text", "pay.eventMethod"),
        ),
        pays(eventMethod="GET"),
        (
            hears("your bank"),
            presses("41#"),
            hears("sorry"),
            hears("your bank"),
            presses(f"{CARD}#{EXPIRES}#{CODE}"),
            told("/paid", "GET", status="success"),
        ),
    ),
    Scene(
        "who pays is asked in the voice that the application chooses",
        ("pay.voice", "pay.voice.style"),
        lambda stage: [talk(QUESTION), stage.play(BETWEEN_HZ), *pays(voice={"style": 3})(stage)],
        (
            hears("your bank"),
            hears_after(BETWEEN_HZ, "your card"),
            voice_changes_by(0.5, 0.95, BETWEEN_HZ),
            hangs_up,
        ),
    ),
    Scene(
        "who pays is asked in the language that the application chooses",
        ("pay.voice.language",),
        pays(voice={"language": "fil-PH"}),
        (told("/event", reason=...), told("/paid", status="failure")),
    ),
)


@by_name(SCENES)
async def test_scene(played: dict[str, asyncio.Task[None]], scene: str) -> None:
    await played[scene]
