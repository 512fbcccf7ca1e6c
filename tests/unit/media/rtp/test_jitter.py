"""The jitter buffer by the samples that come out of it."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from media.dsp.conceal import JOIN, MADE
from media.engine.memory import make_state
from media.engine.state import FRAME
from media.rtp import jitter, playing

pytestmark = pytest.mark.unit

# Frame n carries n + 1 in all its samples, so that what is played can be read.
START = 0xFFFFFF00
"""RTP timestamps wrap soon after the beginning of every test."""


class Buffer:
    """One leg's jitter buffer, packets by frame number, ticks by what they play."""

    def __init__(self) -> None:
        self.state = make_state(1, 1, 1)
        self.row = self.state.jitter
        self.frame = np.zeros(FRAME, np.int16)
        self.ring = self.state.frames.jitter[0]
        jitter.open_leg(self.row, 0, self.ring)

    def put(self, number: float, frames: float = 1) -> int:
        """A packet that begins `number` frames after START; its samples say which frame they belong to."""
        first = int(number * FRAME)
        numbers = np.arange(first, first + int(frames * FRAME)) // FRAME % 200 + 1
        return self.insert((START + first) % 2**32, numbers.astype(np.int16))

    def insert(self, timestamp: int, samples: NDArray[np.int16]) -> int:
        return int(jitter.insert(self.row, 0, self.ring, timestamp, samples))

    def take(self) -> NDArray[np.int16]:
        playing.take(self.row, 0, self.ring, self.frame)
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
    """The frame number that each tick played, once it had been led over to; -1 for anything else."""
    rests = [frame[JOIN:] for frame in played]
    return [int(rest[0]) if (rest == rest[0]).all() else -1 for rest in rests]


def test_a_steady_stream_is_played_at_once() -> None:
    assert numbers(Buffer().run([n] for n in range(50))) == list(range(1, 51))


def test_frames_out_of_order_and_twice_are_played_once_in_order() -> None:
    buffer = Buffer()
    assert numbers(buffer.run([[0, 2, 2, 1, 4, 3, 1], [], [], []])) == [1, 2, 3, 4]
    assert buffer.row.duplicates[0] == 2


@pytest.mark.parametrize("frames", [0.5, 1.5, 2, 2.5])
def test_packets_of_any_length_make_the_same_frames(frames: float) -> None:
    arrivals: list[list[float]] = [[] for _ in range(60)]
    packet = 0
    while (at := packet * frames) < 50:
        arrivals[int(np.ceil(at + frames))].append(at)
        packet += 1
    buffer = Buffer()
    played = numbers(buffer.run(arrivals, frames))
    first = played.index(10)
    assert first <= 14
    assert played[first : first + 35] == list(range(10, 45))


def test_a_lost_frame_is_made_up_and_the_delay_stays() -> None:
    played = Buffer().run([n] if n != 10 else [] for n in range(20))
    assert 0 < np.abs(played[10]).max() <= 10
    assert numbers(played)[11:] == list(range(12, 21))


def test_a_late_frame_is_played_when_nothing_later_has_come_and_the_delay_grows() -> None:
    buffer = Buffer()
    played = numbers(buffer.run([[0], [1], [2], [], [3, 4], [5], [6]]))
    assert played[4] == 4
    assert buffer.row.inserted[0] == FRAME


