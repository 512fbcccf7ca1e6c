"""Which engine speaks, and what happens when it cannot."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from media.control import Speak
from media.errors import Unspeakable
from media.speech import performance
from media.speech.cache import Cache
from media.speech.provider import Audio, Utterance
from media.speech.speaker import Speaker

pytestmark = pytest.mark.unit

RATE = 8000
LEVEL = 1000


class FakeProvider:
    """Says each character as a tenth of a second of one level."""

    def __init__(self, name: str, *languages: str, fails: str = "") -> None:
        self.name = name
        self.languages = languages
        self.fails = fails
        self.said: list[tuple[str, str]] = []

    def voice(self, language: str, style: int) -> str | None:
        return f"{language}/{style}" if language.split("-")[0] in self.languages else None

    def speak(self, utterance: Utterance, voice: str) -> Audio:
        self.said.append((utterance.text, voice))
        if self.fails:
            raise Unspeakable(self.fails)
        samples = round(len(utterance.text.strip(".")) * 800 / utterance.speed)
        return Audio(np.full(samples, LEVEL, np.int16), RATE)


def speak(text: str = "abc", language: str = "en-US", style: int = 0, provider: str = "") -> Speak:
    return Speak(speech="S", text=text, language=language, style=style, provider=provider)


def spoken(speaker: Speaker, command: Speak) -> NDArray[np.int16]:
    """The samples of the file that is made."""
    samples: NDArray[np.int16] = soundfile.read(speaker.speak(command).path, dtype="int16")[0]
    return samples


def test_the_first_with_a_voice_speaks(tmp_path: Path) -> None:
    english, all_of_them = FakeProvider("one", "en"), FakeProvider("two", "en", "de")
    speaker = Speaker([english, all_of_them], Cache(tmp_path))
    first = speaker.speak(speak())
    assert (first.speech, first.voice, first.duration_s) == ("S", "one:en-US/0", 0.3)
    assert speaker.speak(speak(language="de-DE", style=2)).voice == "two:de-DE/2"
    assert english.said == [("abc", "en-US/0")]


def test_when_the_first_fails_the_next_speaks(tmp_path: Path) -> None:
    speaker = Speaker([FakeProvider("one", "en", fails="broken"), FakeProvider("two", "en")], Cache(tmp_path))
    assert speaker.speak(speak()).voice == "two:en-US/0"


def test_when_all_fail_every_reason_is_told(tmp_path: Path) -> None:
    one, two = FakeProvider("one", "en", fails="no model"), FakeProvider("two", "en", fails="no program")
    with pytest.raises(Unspeakable, match=r"^no model; no program$"):
        Speaker([one, two], Cache(tmp_path)).speak(speak())


def test_a_language_that_nobody_speaks_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unspeakable, match=r"speaks German \(de-DE\); installing espeak-ng"):
        Speaker([FakeProvider("one", "en")], Cache(tmp_path)).speak(speak(language="de-DE"))


@pytest.mark.parametrize("language", ["", "english please", "en_US", "../..", "e" * 100])
def test_a_language_must_be_a_tag(tmp_path: Path, language: str) -> None:
    with pytest.raises(Unspeakable, match="language tag"):
        Speaker([FakeProvider("one", "en")], Cache(tmp_path)).speak(speak(language=language))


def test_pauses_are_silence(tmp_path: Path) -> None:
    speaker = Speaker([FakeProvider("one", "en")], Cache(tmp_path))
    samples = spoken(speaker, speak("<speak>ab<break time='500ms'/>c</speak>"))
    assert [len(run) for run in np.split(samples, np.flatnonzero(np.diff(samples)) + 1)] == [1600, 4000, 800]


def test_the_same_text_is_made_once(tmp_path: Path) -> None:
    provider = FakeProvider("one", "en")
    speaker = Speaker([provider], Cache(tmp_path))
    assert speaker.find(speak()) is None
    made = speaker.speak(speak())
    assert speaker.find(speak()) == made
    for other in (speak("abd"), speak(style=1), speak(language="en-GB")):
        assert speaker.find(other) is None
    assert len(provider.said) == 1


def test_what_the_second_engine_said_is_found(tmp_path: Path) -> None:
    speaker = Speaker([FakeProvider("one", "en", fails="no"), FakeProvider("two", "en")], Cache(tmp_path))
    made = speaker.speak(speak())
    assert speaker.find(speak()) == made


def test_broken_markup_is_no_engine_s_business(tmp_path: Path) -> None:
    provider = FakeProvider("one", "en")
    with pytest.raises(Unspeakable, match="not well-formed"):
        Speaker([provider], Cache(tmp_path)).speak(speak("<speak>"))
    assert not provider.said


def test_a_text_that_sounds_like_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unspeakable, match="one found nothing to say"):
        Speaker([FakeProvider("one", "en")], Cache(tmp_path)).speak(speak("..."))


def test_a_speech_that_is_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(performance, "MAX_SPEECH_S", 1)
    with pytest.raises(Unspeakable, match="at most 1 are kept"):
        Speaker([FakeProvider("one", "en")], Cache(tmp_path)).speak(speak("a" * 11))


def test_who_is_asked_for_by_name_speaks_first(tmp_path: Path) -> None:
    speaker = Speaker([FakeProvider("one", "en"), FakeProvider("Two", "en")], Cache(tmp_path))
    assert speaker.speak(speak(provider="two")).voice == "Two:en-US/0"
    assert speaker.speak(speak(provider="three")).voice == "one:en-US/0"


def test_who_is_asked_for_by_name_and_fails_is_stood_in_for(tmp_path: Path) -> None:
    speaker = Speaker([FakeProvider("one", "en"), FakeProvider("two", "en", fails="no")], Cache(tmp_path))
    assert speaker.speak(speak(provider="two")).voice == "one:en-US/0"


def test_a_foreign_phrase_is_spoken_by_who_knows_its_language(tmp_path: Path) -> None:
    english, french = FakeProvider("one", "en"), FakeProvider("two", "en", "fr")
    speaker = Speaker([english, french], Cache(tmp_path))
    speaker.speak(speak("<speak>a <lang xml:lang='fr-FR'>b</lang> <lang xml:lang='xx'>c</lang></speak>"))
    assert english.said == [("a", "en-US/0"), ("c", "en-US/0")]
    assert french.said == [("b", "fr-FR/0")]


@pytest.mark.parametrize(
    ("prosody", "length", "level"),
    [
        ("rate='x-slow'", 2.0, 1.0),
        ("rate='x-fast'", 1 / 1.75, 1.0),
        ("pitch='x-high'", 1.0, 1.0),
        ("pitch='-20%'", 1.0, 1.0),
        ("volume='x-loud'", 1.0, 10 ** (8 / 20)),
        ("volume='-6dB'", 1.0, 10 ** (-6 / 20)),
        ("volume='silent'", 1.0, 0.0),
    ],
)
def test_manner_changes_length_and_level(tmp_path: Path, prosody: str, length: float, level: float) -> None:
    speaker = Speaker([FakeProvider("one", "en")], Cache(tmp_path))
    samples = spoken(speaker, speak(f"<speak><prosody {prosody}>abcdefgh</prosody></speak>"))
    assert len(samples) == pytest.approx(8 * 800 * length, rel=0.01)
    assert np.median(samples) == pytest.approx(LEVEL * level, rel=0.01)


def test_a_bleep_is_a_tone(tmp_path: Path) -> None:
    speaker = Speaker([FakeProvider("one", "en")], Cache(tmp_path))
    samples = spoken(speaker, speak("<speak>a<say-as interpret-as='bleep'>bcdef</say-as></speak>"))
    tone = samples[800:]
    assert len(tone) == 0.4 * RATE
    assert np.argmax(np.abs(np.fft.rfft(tone))) * RATE / len(tone) == pytest.approx(1000, abs=5)
