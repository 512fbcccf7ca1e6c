"""Voices that are called by name."""

import itertools

import pytest

from gateway.ncco.effects import Say
from gateway.ncco.schema import read_ncco
from gateway.ncco.script import Script
from gateway.ncco.voices import LEGACY, voice_of
from media.speech.languages import LANGUAGES

pytestmark = pytest.mark.unit

PUBLISHED = """
Aditi Agnieszka Alva Amy Astrid Bianca Brian Carla Carmen Carmit Catarina Celine Cem Chantal
Chipmunk Conchita Cristiano Damayanti Dora Emma Empar Enrique Eric Ewa Felipe Filiz Geraint Giorgio
Gwyneth Hans Henrik Ines Ioana Iveta Ivy Jacek Jan Jennifer Joana Joanna Joey Jordi Justin Kanya
Karl Kendra Kimberly Laila Laura Lea Lekha Liv Lotte Lucia Luciana Mads Maged Maja Mariska Marlene
Mathieu Matthew Maxim Mei-Jia Melina Mia Miguel Miren Mizuki Montserrat Naja Nicole Nikos Nora Oskar
Penelope Raveena Ricardo Ruben Russell Salli Satu Seoyeon Sin-Ji Sora Takumi Tarik Tatyana Tessa
Tian-Tian Vicki Vitoria Yelda Zeina
"""


@pytest.mark.parametrize("name", PUBLISHED.split())
def test_every_published_name_is_a_published_voice(name: str) -> None:
    language, style = voice_of(name, None, None)
    assert name.lower() in LEGACY
    assert style in LANGUAGES[language.lower()].styles


def test_there_are_no_others() -> None:
    assert set(LEGACY) == {name.lower() for name in PUBLISHED.split()}


def test_no_two_names_are_one_voice() -> None:
    assert len(set(LEGACY.values())) == len(LEGACY)


@pytest.mark.parametrize(
    ("name", "language", "style", "voice"),
    [
        ("", None, None, ("en-US", 0)),
        (None, None, 3, ("en-US", 3)),
        ("Kimberly", None, None, ("en-US", 0)),
        (" russell ", None, None, ("en-AU", 0)),
        ("Amy", None, 5, ("en-GB", 5)),
        ("Amy", "fr-FR", None, ("fr-FR", 0)),
        ("Amy", "fr-FR", 2, ("fr-FR", 2)),
        ("Amy", "", 1, ("en-GB", 1)),
        ("Nobody", None, None, ("en-US", 0)),
    ],
)
def test_what_is_said_counts_before_the_name(
    name: str | None, language: str | None, style: int | None, voice: tuple[str, int]
) -> None:
    assert voice_of(name, language, style) == voice


def test_a_provider_is_taken() -> None:
    talk = {"action": "talk", "text": "a", "provider": "ElevenLabs", "providerOptions": {"voice_id": "x"}}
    (action,) = read_ncco([{**talk, "premium": "true", "voice_name": "Amy"}])
    assert action.provider == "ElevenLabs"  # type: ignore[attr-defined]
    assert action.provider_options == {"voice_id": "x"}  # type: ignore[attr-defined]


def test_a_provider_is_asked_for() -> None:
    numbers = itertools.count(1)
    script = Script(lambda: str(next(numbers)), answered=True)
    talk = {"action": "talk", "text": "a", "provider": "ElevenLabs"}
    (say,) = (each for each in script.run(read_ncco([talk])) if isinstance(each, Say))
    assert say.provider == "ElevenLabs"
