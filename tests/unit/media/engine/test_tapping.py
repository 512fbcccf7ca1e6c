"""Recordings as the engine makes them: channels, rates, a writer that does not keep up."""

import numpy as np
import pytest

from media.dsp.resampling import TAPS
from media.engine import records
from media.engine.kernels import grouping, tapping
from media.engine.ports import EnginePort
from media.engine.state import FRAME, HEARD_BY_SOME, HEARS_SOME, RATES, TAP_FRAMES
from tests.support.board import Board

pytestmark = pytest.mark.unit

LATE = TAPS // 2
"""Samples at 8 kHz that whatever is recorded is late."""


def port(board: Board, rate: int, leg: int = 0) -> EnginePort:
    """A leg in room 0 that says what the test gives it."""
    board.engine.command(records.OPEN_PORT, leg, rate, 0)
    board.engine.command(records.MOVE, leg, 0)
    return EnginePort(board.state, leg, 8000 * rate)


def pulse(rate: int) -> bytes:
    """A frame with half a cosine of 1 ms, its middle in the middle of the frame."""
    distance = (np.arange(FRAME * rate) - FRAME * rate / 2) / (8 * rate)
    return np.where(np.abs(distance) < 0.5, 10_000 * np.cos(np.pi * distance), 0).astype("<i2").tobytes()


@pytest.mark.parametrize("wide", [False, True])
def test_what_is_said_at_one_moment_is_at_one_place(board: Board, wide: bool) -> None:
    """At whichever rate each of them says it."""
    rate = 1 + wide
    ports = [port(board, each, leg) for leg, each in enumerate(RATES)]
    ring = board.tap(0, 0, channels=len(RATES), wide=wide)
    board.state.channel[0, : len(RATES)] = range(len(RATES))
    for frame in range(3):
        for leg, each in zip(ports, RATES, strict=True):
            leg.push(pulse(each) if frame == 1 else bytes(2 * leg.samples))
        board.tick()
    power = ring[:3].reshape(-1, len(RATES)).astype(float) ** 2
    places = np.arange(len(power)) @ power / power.sum(axis=0)
    assert places == pytest.approx(np.full(len(RATES), (1.5 * FRAME + LATE) * rate), abs=0.25)


@pytest.mark.parametrize("rate", [1, 2])
def test_what_is_said_at_the_rate_of_the_recording_is_kept_to_the_sample(board: Board, rate: int) -> None:
    said = np.random.default_rng(rate).integers(-32768, 32768, 4 * FRAME * rate).astype("<i2")
    leg = port(board, rate)
    ring = board.tap(0, 0, wide=rate == 2)
    for frame in said.reshape(4, -1):
        leg.push(frame.tobytes())
        board.tick()
    recorded = ring[:4].ravel()
    assert not recorded[: LATE * rate].any()
    assert (recorded[LATE * rate :] == said[: -LATE * rate]).all()


