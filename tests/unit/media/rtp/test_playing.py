"""What is heard over bad networks: how late, how much is left out, and without a click."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from media.engine.state import FRAME, RATE
from media.rtp.pacing import DEEPEST
from tests.support.impaired import Heard, Weather, hear

pytestmark = pytest.mark.unit

HUM_HZ = 150
LOUD = 8000
STEP = LOUD * 2 * np.pi * HUM_HZ / RATE
"""The largest step between two samples of the hum."""
SECOND = 50
SPREAD_MS = 40
"""By which the quickest packets differ, and the changes of the delay are coarse."""


def hum(seconds: float) -> NDArray[np.int16]:
    """A voice that holds one note, in phase with nothing."""
    at = np.arange(round(seconds * RATE))
    return (LOUD * np.sin(2 * np.pi * HUM_HZ * at / RATE + 1)).astype(np.int16)


def steps(heard: Heard) -> NDArray[np.int64]:
    """From each sample to the next."""
    return np.abs(np.diff(heard.samples.astype(np.int64)))


def late(heard: Heard) -> float:
    """The part of the packets that were left out."""
    return float(heard.counted.late[0]) / heard.packets


@pytest.mark.parametrize("phase_ms", np.arange(0.5, 20, 1.5).tolist())
def test_a_clean_network_costs_no_more_than_the_wait_for_the_tick(phase_ms: float) -> None:
    heard = hear(hum(4), Weather(delay=lambda rng, _: 0.2 * rng.random(), phase_ms=phase_ms))
    assert max(heard.delay_ms) <= 20.2
    assert heard.counted.concealed[0] == 0


def test_delays_on_a_clean_network_over_all_phases_of_the_sender() -> None:
    phases = np.random.default_rng(7).uniform(0, 20, 60)
    delays = [hear(hum(1), Weather(phase_ms=float(phase))).delay_ms for phase in phases]
    assert np.median(np.concatenate(delays)) <= 20
    assert np.percentile(np.concatenate(delays), 99) <= 25


@pytest.mark.parametrize(("swing_ms", "most_late", "most_ms"), [(200, 0.01, 240), (400, 0.03, 450)])
@pytest.mark.parametrize("phase_ms", [1, 10, 19])
def test_jitter_is_waited_for(swing_ms: float, most_late: float, most_ms: float, phase_ms: float) -> None:
    heard = hear(hum(30), Weather(delay=lambda rng, _: swing_ms * rng.random(), phase_ms=phase_ms))
    assert late(heard) <= most_late
    assert max(heard.delay_ms) <= most_ms
    assert steps(heard).max() <= 2 * STEP


@pytest.mark.parametrize("swing_ms", [600, 1500])
def test_no_more_delay_is_granted_than_people_can_talk_with(swing_ms: int) -> None:
    heard = hear(hum(15), Weather(delay=lambda rng, _: swing_ms * rng.random()))
    least_ms = heard.delay_ms[0]
    assert max(heard.delay_ms) <= least_ms + DEEPEST * 1000 / RATE + SPREAD_MS
    assert 0.1 < late(heard) < 0.8
    assert steps(heard).max() <= 2 * STEP


def test_the_delay_goes_back_when_the_network_is_calm_again() -> None:
    def delay(rng: np.random.Generator, sent_ms: float) -> float:
        return 400 * rng.random() if sent_ms < 10_000 else 1.0

    heard = hear(hum(21), Weather(delay=delay))
    assert heard.delay_ms[10 * SECOND] > 300
    assert heard.delay_ms[20 * SECOND] <= 60
    assert steps(heard).max() <= 2 * STEP


def test_a_stall_of_a_second_is_over_soon_after_its_end() -> None:
    def delay(_rng: np.random.Generator, sent_ms: float) -> float:
        return max(6000 - sent_ms, 1.0) if 5000 <= sent_ms < 6000 else 1.0

    heard = hear(hum(10), Weather(delay=delay))
    assert max(heard.delay_ms) <= 500
    assert max(heard.delay_ms[6 * SECOND + SECOND // 2 :]) <= 60
    assert max(heard.delay_ms[7 * SECOND :]) <= 20
    assert steps(heard).max() <= 2 * STEP
    again = np.abs(heard.samples[6 * RATE + 2 * FRAME : 7 * RATE].astype(int))
    assert again.reshape(-1, FRAME).max(axis=1).min() > LOUD / 2, "heard without a gap"


@pytest.mark.parametrize("apart_ms", [1, 5, 10])
def test_a_stall_that_clears_slowly_is_over_within_ten_seconds(apart_ms: float) -> None:
    """What has waited comes packet by packet: that is jitter, and remembered as such."""

    def delay(_rng: np.random.Generator, sent_ms: float) -> float:
        waiting = (sent_ms - 5000) // 20
        return max(6000 + waiting * apart_ms - sent_ms, 1.0) if sent_ms >= 5000 else 1.0

    heard = hear(hum(18), Weather(delay=delay))
    cleared_s = 6 + 50 * apart_ms / (20 - apart_ms) / 50
    assert max(heard.delay_ms) <= DEEPEST * 1000 / RATE + SPREAD_MS
    assert max(heard.delay_ms[round((cleared_s + 10) * SECOND) :]) <= 60
    assert steps(heard).max() <= 2 * STEP


def test_a_delay_that_is_far_too_long_shrinks_where_nothing_is_alike_too() -> None:
    hiss = np.random.default_rng(3).integers(-LOUD, LOUD, 14 * RATE, np.int16)

    def delay(rng: np.random.Generator, sent_ms: float) -> float:
        return 400 * rng.random() if sent_ms < 5_000 else 1.0

    heard = hear(hiss, Weather(delay=delay))
    assert heard.delay_ms[6 * SECOND] > 300
    assert heard.delay_ms[12 * SECOND] <= 160


@pytest.mark.parametrize("clock", [1.0002, 0.9998])
def test_a_clock_that_is_wrong_by_200_ppm_is_followed_for_ten_minutes(clock: float) -> None:
    signal = np.tile(hum(2), 300)
    heard = hear(signal, Weather(clock=clock))
    assert max(heard.delay_ms) <= 42
    moved = int(heard.counted.removed[0] - heard.counted.inserted[0]) / signal.size
    assert moved == pytest.approx(clock - 1, abs=0.00006)
    assert heard.counted.late[0] == 0
    assert heard.counted.concealed[0] <= 16 * FRAME, "a slow clock is noticed by a packet that is not there"


def test_ten_minutes_of_loss_and_jitter_do_not_drift() -> None:
    weather = Weather(delay=lambda rng, _: rng.uniform(30, 90), loss=0.05, repeated=0.01)
    heard = hear(np.tile(hum(2), 300), weather)
    minute = 60 * SECOND
    first, last = np.median(heard.delay_ms[:minute]), np.median(heard.delay_ms[-minute:])
    assert abs(last - first) <= 20
    assert max(heard.delay_ms) <= 120
    assert late(heard) <= 0.001


@pytest.mark.parametrize("packet", [80, 240, 320, 480])
def test_other_packet_times_are_heard_whole(packet: int) -> None:
    signal = hum(3)
    heard = hear(signal, Weather(packet=packet))
    settled = heard.samples[RATE : 2 * RATE]
    found = np.correlate(signal.astype(float), settled.astype(float), "valid").argmax()
    assert np.abs(signal[found : found + RATE] - settled).max() == 0


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**16),
    swing_ms=st.integers(0, 300),
    loss=st.floats(0, 0.3),
    repeated=st.floats(0, 0.2),
    packet=st.sampled_from([80, 160, 240, 320]),
)
@example(seed=30, swing_ms=15, loss=0.0, repeated=0.0, packet=80)
def test_nothing_clicks_whatever_the_network_does(
    seed: int, swing_ms: int, loss: float, repeated: float, packet: int
) -> None:
    weather = Weather(lambda rng, _: swing_ms * rng.random(), loss, repeated, packet)
    heard = hear(hum(2), weather, seed)
    # Two signals are mixed over 5 ms; each has its own steps, and the way from one to the other adds some.
    assert steps(heard).max() <= STEP + 2 * LOUD / 40 + 50


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**16),
    swing_ms=st.integers(0, 400),
    loss=st.floats(0, 0.8),
    repeated=st.floats(0, 0.5),
    stall_ms=st.integers(0, 1500),
)
def test_nothing_is_heard_twice_or_before_what_was_said_earlier(
    seed: int, swing_ms: int, loss: float, repeated: float, stall_ms: int
) -> None:
    """Each frame's samples tell its number."""

    def delay(rng: np.random.Generator, sent_ms: float) -> float:
        return max(1000 + stall_ms - sent_ms, 0.0) * (sent_ms > 1000) + swing_ms * rng.random()

    numbered = np.repeat(np.arange(1, 151, dtype=np.int16), FRAME)
    frames = hear(numbered, Weather(delay, loss, repeated), seed).samples.reshape(-1, FRAME)
    whole = [int(frame[0]) for frame in frames if frame[0] > 0 and (frame == frame[0]).all()]
    assert whole == sorted(set(whole))
