"""Sums that do not fit are turned down by no more than they need, without a step; others are let alone."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from media.dsp.limiting import LOUDEST, fit
from media.engine.state import FRAME

pytestmark = pytest.mark.unit

Sums = NDArray[np.int32]
RATE = 8000


def limited(line: Sums) -> tuple[NDArray[np.int16], list[float]]:
    """Frame by frame: the samples, and by how much they were turned down at the end of each frame."""
    out = np.zeros((len(line) // FRAME, FRAME), np.int16)
    ducked, trail = 0.0, []
    for k, frame in enumerate(line.reshape(-1, FRAME)):
        ducked = fit(frame, out[k], ducked)
        trail.append(ducked)
    return out.ravel(), trail


def tone(amplitude: float, frames: int, hertz: float = 440) -> Sums:
    at = np.arange(frames * FRAME)
    wave: Sums = np.rint(amplitude * np.sin(2 * np.pi * hertz * at / RATE)).astype(np.int32)
    return wave


def noise(seed: int, loudest: int) -> Sums:
    sums: Sums = np.random.default_rng(seed).integers(-loudest - 1, loudest, FRAME, np.int32, endpoint=True)
    return sums


@settings(deadline=None)
@given(st.integers(0), st.integers(0, 1000 * LOUDEST), st.floats(0, 0.99))
def test_nothing_is_beyond_full_scale_and_no_sign_changes(seed: int, loudest: int, ducked: float) -> None:
    sums, frame = noise(seed, loudest), np.zeros(FRAME, np.int16)
    assert 0 <= fit(sums, frame, ducked) < 1
    heard = frame.astype(int)
    assert (heard * sums >= 0).all()
    assert (np.abs(heard) <= np.abs(sums)).all()


@settings(deadline=None)
@given(st.integers(0), st.integers(0, LOUDEST))
def test_a_sum_that_fits_is_kept_to_the_bit(seed: int, loudest: int) -> None:
    sums, frame = noise(seed, loudest), np.zeros(FRAME, np.int16)
    assert fit(sums, frame, 0.0) == 0.0
    assert (frame == sums).all()


def test_what_is_steadily_too_loud_is_turned_down_by_no_more_than_it_needs_and_not_cut_off() -> None:
    loud = tone(60_000, 20)
    heard, _ = limited(loud)
    steady = heard[FRAME:].astype(float)
    assert np.abs(steady).max() == pytest.approx(LOUDEST, abs=40)
    assert np.abs(steady / LOUDEST - loud[FRAME:] / 60_000).max() < 0.01, "the wave keeps its shape"


def test_after_a_cough_the_others_come_back_slowly_and_whole() -> None:
    quiet, cough = tone(8000, 60), tone(60_000, 2, 100)
    together = quiet.copy()
    together[10 * FRAME : 12 * FRAME] += cough
    heard, trail = limited(together)
    assert (heard[: 10 * FRAME] == quiet[: 10 * FRAME]).all()
    ended = trail[11]
    assert 0.4 < ended < 0.6
    assert trail[21] == pytest.approx(ended * 0.349, rel=0.005), "a third is left after 200 ms"
    assert all(after <= before for before, after in pairwise(trail[11:])), "no pumping"
    assert trail[-1] == 0.0
    assert (heard[-FRAME:] == quiet[-FRAME:]).all()


def test_a_gain_that_changes_makes_no_step() -> None:
    wave = np.concatenate([tone(20_000, 5), tone(20_000, 20)])
    wave[5 * FRAME : 10 * FRAME] *= 3
    heard, _ = limited(wave)
    steepest = np.abs(np.diff(heard.astype(int))).max()
    assert steepest <= 1.1 * LOUDEST * 2 * np.pi * 440 / RATE + 3 * 20_000 * 2 * np.pi * 440 / RATE


def test_loudness_that_goes_up_and_down_moves_the_gain_by_little() -> None:
    """Two who talk at once, ten syllables a second: the gain does not follow them."""
    syllables = 1 + 0.9 * np.sin(2 * np.pi * 10 * np.arange(100 * FRAME) / RATE)
    _, trail = limited(np.rint(tone(25_000, 100) * syllables).astype(np.int32))
    steady = np.array(trail[20:])
    assert steady.max() - steady.min() < 0.25 * steady.max() + 0.1


def test_the_rest_of_what_is_missing_comes_back_without_a_jump() -> None:
    """Each frame at most a tenth of it, or what nobody hears: 0.004 is 0.03 dB."""
    _, trail = limited(np.concatenate([tone(60_000, 2, 100), tone(8000, 80)]))
    released = trail[2:]
    assert released[-1] == 0.0
    assert all(before - after <= max(0.1 * before, 0.004) + 1e-9 for before, after in pairwise(released))
