"""Which voice each published language and style has here."""

from collections.abc import Sequence
from typing import NamedTuple

from media.speech.languages import LANGUAGES
from media.speech.performance import voices
from media.speech.provider import Provider


class Listed(NamedTuple):
    """A style of a language."""

    language: str
    name: str
    style: int
    engine: str
    """Who speaks first; empty when nobody does."""
    voice: str


def catalogue(providers: Sequence[Provider]) -> list[Listed]:
    """Every published language and style, by language."""
    listed = []
    for language in LANGUAGES.values():
        for style in language.styles:
            cast = voices(providers, language.code, style)
            engine, voice = (cast[0].provider.name, cast[0].name) if cast else ("", "")
            listed.append(Listed(language.code, language.name, style, engine, voice))
    return listed
