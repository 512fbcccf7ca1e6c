"""The published languages and styles, each with a voice or an advice."""

import shutil
from pathlib import Path

import pytest

from media.control import Speak
from media.errors import Unspeakable
from media.speech.cache import Cache
from media.speech.espeak import Espeak
from media.speech.hibari import Hibari
from media.speech.languages import LANGUAGES, Language, called
from media.speech.performance import voices
from media.speech.speaker import Speaker

pytestmark = pytest.mark.unit

WITHOUT_A_VOICE = {"fil-PH"}
"""espeak-ng does not speak it."""

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


@pytest.fixture(scope="module")
def embedded() -> list[Hibari | Espeak]:
    return [Hibari(), Espeak()]


def test_the_table_is_the_published_one() -> None:
    assert len(LANGUAGES) == 59
    assert sum(len(language.styles) for language in LANGUAGES.values()) == 267
    assert LANGUAGES["en-gb"].styles == (0, 1, 2, 3, 4, 5, 6, 7, 9)
    assert LANGUAGES["yue-hk"].name == "Cantonese (Hong Kong)"


@needs_espeak
@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda language: language.code)
def test_every_language_has_a_voice_or_an_advice(
    language: Language, embedded: list[Hibari | Espeak], tmp_path: Path
) -> None:
    for style in language.styles:
        cast = voices(embedded, language.code, style)
        assert cast == voices(embedded, language.code.lower(), style)
        assert cast or language.code in WITHOUT_A_VOICE
        if not cast:
            with pytest.raises(Unspeakable, match=r"Filipino.*configured in"):
                Speaker(embedded, Cache(tmp_path)).speak(Speak(speech="S", text="a", language=language.code))


@needs_espeak
def test_styles_that_follow_each_other_sound_different(embedded: list[Hibari | Espeak]) -> None:
    for language in LANGUAGES.values():
        if len(language.styles) > 1 and language.code not in WITHOUT_A_VOICE:
            first, second = (voices(embedded, language.code, style)[0] for style in (0, 1))
            assert first.name != second.name


def test_languages_are_called_by_name() -> None:
    assert called("FI-FI") == "Finnish (FI-FI)"
    assert called("tlh") == "tlh"
