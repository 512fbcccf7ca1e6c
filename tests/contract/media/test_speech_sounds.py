"""What the embedded voices make of SSML: length, level, pitch, and what a recogniser hears."""

import itertools
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray
from pocketsphinx import Decoder  # type: ignore[import-untyped]

from media.control import Speak
from media.speech.cache import Cache
from media.speech.espeak import Espeak
from media.speech.hibari import Hibari
from media.speech.provider import Provider
from media.speech.speaker import Speaker

pytestmark = pytest.mark.contract

DIGITS = "zero one two three four five six seven eight nine"
SENTENCE = "Please hold the line, somebody will be with you in a moment."

engines = pytest.mark.parametrize(
    "engine",
    [
        Hibari(),
        pytest.param(
            Espeak(),
            marks=pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed"),
        ),
    ],
    ids=lambda engine: engine.name,
)


class Sound:
    """Speech, for questions."""

    def __init__(self, samples: NDArray[np.float64], rate: int) -> None:
        self.samples = samples
        self.rate = rate

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate

    @property
    def level_db(self) -> float:
        return float(10 * np.log10(np.mean(self.samples**2) + 1e-12))

    @property
    def hertz(self) -> float:
        """The voice's pitch: the median of the lags after which loud pieces are most like themselves."""
        piece = self.rate // 20
        loud = [
            part
            for part in np.split(
                self.samples[: len(self.samples) // piece * piece], len(self.samples) // piece
            )
            if np.sqrt(np.mean(part**2)) > np.sqrt(np.mean(self.samples**2))
        ]
        lags = range(self.rate // 400, self.rate // 60)
        repeated = [np.correlate(part, part, "full")[len(part) - 1 :] for part in loud]
        return self.rate / float(
            np.median([lags[int(np.argmax(like[lags.start : lags.stop]))] for like in repeated])
        )

    @property
    def longest_silence_s(self) -> float:
        """Within, not at the edges."""
        loud = np.flatnonzero(np.abs(self.samples) > 0.003)
        return float(np.max(np.diff(loud))) / self.rate

    def words(self, *expected: str) -> str:
        """What a recogniser hears of these words."""
        decoder = Decoder(lm=None, samprate=16000, loglevel="FATAL")
        decoder.add_jsgf_string("words", f"#JSGF V1.0; grammar g; public <g> = ({' | '.join(expected)})+;")
        decoder.activate_search("words")
        heard = np.concatenate(
            [np.zeros(4000), soxr.resample(self.samples, self.rate, 16000), np.zeros(4000)]
        )
        decoder.start_utt()
        decoder.process_raw((heard * 32767).astype(np.int16).tobytes(), full_utt=True)
        decoder.end_utt()
        best = decoder.hyp()
        return best.hypstr if best else ""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def say(engine: Provider, text: str, folder: Path, language: str = "en-US") -> Sound:
    spoken = Speaker([engine], Cache(folder)).speak(Speak(speech="S", text=text, language=language))
    return Sound(*soundfile.read(spoken.path, dtype="float64"))


def prosody(attributes: str) -> str:
    return f"<speak><prosody {attributes}>{SENTENCE}</prosody></speak>"


@engines
@pytest.mark.row("<prosody rate>")
def test_rate(engine: Provider, folder: Path) -> None:
    rates = ["x-slow", "slow", "medium", "fast", "x-fast"]
    seconds = [say(engine, prosody(f"rate='{rate}'"), folder).seconds for rate in rates]
    assert all(slower > 1.1 * faster for slower, faster in itertools.pairwise(seconds)), seconds
    assert seconds[0] > 1.7 * seconds[2]


@engines
@pytest.mark.row("<prosody pitch>")
def test_pitch_changes_and_the_pace_stays(engine: Provider, folder: Path) -> None:
    plain = say(engine, SENTENCE, folder)
    low, high = (say(engine, prosody(f"pitch='{pitch}'"), folder) for pitch in ("x-low", "+25%"))
    assert low.hertz < plain.hertz / 1.1 < plain.hertz * 1.1 < high.hertz
    for changed in (low, high):
        assert changed.seconds == pytest.approx(plain.seconds, rel=0.12)


@engines
@pytest.mark.row("<prosody volume>")
def test_volume(engine: Provider, folder: Path) -> None:
    plain = say(engine, SENTENCE, folder).level_db
    for volume, change_db in (("x-soft", -12), ("soft", -6), ("-20dB", -20), ("+3dB", 3)):
        level = say(engine, prosody(f"volume='{volume}'"), folder).level_db
        assert level == pytest.approx(plain + change_db, abs=1.5)
    assert say(engine, prosody("volume='silent'"), folder).level_db < -90


@engines
@pytest.mark.row("<emphasis>")
def test_an_emphasised_word_is_slower_and_louder(engine: Provider, folder: Path) -> None:
    plain = say(engine, "<speak>wonderful</speak>", folder)
    strong = say(engine, "<speak><emphasis level='strong'>wonderful</emphasis></speak>", folder)
    reduced = say(engine, "<speak><emphasis level='reduced'>wonderful</emphasis></speak>", folder)
    assert strong.seconds > plain.seconds > reduced.seconds
    assert strong.level_db > plain.level_db + 1
    assert reduced.level_db < plain.level_db - 1


@engines
@pytest.mark.parametrize("pause_s", [0.5, 3.0])
@pytest.mark.row("<break>")
def test_a_pause_lasts_as_long_as_it_says(engine: Provider, folder: Path, pause_s: float) -> None:
    sound = say(engine, f"<speak>seven<break time='{pause_s}s'/>nine</speak>", folder)
    assert sound.longest_silence_s == pytest.approx(pause_s, abs=0.2)


@pytest.mark.parametrize(
    ("element", "heard"),
    [
        ("<say-as interpret-as='digits'>70935</say-as>", "seven zero nine three five"),
        ("<say-as interpret-as='telephone'>734-1962</say-as>", "seven three four one nine six two"),
        ("<sub alias='seven three nine one'>W3C</sub>", "seven three nine one"),
    ],
)
@pytest.mark.row("<say-as>", "<sub>")
def test_what_is_heard(folder: Path, element: str, heard: str) -> None:
    sound = say(Hibari(), f"<speak>{element}</speak>", folder)
    assert sound.words(*DIGITS.split()) == heard


@engines
@pytest.mark.parametrize("element", ["alphabet='ipa' ph='ˈsɛvən'", "alphabet='x-sampa' ph='&quot;sEv@n'"])
@pytest.mark.row("<phoneme>")
def test_a_word_is_pronounced_as_told(engine: Provider, folder: Path, element: str) -> None:
    told = say(engine, f"<speak><phoneme {element}>eight</phoneme></speak>", folder)
    plain = say(engine, "seven", folder)
    assert told.seconds == pytest.approx(plain.seconds, rel=0.1)
    assert told.words(*DIGITS.split()) == plain.words(*DIGITS.split())


@pytest.mark.row("<say-as>")
def test_letters_are_spelled(folder: Path) -> None:
    spelled = say(Hibari(), "<speak><say-as interpret-as='characters'>wow</say-as></speak>", folder)
    assert spelled.words("double you oh double you", "wow") == "double you oh double you"


@engines
def test_what_is_bleeped_is_not_heard(engine: Provider, folder: Path) -> None:
    sound = say(engine, "<speak>one <say-as interpret-as='expletive'>seven</say-as></speak>", folder)
    assert "seven" not in sound.words(*DIGITS.split())
    tone = sound.samples[-int(0.3 * sound.rate) :]
    assert np.argmax(np.abs(np.fft.rfft(tone))) * sound.rate / len(tone) == pytest.approx(1000, abs=10)
