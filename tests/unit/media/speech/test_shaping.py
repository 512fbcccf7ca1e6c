"""Pitch, level and joints of speech."""

import numpy as np
import pytest

from media.speech import shaping
from media.speech.provider import Audio

pytestmark = pytest.mark.unit

RATE = 24_000
TIME = np.arange(RATE) / RATE
TONE = Audio((np.sin(2 * np.pi * 200 * TIME) * 8000).astype(np.int16), RATE)


def hertz(audio: Audio) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(audio.samples)))) * audio.rate / len(audio.samples)


@pytest.mark.parametrize("pitch", [0.5, 0.8, 1.0, 1.25, 2.0])
def test_pitch(pitch: float) -> None:
    shifted = shaping.pitched(TONE, pitch)
    assert hertz(shifted) == pytest.approx(200 * pitch, rel=0.02)
    assert len(shifted.samples) == pytest.approx(RATE / pitch, rel=0.01)


def test_another_sampling_rate_sounds_the_same() -> None:
    telephone = shaping.at_rate(TONE, 8000)
    assert telephone.rate == 8000
    assert hertz(telephone) == pytest.approx(200, rel=0.02)
    assert len(telephone.samples) == pytest.approx(8000, rel=0.01)


def test_what_is_raised_too_high_is_rounded_off() -> None:
    loud = shaping.amplified(TONE, 24.0).samples.astype(int)
    assert loud.max() > 32_000
    assert np.all(np.sign(loud) * np.sign(TONE.samples) >= 0)


def test_quiet_edges_are_cut() -> None:
    samples = np.zeros(8000, np.int16)
    samples[3000:4000] = 5000
    edge = round(shaping.EDGE_S * 8000)
    assert len(shaping.trimmed(samples, 8000, tail=True)) == 1000 + 2 * edge
    assert len(shaping.trimmed(samples, 8000, tail=False)) == 5000 + edge
    assert len(shaping.trimmed(samples[:3000], 8000, tail=True)) == 3000
