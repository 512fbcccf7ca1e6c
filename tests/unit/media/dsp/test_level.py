"""Levels: those of RFC 6464, the same compiled as in plain arithmetic."""

from fractions import Fraction
from math import log10

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from media.dsp.level import SILENCE, level

pytestmark = pytest.mark.unit

SAMPLES = st.integers(-32768, 32767)
frames = st.sampled_from([160, 320, 960]).flatmap(
    lambda size: arrays(np.int16, size, elements=SAMPLES, fill=st.sampled_from([0, 1, -1, 300, -32768]))
)


def decibels(frame: np.typing.NDArray[np.int16]) -> float:
    """Below full scale, as RFC 6464 section 3 reckons them: from the root mean square."""
    power = Fraction(sum(sample * sample for sample in frame.tolist()), frame.size * 32768**2)
    return -10 * log10(power) if power else float(SILENCE)


@given(frames)
def test_a_level_is_the_nearest_whole_number_of_decibels(frame: np.typing.NDArray[np.int16]) -> None:
    exact = decibels(frame)
    # The faintest powers are counted in whole parts; nothing that is said is there.
    assert level(frame) == pytest.approx(min(exact, SILENCE), abs=0.5001 if exact < 95 else 3)


@pytest.mark.parametrize(("amplitude", "expected"), [(32767, 0), (32767 / 10, 20), (32767 / 1000, 60)])
def test_a_square_wave_at_full_scale_is_nought(amplitude: float, expected: int) -> None:
    square = np.tile(np.repeat([1, -1], 8), 10) * amplitude
    assert level(square.round().astype(np.int16)) == expected


def test_a_sine_is_three_decibels_below_its_peak() -> None:
    wave = 32767 * np.sin(2 * np.pi * 1000 * np.arange(160) / 8000)
    assert level(wave.astype(np.int16)) == 3


def test_silence_is_127() -> None:
    assert level(np.zeros(160, np.int16)) == SILENCE
    faintest = np.zeros(160, np.int16)
    faintest[7] = 1
    assert level(faintest) < SILENCE
