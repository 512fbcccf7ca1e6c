"""The way to 24 kHz and back, by what it does to tones."""

import numpy as np
import pytest
from numpy.typing import NDArray

from media.dsp.triple import FACTOR, TAPS, Downsampler, Upsampler

pytestmark = pytest.mark.unit

FRAME = 160
WIDE = FACTOR * FRAME
FRAMES = 25
AMPLITUDE = 10_000


def tone(hertz: float, rate: int) -> NDArray[np.int16]:
    at = np.arange(FRAMES * rate // 50)
    wave: NDArray[np.int16] = np.rint(AMPLITUDE * np.sin(2 * np.pi * hertz * at / rate)).astype(np.int16)
    return wave


def amplitude(audio: NDArray[np.int16], hertz: float, rate: int) -> float:
    """A tone in the audio as a share of AMPLITUDE; the first frames, where filters settle, are left out."""
    steady = audio[5 * rate // 50 :].astype(float)
    phase = np.exp(-2j * np.pi * hertz * np.arange(len(steady)) / rate)
    return float(2 * abs(steady @ phase) / len(steady) / AMPLITUDE)


def signal_to_noise_db(audio: NDArray[np.int16], hertz: float, rate: int) -> float:
    """The tone's power against that of all the rest."""
    steady = audio[5 * rate // 50 :].astype(float)
    turn = 2 * np.pi * hertz * np.arange(len(steady)) / rate
    basis = np.stack([np.sin(turn), np.cos(turn)], axis=1)
    fit = basis @ np.linalg.lstsq(basis, steady, rcond=None)[0]
    return float(10 * np.log10(np.sum(fit**2) / np.sum((steady - fit) ** 2)))


def up(audio: NDArray[np.int16]) -> NDArray[np.int16]:
    upsampler = Upsampler()
    return np.concatenate([upsampler(frame) for frame in audio.reshape(-1, FRAME)])


def down(audio: NDArray[np.int16]) -> NDArray[np.int16]:
    downsampler = Downsampler()
    return np.concatenate([downsampler(frame) for frame in audio.reshape(-1, WIDE)])


def test_a_frame_stays_20_ms() -> None:
    assert len(Upsampler()(np.zeros(FRAME, np.int16))) == WIDE
    assert len(Downsampler()(np.zeros(WIDE, np.int16))) == FRAME


@pytest.mark.parametrize("hertz", [100, 1000, 3000, 3400])
def test_speech_passes_in_both_directions(hertz: int) -> None:
    assert amplitude(up(tone(hertz, 8000)), hertz, 24000) == pytest.approx(1, abs=0.03)
    assert amplitude(down(tone(hertz, 24000)), hertz, 8000) == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("hertz", [100, 1000, 2500, 3300])
def test_nothing_is_added_to_a_tone(hertz: int) -> None:
    assert signal_to_noise_db(up(tone(hertz, 8000)), hertz, 24000) > 50
    assert signal_to_noise_db(down(tone(hertz, 24000)), hertz, 8000) > 55
    assert signal_to_noise_db(down(up(tone(hertz, 8000))), hertz, 8000) > 50


@pytest.mark.parametrize("hertz", [300, 1000, 3000, 3400])
def test_up_makes_no_images(hertz: int) -> None:
    wide = up(tone(hertz, 8000))
    for image in (8000 - hertz, 8000 + hertz):
        assert amplitude(wide, image, 24000) < 0.003


@pytest.mark.parametrize("hertz", [4600, 5000, 7000, 9000, 11900])
def test_down_lets_nothing_fold_back(hertz: int) -> None:
    assert amplitude(down(tone(hertz, 24000)), abs(hertz - 8000), 8000) < 0.003


def test_up_and_down_is_a_delay() -> None:
    noise = np.random.default_rng(1).normal(0, 2000, FRAMES * FRAME)
    smooth = np.convolve(noise, np.hanning(9) / 4, "same").astype(np.int16)
    again = down(up(smooth)).astype(int)
    delay = (TAPS - 1) // FACTOR
    assert np.abs(again[delay:] - smooth[:-delay]).max() <= 0.01 * np.abs(smooth.astype(int)).max()


def test_full_scale_does_not_wrap_around() -> None:
    square = np.where(np.arange(FRAMES * WIDE) // 24 % 2, 32767, -32768).astype(np.int16)
    loud, quiet = down(square)[500:].astype(int), down(square // 2)[500:].astype(int)
    assert np.all(np.sign(loud[np.abs(quiet) > 50]) == np.sign(quiet[np.abs(quiet) > 50]))
    assert loud.max() == 32767
