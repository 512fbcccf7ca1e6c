"""Which engine speaks, and what happens when it cannot."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from media.control import Speak
from media.errors import Unspeakable
from media.speech import speaker as module
from media.speech.cache import Cache
from media.speech.provider import Audio
from media.speech.speaker import Speaker

pytestmark = pytest.mark.unit

RATE = 8000


class FakeProvider:
    """Says each character as a tenth of a second of one level."""

    def __init__(self, name: str, *languages: str, fails: str = "") -> None:
        self.name = name
        self.languages = languages
        self.fails = fails
        self.said: list[tuple[str, str]] = []

    def voice(self, language: str, style: int) -> str | None:
        return f"{language}/{style}" if language.split("-")[0] in self.languages else None

    def speak(self, text: str, voice: str) -> Audio:
        self.said.append((text, voice))
        if self.fails:
            raise Unspeakable(self.fails)
        return Audio(np.full(len(text.strip(".")) * 800, 100, np.int16), RATE)


def speak(text: str = "abc", language: str = "en-US", style: int = 0) -> Speak:
    return Speak(speech="S", text=text, language=language, style=style)


def test_the_first_with_a_voice_speaks(tmp_path: Path) -> None:
    english, all_of_them = FakeProvider("one", "en"), FakeProvider("two", "en", "de")
    speaker = Speaker([english, all_of_them], Cache(tmp_path))
    spoken = speaker.speak(speak())
    assert (spoken.speech, spoken.voice, spoken.duration_s) == ("S", "one:en-US/0", 0.3)
    assert speaker.speak(speak(language="de-DE", style=2)).voice == "two:de-DE/2"
    assert english.said == [("abc", "en-US/0")]


def test_when_the_first_fails_the_next_speaks(tmp_path: Path) -> None:
    speaker = Speaker([FakeProvider("one", "en", fails="broken"), FakeProvider("two", "en")], Cache(tmp_path))
    assert speaker.speak(speak()).voice == "two:en-US/0"


def test_when_all_fail_every_reason_is_told(tmp_path: Path) -> None:
    one, two = FakeProvider("one", "en", fails="no model"), FakeProvider("two", "en", fails="no program")
    with pytest.raises(Unspeakable, match=r"^no model; no program$"):
        Speaker([one, two], Cache(tmp_path)).speak(speak())


def test_a_language_that_nobody_speaks_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(Unspeakable, match="no voice speaks de-DE; installing espeak-ng"):
        Speaker([FakeProvider("one", "en")], Cache(tmp_path)).speak(speak(language="de-DE"))


@pytest.mark.parametrize("language", ["", "english please", "en_US", "../..", "e" * 100])
def test_a_language_must_be_a_tag(tmp_path: Path, language: str) -> None:
    with pytest.raises(Unspeakable, match="language tag"):
        Speaker([FakeProvider("one", "en")], Cache(tmp_path)).speak(speak(language=language))


def test_pauses_are_silence(tmp_path: Path) -> None:
    speaker = Speaker([FakeProvider("one", "en")], Cache(tmp_path))
    spoken = speaker.speak(speak("<speak>ab<break time='500ms'/>c</speak>"))
    samples, _ = soundfile.read(spoken.path, dtype="int16")
    assert [len(run) for run in np.split(samples, np.flatnonzero(np.diff(samples)) + 1)] == [1600, 4000, 800]


def test_the_same_text_is_made_once(tmp_path: Path) -> None:
    provider = FakeProvider("one", "en")
    speaker = Speaker([provider], Cache(tmp_path))
    assert speaker.find(speak()) is None
    spoken = speaker.speak(speak())
    assert speaker.find(speak()) == spoken
    for other in (speak("abd"), speak(style=1), speak(language="en-GB")):
        assert speaker.find(other) is None
    assert len(provider.said) == 1


def test_what_the_second_engine_said_is_found(tmp_path: Path) -> None:
    speaker = Speaker([FakeProvider("one", "en", fails="no"), FakeProvider("two", "en")], Cache(tmp_path))
    spoken = speaker.speak(speak())
    assert speaker.find(speak()) == spoken


def test_broken_markup_is_no_engine_s_business(tmp_path: Path) -> None:
    provider = FakeProvider("one", "en")
    with pytest.raises(Unspeakable, match="not well-formed"):
        Speaker([provider], Cache(tmp_path)).speak(speak("<speak>"))
    assert not provider.said


def test_a_text_that_sounds_like_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unspeakable, match="one found nothing to say"):
        Speaker([FakeProvider("one", "en")], Cache(tmp_path)).speak(speak("..."))


def test_a_speech_that_is_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_SPEECH_S", 1)
    with pytest.raises(Unspeakable, match="at most 1 are kept"):
        Speaker([FakeProvider("one", "en")], Cache(tmp_path)).speak(speak("a" * 11))
