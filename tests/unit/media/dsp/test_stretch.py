"""Speech made longer and shorter by periods."""

import numpy as np
import pytest
from numpy.typing import NDArray

from media.dsp import stretch
from media.dsp.conceal import JOIN
from media.dsp.ring import LONGEST, SHORTEST
from media.engine.state import FRAME, JITTER_SAMPLES

pytestmark = pytest.mark.unit

HEAD = JITTER_SAMPLES - 50
"""So that the ring ends in the middle of what is read."""


def ring_of(signal: NDArray[np.float64]) -> NDArray[np.int16]:
    ring = np.zeros(JITTER_SAMPLES, np.int16)
    ring[(HEAD + np.arange(signal.size)) % JITTER_SAMPLES] = signal
    return ring


def tone(hertz: float, samples: int = FRAME + LONGEST) -> NDArray[np.float64]:
    wave: NDArray[np.float64] = np.round(8000 * np.sin(2 * np.pi * hertz * np.arange(samples) / 8000 + 1))
    return wave


@pytest.mark.parametrize("hertz", [80, 100, 160, 200, 320])
def test_a_period_of_a_voice_is_found(hertz: int) -> None:
    shift = stretch.best_shift(ring_of(tone(hertz)), HEAD, LONGEST)
    assert SHORTEST <= shift <= LONGEST
    assert (shift * hertz / 8000) % 1 == pytest.approx(0, abs=0.03) or (shift * hertz / 8000) % 1 > 0.97


def test_a_frame_with_a_period_less_goes_on_where_the_next_begins() -> None:
    signal, frame = tone(100), np.zeros(FRAME, np.int16)
    stretch.shorten(ring_of(signal), HEAD, 80, frame)
    assert np.array_equal(frame[JOIN:], signal[80 + JOIN : 80 + FRAME])
    assert np.abs(frame - signal[:FRAME]).max() <= 2, "the pitch is the same"


def test_a_frame_with_a_period_more_goes_on_where_the_next_begins() -> None:
    signal, frame = tone(100), np.zeros(FRAME, np.int16)
    stretch.lengthen(ring_of(signal), HEAD, 80, frame)
    assert np.array_equal(frame[:80], signal[:80])
    assert np.array_equal(frame[80 + JOIN :], signal[JOIN : FRAME - 80])
    assert np.abs(frame - signal[:FRAME]).max() <= 2, "the pitch is the same"


def test_noise_is_left_alone_unless_it_is_too_quiet_to_be_heard() -> None:
    noise = np.random.default_rng(3).normal(0, 1, FRAME + LONGEST)
    loud, quiet = ring_of(3000 * noise), ring_of(20 * noise)
    assert not stretch.suits(loud, HEAD, stretch.best_shift(loud, HEAD, LONGEST))
    assert stretch.suits(quiet, HEAD, SHORTEST)
    assert stretch.suits(ring_of(tone(100)), HEAD, 80)
