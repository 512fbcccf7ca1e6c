"""The jitter buffer by the samples that come out of it."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from media.engine.memory import make_state
from media.engine.state import FRAME, JITTER_SAMPLES
from media.rtp import jitter

pytestmark = pytest.mark.unit

# Frame n carries n + 1 in all its samples, so that what is played can be read.
START = 0xFFFFFF00
"""RTP timestamps wrap soon after the beginning of every test."""


class Buffer:
    """One leg's jitter buffer, packets by frame number, ticks by what they play."""

    def __init__(self) -> None:
        self.state = make_state(1, 1, 1)
        self.frame = np.zeros(FRAME, np.int16)
        self.ring = self.state.frames.jitter[0]
        jitter.clear(self.state.jitter, 0, self.ring)

    def put(self, number: float, frames: float = 1) -> int:
        """A packet that begins `number` frames after START; its samples say which frame they belong to."""
        first = int(number * FRAME)
        numbers = np.arange(first, first + int(frames * FRAME)) // FRAME % 200 + 1
        return self.insert((START + first) % 2**32, numbers.astype(np.int16))

    def insert(self, timestamp: int, samples: NDArray[np.int16]) -> int:
        return int(jitter.insert(self.state.jitter, 0, self.ring, timestamp, samples))

    def take(self) -> NDArray[np.int16]:
        jitter.take(self.state.jitter, 0, self.ring, self.frame)
        return self.frame.copy()

    def run(self, arrivals: Iterable[Iterable[float]], frames: float = 1) -> list[NDArray[np.int16]]:
        """Per tick, what arrives before it; what each tick plays."""
        played = []
        for numbers in arrivals:
            for number in numbers:
                self.put(number, frames)
            played.append(self.take())
        return played


def numbers(played: list[NDArray[np.int16]]) -> list[int]:
    """The frame number that each tick played: 0 for silence, -1 for anything that is not one whole frame."""
    return [int(frame[0]) if (frame == frame[0]).all() else -1 for frame in played]


def test_a_steady_stream_is_played_one_frame_late() -> None:
    assert numbers(Buffer().run([n] for n in range(50))) == [0, *range(1, 50)]


def test_frames_out_of_order_and_twice_are_played_once_in_order() -> None:
    arrivals = [[0], [2], [1, 1], [3, 2], [5], [4], [6], [7]]
    assert numbers(Buffer().run(arrivals)) == [0, 1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("frames", [0.5, 1.5, 2, 2.5])
def test_packets_of_any_length_make_the_same_frames(frames: float) -> None:
    arrivals: list[list[float]] = [[] for _ in range(60)]
    packet = 0
    while (at := packet * frames) < 50:
        arrivals[int(np.ceil(at))].append(at)
        packet += 1
    played = numbers(Buffer().run(arrivals, frames))
    first = played.index(1)
    assert first <= 2
    assert played[first : first + 45] == list(range(1, 46))


def test_a_lost_frame_is_made_up_and_the_delay_stays() -> None:
    played = Buffer().run([n] if n != 10 else [] for n in range(20))
    assert numbers(played)[:11] == [0, *range(1, 11)]
    assert 0 < np.abs(played[11]).max() <= 10
    assert numbers(played)[12:] == list(range(12, 20))


def test_a_gap_in_the_middle_of_a_frame_is_made_up_there_only() -> None:
    buffer = Buffer()
    for half in np.arange(0, 10, 0.5):
        if half != 4.5:
            buffer.put(half, 0.5)
    played = [buffer.take() for _ in range(10)]
    damaged = played[numbers(played).index(4) + 1]
    assert (damaged[: FRAME // 2] == 5).all()
    assert damaged[FRAME // 2 :].max() <= 4


def test_a_late_frame_is_dropped() -> None:
    buffer = Buffer()
    buffer.run([n] if n != 5 else [] for n in range(10))
    assert buffer.put(5) == jitter.LATE


def test_silence_follows_when_the_stream_ends_and_a_new_spurt_is_played() -> None:
    buffer = Buffer()
    played = buffer.run([*([n] for n in range(10)), *([] for _ in range(20))])
    assert not played[-1].any()
    assert numbers(buffer.run([n] for n in range(100, 110))) == [0, *range(101, 110)]


def test_a_stall_and_the_burst_after_it_lose_little() -> None:
    buffer = Buffer()
    buffer.run([n] for n in range(10))
    stalled = buffer.run([] for _ in range(8))
    assert not stalled[-1].any()
    played = numbers(buffer.run([list(range(10, 19)), *([n] for n in range(19, 40))]))
    assert played[2:] == list(range(12, 12 + len(played) - 2))


def test_too_deep_a_buffer_is_shortened() -> None:
    buffer = Buffer()
    ticks = jitter.WINDOW * 2
    buffer.run([list(range(6)), *([n] for n in range(6, 6 + ticks))])
    assert jitter.depth(buffer.state.jitter, 0) == (jitter.PREFILL - 1) * FRAME


def test_a_fast_peer_does_not_make_the_delay_grow() -> None:
    buffer = Buffer()
    packets = 0
    deepest = 0
    for tick in range(1500):
        while packets <= tick * 1.01:
            buffer.put(packets)
            packets += 1
        buffer.take()
        deepest = max(deepest, jitter.depth(buffer.state.jitter, 0))
    assert deepest <= 4 * FRAME


def test_a_slow_peer_is_heard_with_a_gap_now_and_then() -> None:
    buffer = Buffer()
    packets = 0
    played = []
    for tick in range(500):
        while packets <= tick * 0.99:
            buffer.put(packets)
            packets += 1
        played.append(buffer.take())
    clean = [number for number in numbers(played) if number > 0]
    assert len(clean) > 450
    wrapped = np.diff(clean) % 200
    assert set(wrapped.tolist()) <= {0, 1, 2}


def test_a_stream_that_starts_anew_is_followed() -> None:
    buffer = Buffer()
    buffer.run([n] for n in range(1000, 1020))
    assert numbers(buffer.run([n] for n in range(10)))[1:] == list(range(1, 10))


@pytest.mark.parametrize("octets", [0, JITTER_SAMPLES])
def test_impossible_payloads_are_refused(octets: int) -> None:
    assert Buffer().insert(0, np.zeros(octets, np.int16)) == jitter.IMPOSSIBLE


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 400)), max_size=3), max_size=30))
def test_any_timestamps_leave_a_buffer_that_still_plays(ticks: list[list[tuple[int, int]]]) -> None:
    buffer = Buffer()
    for packets in ticks:
        for timestamp, octets in packets:
            buffer.insert(timestamp, np.full(octets, 7, np.int16))
        assert set(np.unique(buffer.take()).tolist()) <= set(range(8))
        assert -FRAME < jitter.depth(buffer.state.jitter, 0) <= JITTER_SAMPLES
