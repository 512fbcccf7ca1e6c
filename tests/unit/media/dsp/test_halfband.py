"""The half-band filters by what they do to tones."""

import numpy as np
import pytest
from numpy.typing import NDArray

from media.dsp import halfband
from media.engine.state import FRAME, LINE, TAPS, WIDE

pytestmark = pytest.mark.unit

FRAMES = 12
AMPLITUDE = 10_000


def tone(hertz: float, rate: int) -> NDArray[np.int16]:
    at = np.arange(FRAMES * rate // 50)
    wave: NDArray[np.int16] = np.rint(AMPLITUDE * np.sin(2 * np.pi * hertz * at / rate)).astype(np.int16)
    return wave


def amplitude(audio: NDArray[np.int16], hertz: float, rate: int) -> float:
    """A tone in the audio as a share of AMPLITUDE; the first frames, where filters settle, are left out."""
    steady = audio[2 * rate // 50 :].astype(float)
    phase = np.exp(-2j * np.pi * hertz * np.arange(len(steady)) / rate)
    return float(2 * abs(steady @ phase) / len(steady) / AMPLITUDE)


def up(audio: NDArray[np.int16]) -> NDArray[np.int16]:
    line = np.zeros(LINE, np.int16)
    out = np.zeros((len(audio) // FRAME, WIDE), np.int16)
    for k, frame in enumerate(audio.reshape(-1, FRAME)):
        halfband.up(frame, out[k], line)
    return out.ravel()


def down(audio: NDArray[np.int16]) -> NDArray[np.int16]:
    lines = np.zeros((2, LINE), np.int16)
    out = np.zeros((len(audio) // WIDE, FRAME), np.int16)
    for k, frame in enumerate(audio.reshape(-1, WIDE)):
        halfband.down(frame, out[k], lines)
    return out.ravel()


@pytest.mark.parametrize("hertz", [100, 1000, 3000, 3400])
def test_speech_passes_in_both_directions(hertz: int) -> None:
    assert amplitude(up(tone(hertz, 8000)), hertz, 16000) == pytest.approx(1, abs=0.03)
    assert amplitude(down(tone(hertz, 16000)), hertz, 8000) == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("hertz", [300, 1000, 3000, 3400])
def test_up_makes_no_image(hertz: int) -> None:
    assert amplitude(up(tone(hertz, 8000)), 8000 - hertz, 16000) < 0.003


@pytest.mark.parametrize("hertz", [4600, 5000, 6000, 7900])
def test_down_lets_nothing_fold_back(hertz: int) -> None:
    assert amplitude(down(tone(hertz, 16000)), 8000 - hertz, 8000) < 0.003


def test_up_and_down_is_a_delay() -> None:
    noise = np.random.default_rng(1).normal(0, 2000, FRAMES * FRAME)
    smooth = np.convolve(noise, np.hanning(9) / 4, "same").astype(np.int16)
    again = down(up(smooth)).astype(int)
    delay = TAPS - 1
    assert np.abs(again[delay:] - smooth[:-delay]).max() <= 0.01 * np.abs(smooth.astype(int)).max()


def test_full_scale_does_not_wrap_around() -> None:
    square = np.where(np.arange(FRAMES * FRAME) // 8 % 2, 32767, -32768).astype(np.int16)
    assert np.all(np.sign(up(square)[1000::2]) == np.sign(up(square // 2)[1000::2]))
    wide = np.where(np.arange(FRAMES * WIDE) // 16 % 2, 32767, -32768).astype(np.int16)
    assert np.all(np.sign(down(wide)[500:]) == np.sign(down(wide // 2)[500:]))