@pytest.mark.parametrize("rate", RATES)
def test_who_leaves_is_recorded_to_the_end_and_not_when_another_comes(board: Board, rate: int) -> None:
    leg = port(board, rate)
    ring = board.tap(0, 0)
    leg.push(np.full(FRAME * rate, 1000, "<i2").tobytes())
    board.tick()
    for room in (-1, 0):
        board.engine.command(records.MOVE, 0, room)
        board.tick(2)
    assert ring[1, : LATE // 2].min() > 900
    assert not ring[1, 2 * LATE :].any()
    assert not ring[2:5].any()


def test_one_channel_is_everything(board: Board) -> None:
    a, b = board.open(100, room=0), board.open(200, room=0)
    board.open(4000, room=1)
    ring = board.tap(0, 0)
    board.play(np.full(20 * FRAME, 400), leg=a.leg)
    board.play(np.full(20 * FRAME, 800), room=0)
    board.tick(5)
    assert (ring[4] == a.says + b.says + 1200).all()
    assert board.state.taps.written[0] == 5


def test_plays_are_on_the_last_channel(board: Board) -> None:
    a, b, c = (board.open(value, room=0) for value in (100, 200, 300))
    ring = board.tap(0, 0, channels=3)
    board.state.channel[0, :3] = (1, 0, 2)
    board.play(np.full(20 * FRAME, 400), leg=a.leg)
    board.tick(5)
    assert ring[4].tolist() == [[b.says, a.says, c.says + 400]] * FRAME


def test_two_recordings_of_a_room_are_independent(board: Board) -> None:
    a = board.open(100, room=0)
    first = board.tap(0, 0)
    board.tick(3)
    second = board.tap(1, 0, channels=2)
    board.tick()
    assert (first[3] == a.says).all()
    assert second[0].tolist() == [[0, 0]] * LATE + [[a.says, 0]] * (FRAME - LATE)


def test_an_empty_room_is_silence(board: Board) -> None:
    a = board.open(100, room=0)
    ring = board.tap(0, 0)
    board.tick(4)
    board.engine.command(records.MOVE, a.leg, -1)
    board.tick(2)
    assert (ring[3] == a.says).all()
    assert not ring[5].any()


def test_sixteen_kilohertz(board: Board) -> None:
    a = board.open(1000, room=0)
    ring = board.tap(0, 0, wide=True)
    board.tick(6)
    assert np.abs(ring[5].astype(int) - a.says).max() <= 2


def test_a_muted_leg_is_not_recorded(board: Board) -> None:
    board.open(100, room=0)
    ring = board.tap(0, 0)
    board.state.legs.muted[0] = 1
    board.tick(5)
    assert not ring.any()


def test_a_leg_alone_is_recorded_without_what_it_hears(board: Board) -> None:
    a = board.open(100, room=0)
    board.open(200, room=0)
    alone = board.open(400)
    rings = board.tap_leg(0, a.leg), board.tap_leg(1, alone.leg)
    board.play(np.full(20 * FRAME, 800), leg=a.leg)
    board.play(np.full(20 * FRAME, 800), room=0)
    board.tick(5)
    assert [int(ring[4].min()) for ring in rings] == [a.says, alone.says]
    assert [int(ring[4].max()) for ring in rings] == [a.says, alone.says]


def test_a_muted_leg_is_recorded_alone_and_a_concealed_one_nowhere(board: Board) -> None:
    a = board.open(100, room=0)
    room, alone = board.tap(0, 0), board.tap_leg(1, a.leg)
    board.tick(5)
    board.state.legs.muted[a.leg] = 1
    board.tick()
    board.state.legs.concealed[a.leg] = 1
    board.tick()
    board.state.legs.muted[a.leg] = 0
    board.tick()
    board.state.legs.concealed[a.leg] = 0
    board.tick()
    assert room[4:9, LATE, 0].tolist() == [a.says, 0, 0, 0, a.says]
    assert alone[4:9, LATE, 0].tolist() == [a.says, a.says, 0, 0, a.says]


def test_a_leg_that_only_some_hear_is_recorded(board: Board) -> None:
    a, b = board.open(100, room=0), board.open(200, room=0)
    board.state.legs.restricted[a.leg] = HEARD_BY_SOME | HEARS_SOME
    ring = board.tap(0, 0)
    board.tick(5)
    assert (ring[4] == a.says + b.says).all()


def test_nobody_waits_for_a_ring_that_is_not_read(board: Board) -> None:
    board.open(100, room=0)
    ring = board.tap(0, 0)
    board.peers[0].silent = True
    board.tick(TAP_FRAMES)
    ring[:] = 7
    board.tick(3)
    assert board.state.taps.written[0] == TAP_FRAMES + 3
    assert [int(frame.max()) for frame in ring[:4]] == [0, 0, 0, 7], "the oldest are written over"


def test_a_stopped_tap_says_so(board: Board) -> None:
    board.open(100, room=0)
    ring = board.tap(1, 0)
    board.tick()
    board.engine.command(records.STOP_TAP, 1)
    board.tick(5)
    assert board.events(records.TAP_ENDED) == [(1, 0, 0)]
    assert not ring[1:].any()


def test_ticks_that_are_left_out_are_silence(board: Board) -> None:
    a = board.open(1000, room=0)
    ring, wide = board.tap(0, 0, channels=2), board.tap(1, 0, wide=True)
    ring[:], wide[:] = 7, 7
    board.tick(4)
    tapping.rest_all(board.state, np.array([3, 0, 0, 0]))
    board.tick(1)
    assert board.state.taps.written[:2].tolist() == [8, 8]
    for frames in (ring, wide):
        assert not frames[4:7].any()
        assert frames[8].min() == 7, "nothing behind it is touched"
    assert (ring[3, :, 0] == a.says).all()
    assert (ring[7, :, 0] == a.says).all()


def test_each_recording_keeps_the_time_of_its_own_beat(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "CROWD", 1)
    for room in (0, 1):
        board.open(1000, room=room)
        board.tap(room, room)
    board.tick(2)
    assert board.state.rooms.beat[:2].tolist() == [0, 1]
    before = board.state.taps.written[:2].copy()
    tapping.rest_all(board.state, np.array([3, 2, 0, 0]))
    assert (board.state.taps.written[:2] - before).tolist() == [3, 2]


def test_more_ticks_than_a_ring_takes_are_silence_all_over_it(board: Board) -> None:
    board.open(1000, room=0)
    ring = board.tap(0, 0)
    board.tick(4)
    tapping.rest_all(board.state, np.array([TAP_FRAMES + 90, 0, 0, 0]))
    assert board.state.taps.written[0] == 4 + TAP_FRAMES + 90
    assert not ring.any()
