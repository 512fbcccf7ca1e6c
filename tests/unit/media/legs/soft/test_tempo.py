"""Soft legs over bad networks: how late, how much is left out, and without a click."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from media.engine.state import FRAME, RATE
from media.legs.soft.tempo import Tempo
from tests.support.impaired import SoftEar, Weather, hear

pytestmark = pytest.mark.unit

HUM_HZ = 150
LOUD = 8000
STEP = LOUD * 2 * np.pi * HUM_HZ / RATE
SECOND = 50


soft_ear = partial(SoftEar, "PCMU")
"""A soft leg with a codec that spoils next to nothing."""


def hum(seconds: float) -> NDArray[np.int16]:
    at = np.arange(round(seconds * RATE))
    return (LOUD * np.sin(2 * np.pi * HUM_HZ * at / RATE + 1)).astype(np.int16)


def largest_step(samples: NDArray[np.int16]) -> int:
    return int(np.abs(np.diff(samples.astype(int))).max())


def test_a_clean_network_costs_no_more_than_the_wait_for_the_tick() -> None:
    heard = hear(hum(4), Weather(), listener=soft_ear)
    assert max(heard.delay_ms) <= 20
    assert heard.counted.concealed[0] == 0


@pytest.mark.parametrize(("swing_ms", "most_late", "most_ms"), [(200, 0.01, 240), (400, 0.03, 450)])
def test_jitter_is_waited_for_as_long_as_it_lasts(swing_ms: float, most_late: float, most_ms: float) -> None:
    def delay(rng: np.random.Generator, sent_ms: float) -> float:
        return swing_ms * rng.random() if sent_ms < 30_000 else 1.0

    heard = hear(hum(41), Weather(delay=delay), listener=soft_ear)
    assert heard.counted.late[0] / 1500 <= most_late
    assert max(heard.delay_ms) <= most_ms
    assert heard.delay_ms[-1] <= 60
    assert largest_step(heard.samples) <= 2 * STEP


def test_a_stall_of_a_second_is_over_soon_after_its_end() -> None:
    def delay(_rng: np.random.Generator, sent_ms: float) -> float:
        return max(6000 - sent_ms, 1.0) if 5000 <= sent_ms < 6000 else 1.0

    heard = hear(hum(10), Weather(delay=delay), listener=soft_ear)
    assert max(heard.delay_ms) <= 500
    assert max(heard.delay_ms[6 * SECOND + SECOND // 2 :]) <= 60


def lag(said: NDArray[np.int16], heard: NDArray[np.int16], at: int) -> int:
    """By how many samples the second from `at` on that is heard is late."""
    window = heard[at : at + RATE].astype(float)
    scores = [float(window @ said[at - late : at - late + RATE]) for late in range(RATE // 4)]
    return int(np.argmax(scores))


def test_what_is_counted_is_how_much_later_all_is_heard() -> None:
    """By the sound itself: a hum that swells and fades as nothing before or after it does."""

    def delay(rng: np.random.Generator, sent_ms: float) -> float:
        return 1.0 if sent_ms < 3000 else 100 * rng.random()

    swell = np.interp(
        np.arange(12 * RATE), np.arange(0, 12 * RATE, 400), np.random.default_rng(3).uniform(0.3, 1, 240)
    )
    said = (hum(12) * swell).astype(np.int16)
    heard = hear(said, Weather(delay=delay), listener=soft_ear)
    later = lag(said, heard.samples, 11 * RATE - 1) - lag(said, heard.samples, RATE)
    assert later > FRAME
    assert heard.counted.inserted[0] - heard.counted.removed[0] == pytest.approx(later, abs=8)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**16),
    swing_ms=st.integers(0, 300),
    loss=st.floats(0, 0.3),
    packet=st.sampled_from([80, 160, 240, 320]),
)
def test_nothing_clicks_whatever_the_network_does(seed: int, swing_ms: int, loss: float, packet: int) -> None:
    weather = Weather(lambda rng, _: swing_ms * rng.random(), loss, 0.05, packet)
    heard = hear(hum(2), weather, seed, soft_ear)
    assert largest_step(heard.samples[FRAME:]) <= STEP + 2 * LOUD / 40 + 300


@pytest.mark.parametrize("rate", [8000, 16_000, 48_000])
@pytest.mark.parametrize("surplus", [120, -160])
def test_a_voice_keeps_its_pitch_at_any_rate(rate: int, surplus: int) -> None:
    tempo, times = Tempo(rate), rate // RATE
    line = np.round(8000 * np.sin(2 * np.pi * 100 * np.arange(400 * times) / rate + 1)).astype(np.int16)
    shift = tempo.find(line, surplus, urgent=False)
    assert shift == 80
    frame = (tempo.shorten if surplus > 0 else tempo.lengthen)(line, shift)
    assert np.abs(frame - line[: FRAME * times]).max() <= 2
