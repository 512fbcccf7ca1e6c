"""The judge of what was heard, judged by sounds of known content."""

import wave
from pathlib import Path

import numpy as np
import pytest

from gateway.demo import hearing
from gateway.demo.hearing import SILENCE_DBOV, Pcm

pytestmark = pytest.mark.unit

RATE_HZ = 8000


def sine(hertz: float, dbov: float, seconds: float = 3.0) -> Pcm:
    times = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    amplitude = 32768 * 10 ** (dbov / 20) * np.sqrt(2)
    sound: Pcm = (amplitude * np.sin(2 * np.pi * hertz * times)).astype(np.int16)
    return sound


def syllables(seconds: float = 3.0) -> Pcm:
    """Something with the gait of speech: noise with a formant-like colour, four bursts a second."""
    noise = np.convolve(np.random.default_rng(7).normal(0, 1, int(seconds * RATE_HZ)), np.ones(4) / 4, "same")
    gate = np.clip(np.sin(2 * np.pi * 4 * np.arange(len(noise)) / RATE_HZ), 0, 1)
    sound: Pcm = (noise * gate * 6000).astype(np.int16)
    return sound


@pytest.mark.parametrize("dbov", [-3.1, -20.0, -50.0])
def test_level_of_a_lone_tone(dbov: float) -> None:
    assert hearing.tone_level_dbov(sine(440, dbov), 440) == pytest.approx(dbov, abs=0.2)
    assert hearing.level_dbov(sine(440, dbov)) == pytest.approx(dbov, abs=0.2)


def test_each_tone_of_a_mix_keeps_its_level() -> None:
    mix = sine(440, -20) + sine(660, -26) + sine(880, -40)

    assert hearing.tone_level_dbov(mix, 440) == pytest.approx(-20, abs=0.3)
    assert hearing.tone_level_dbov(mix, 660) == pytest.approx(-26, abs=0.3)
    assert hearing.tone_level_dbov(mix, 880) == pytest.approx(-40, abs=0.3)
    assert hearing.tone_level_dbov(mix, 1000) < -70


def test_a_tone_counts_with_what_it_kept_for_a_second() -> None:
    heard = np.concatenate([sine(440, -10, 0.4), sine(440, -20, 2.0), np.zeros(40_000, np.int16)])

    assert hearing.tone_level_dbov(heard, 440) == pytest.approx(-20, abs=0.3)


def test_a_tone_shorter_than_a_second_is_none() -> None:
    assert hearing.tone_level_dbov(sine(440, -20, 0.5), 440) == SILENCE_DBOV
    blip = np.concatenate([sine(440, -20, 0.3), np.zeros(40_000, np.int16)])
    assert hearing.tone_level_dbov(blip, 440) == SILENCE_DBOV


@pytest.mark.parametrize("sound", [np.zeros(0, np.int16), np.zeros(24_000, np.int16)])
def test_silence_has_the_level_of_silence(sound: Pcm) -> None:
    assert hearing.level_dbov(sound) == SILENCE_DBOV
    assert hearing.tone_level_dbov(sound, 440) == SILENCE_DBOV


def test_matrix_has_listeners_as_rows() -> None:
    table = hearing.matrix({"anna": sine(660, -20), "ben": sine(440, -30)}, {"anna": 440, "ben": 660})

    assert table["anna"]["ben"] == pytest.approx(-20, abs=0.3)
    assert table["ben"]["anna"] == pytest.approx(-30, abs=0.3)
    assert table["anna"]["anna"] < -70
    assert table["ben"]["ben"] < -70


def test_speech_is_found_anywhere_in_the_sound() -> None:
    assert hearing.is_speech_like(syllables())
    assert hearing.is_speech_like(np.concatenate([np.zeros(30_000, np.int16), syllables(), sine(440, -20)]))


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(np.zeros(24_000, np.int16), id="silence"),
        pytest.param(sine(440, -20), id="tone"),
        pytest.param(sine(440, -20) * (np.arange(24_000) % 1600 < 800), id="beeps"),
        pytest.param((sine(697, -20) + sine(1209, -20)) * (np.arange(24_000) % 1600 < 800), id="key presses"),
        pytest.param(np.random.default_rng(7).normal(0, 3000, 24_000).astype(np.int16), id="noise"),
        pytest.param(syllables(1.0), id="too short"),
    ],
)
def test_other_sounds_are_no_speech(sound: Pcm) -> None:
    assert not hearing.is_speech_like(sound.astype(np.int16))


def test_part_cuts_by_seconds() -> None:
    heard = np.arange(RATE_HZ * 3).astype(np.int16)

    assert len(hearing.part(heard, 1.0, 1.5)) == RATE_HZ // 2
    assert len(hearing.part(heard, 2.5)) == RATE_HZ // 2


@pytest.mark.parametrize(("channels", "shape"), [(1, (6,)), (2, (3, 2))])
def test_wav_files_are_read_by_channels(tmp_path: Path, channels: int, shape: tuple[int, ...]) -> None:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(np.arange(6, dtype="<i2").tobytes())

    samples, rate_hz = hearing.read_wav(path)

    assert samples.shape == shape
    assert rate_hz == 16_000


def test_other_sample_widths_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(b"\0" * 8)

    with pytest.raises(ValueError, match="16-bit"):
        hearing.read_wav(path)
