"""The filters between rates by what they do to tones, each pair of rates alike."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from media.dsp.resampling import TAPS, add_aligned, add_at
from media.engine.state import FRAME, FULL, MEMORY, RATES

pytestmark = pytest.mark.unit

FRAMES = 10
SETTLED = 3
"""Frames after which a filter knows the tone."""
AMPLITUDE = 10_000
PAIRS = [pair for pair in itertools.product(RATES, RATES) if pair[0] != pair[1]]

Sums = NDArray[np.int32]


def tone(hertz: float, rate: int, amplitude: float = AMPLITUDE) -> Sums:
    at = np.arange(FRAMES * FRAME * rate)
    wave: Sums = np.rint(amplitude * np.sin(2 * np.pi * hertz * at / (8000 * rate))).astype(np.int32)
    return wave


def convert(audio: Sums, source: int, target: int, add: Callable[..., None] = add_at) -> Sums:
    memory, rows = np.zeros(MEMORY, np.float32), np.zeros(MEMORY + 2 * FULL, np.float32)
    out = np.zeros((len(audio) // (FRAME * source), FRAME * target), np.int32)
    for frame, line in zip(audio.reshape(len(out), -1), out, strict=True):
        add(frame, line, memory, rows)
    return out.ravel()


def amplitude(audio: Sums, hertz: float, rate: int) -> float:
    """A tone in the audio as a share of AMPLITUDE."""
    steady = audio[SETTLED * FRAME * rate :].astype(float)
    phase = np.exp(-2j * np.pi * hertz * np.arange(len(steady)) / (8000 * rate))
    return float(2 * abs(steady @ phase) / len(steady) / AMPLITUDE)


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_what_both_rates_carry_passes(source: int, target: int) -> None:
    lower = min(source, target)
    for hertz in (100, 1000 * lower, 3400 * lower):
        assert amplitude(convert(tone(hertz, source), source, target), hertz, target) == pytest.approx(
            1, abs=0.03
        ), hertz


@pytest.mark.parametrize(("source", "target"), [pair for pair in PAIRS if pair[0] < pair[1]])
def test_a_higher_rate_has_no_images(source: int, target: int) -> None:
    for hertz in (300, 1000 * source, 3400 * source):
        made = convert(tone(hertz, source), source, target)
        pure = tone(hertz, target).astype(float)
        images = [
            abs(image * 8000 * source + sign * hertz)
            for image in range(target // source + 1)
            for sign in (-1, 1)
        ]
        for image in images:
            if image != hertz and 0 < image < 4000 * target:
                assert amplitude(made, image, target) < 0.003, (hertz, image)
        assert np.abs(pure).max() * 1.05 > np.abs(made).max()


@pytest.mark.parametrize(("source", "target"), [pair for pair in PAIRS if pair[0] > pair[1]])
def test_a_lower_rate_has_nothing_folded_into_it(source: int, target: int) -> None:
    for hertz in np.linspace(4600 * target, 4000 * source - 100, 7):
        made = convert(tone(float(hertz), source), source, target)
        loudest = np.abs(made[SETTLED * FRAME * target :]).max()
        assert loudest < 0.005 * AMPLITUDE, hertz


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_the_delay_is_half_the_taps_at_the_lower_rate(source: int, target: int) -> None:
    lower = min(source, target)
    smooth = tone(440 * lower, source)
    delayed = convert(smooth, source, target)
    same = tone(440 * lower, target)
    delay = TAPS // 2 * target // lower
    settled = slice(SETTLED * FRAME * target, None)
    assert np.abs(delayed[settled] - np.roll(same, delay)[settled]).max() < 0.02 * AMPLITUDE


@pytest.mark.parametrize(("source", "target"), list(itertools.product(RATES, RATES)))
def test_what_is_aligned_is_equally_late_from_each_rate_to_each(source: int, target: int) -> None:
    lower = min(source, target)
    delayed = convert(tone(440 * lower, source), source, target, add_aligned)
    same = np.roll(tone(440 * lower, target), TAPS // 2 * target)
    settled = slice(SETTLED * FRAME * target, None)
    assert np.abs(delayed[settled] - same[settled]).max() < 0.02 * AMPLITUDE


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_a_constant_is_kept_also_where_it_is_louder_than_a_sample_can_be(source: int, target: int) -> None:
    loud = np.full(4 * FRAME * source, 100_000, np.int32)
    assert set(convert(loud, source, target)[2 * FRAME * target :].tolist()) == {100_000}


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_a_frame_begins_where_the_one_before_ended(source: int, target: int) -> None:
    """As one long frame would be: there is no seam."""
    made = convert(tone(200, source), source, target)[SETTLED * FRAME * target :].astype(float)
    bend = np.abs(np.diff(made, 2))
    seams = bend.reshape(-1, 1)[FRAME * target - 2 :: FRAME * target]
    assert seams.max() <= bend.max()
    assert bend.max() < 1.3 * AMPLITUDE * (2 * np.pi * 200 / (8000 * target)) ** 2 + 4


def test_at_one_rate_it_is_a_sum() -> None:
    line = np.arange(FRAME, dtype=np.int32)
    add_at(line, line, np.zeros(MEMORY, np.float32), np.zeros(MEMORY + 2 * FULL, np.float32))
    assert (line == 2 * np.arange(FRAME)).all()


def test_what_is_there_stays() -> None:
    line = np.full(2 * FRAME, 7, np.int32)
    add_at(
        np.zeros(FRAME, np.int32), line, np.zeros(MEMORY, np.float32), np.zeros(MEMORY + 2 * FULL, np.float32)
    )
    assert (line == 7).all()