def test_a_gap_in_the_middle_of_a_frame_is_made_up_there_only() -> None:
    buffer = Buffer()
    for half in np.arange(0, 10, 0.5):
        if half != 4.5:
            buffer.put(half, 0.5)
    played = [buffer.take() for _ in range(6)]
    assert (played[4][: FRAME // 2] == 5).all()
    assert 0 < played[4][FRAME // 2 :].max() <= 5
    assert (played[5][JOIN:] == 6).all()


def test_a_frame_is_late_once_a_later_one_was_played() -> None:
    buffer = Buffer()
    buffer.run([n] if n != 5 else [] for n in range(10))
    assert buffer.put(5) == jitter.LATE
    assert buffer.row.late[0] == 1


def test_silence_follows_when_the_stream_ends_and_a_new_spurt_is_played() -> None:
    buffer = Buffer()
    played = buffer.run([*([n] for n in range(10)), *([] for _ in range(90))])
    assert not played[-1].any()
    assert numbers(buffer.run([n] for n in range(100, 110))) == list(range(101, 111))
    assert buffer.row.concealed[0] == MADE


def test_what_was_a_pause_counts_as_no_concealment() -> None:
    buffer = Buffer()
    buffer.run([*([n] for n in range(10)), *([] for _ in range(20))])
    jitter.explain(buffer.row, 0, START + 30 * FRAME, 0)
    buffer.run([n] for n in range(30, 35))
    assert buffer.row.concealed[0] == 0


def test_what_was_only_late_counts_as_concealed() -> None:
    buffer = Buffer()
    buffer.run([*([n] for n in range(10)), []])
    jitter.explain(buffer.row, 0, (START + 10 * FRAME) % 2**32, 0)
    buffer.run([[10, 11]])
    assert buffer.row.concealed[0] == FRAME


def test_noise_is_heard_while_the_peer_rests_and_none_while_it_talks() -> None:
    buffer = Buffer()
    buffer.run([n] for n in range(5))
    jitter.rest(buffer.row, 0, 500)
    rests = np.concatenate(buffer.run([] for _ in range(20)))
    assert 400 < np.abs(rests[FRAME:].astype(int)).max() <= 500
    assert buffer.row.concealed[0] == 0
    assert numbers(buffer.run([n] for n in range(25, 30))) == list(range(26, 31))


def test_a_stream_that_starts_anew_is_followed() -> None:
    buffer = Buffer()
    buffer.run([n] for n in range(1000, 1020))
    assert numbers(buffer.run([n] for n in range(10))) == list(range(1, 11))


def test_a_leap_of_the_timestamps_is_followed() -> None:
    buffer = Buffer()
    buffer.run([n] for n in range(10))
    leap = jitter.AHEAD // FRAME + 10
    assert numbers(buffer.run([n] for n in range(leap, leap + 10))) == list(range(leap + 1, leap + 11))


def test_another_stream_is_led_over_to() -> None:
    buffer = Buffer()
    for k in range(3):
        buffer.insert(k * FRAME, np.full(FRAME, 4000, np.int16))
        buffer.take()
    buffer.insert(10**9, np.full(FRAME, -4000, np.int16))
    line = np.concatenate([np.full(1, 4000, np.int16), buffer.take()]).astype(int)
    assert np.abs(np.diff(line)).max() <= 2 * 8000 / JOIN
    assert (line[JOIN + 1 :] == -4000).all()


def test_in_silence_a_delay_that_nobody_needs_is_gone_at_once() -> None:
    buffer = Buffer()
    buffer.run([[0], [1], [2], [], [], [], [3, 4, 5, 6], *([] for _ in range(12))])
    assert buffer.row.inserted[0] == 3 * FRAME
    assert numbers(buffer.run([[19]])) == [20]
    assert buffer.row.removed[0] == 3 * FRAME


@pytest.mark.parametrize("octets", [0, jitter.AHEAD + 1])
def test_impossible_payloads_are_refused(octets: int) -> None:
    assert Buffer().insert(0, np.zeros(octets, np.int16)) == jitter.IMPOSSIBLE


def test_a_leg_begins_with_nothing_of_the_one_before() -> None:
    buffer = Buffer()
    buffer.run([[0], [1], [], [3], [2, 2, 4, 4]])
    jitter.open_leg(buffer.row, 0, buffer.ring)
    assert not buffer.take().any()
    for counter in ("late", "duplicates", "concealed", "inserted", "removed"):
        assert getattr(buffer.row, counter)[0] == 0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 400)), max_size=3), max_size=30))
def test_any_timestamps_leave_a_buffer_that_still_plays(ticks: list[list[tuple[int, int]]]) -> None:
    buffer = Buffer()
    for packets in ticks:
        for timestamp, octets in packets:
            buffer.insert(timestamp, np.full(octets, 7, np.int16))
        assert set(np.unique(buffer.take()).tolist()) <= set(range(8))
        assert 0 <= jitter.depth(buffer.row, 0) <= jitter.AHEAD
