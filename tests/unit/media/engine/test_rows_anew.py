"""A row that is used again has nothing of whom it served before: nobody hears the end of another's call."""

import numpy as np
import pytest

from media.engine import records
from media.engine.ports import EnginePort
from media.engine.state import FRAME
from tests.support.board import Board, level
from tests.unit.media.engine.test_mixing import SETTLED, hears

pytestmark = pytest.mark.unit

LOUD, QUIET = 30_000, 1000
PORT_LEG, WIDE_RATE = 7, 16_000


def constant(value: int) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """One frame."""
    return np.full(FRAME, value, np.int16)


def test_a_leg_is_not_turned_down_for_what_the_one_before_heard(board: Board) -> None:
    peer = board.open()
    for _ in range(2):
        board.play(constant(LOUD), leg=peer.leg)
    board.tick(2)
    assert board.state.legs.ducked[peer.leg] > 0
    board.engine.command(records.CLOSE_LEG, peer.leg)
    board.tick()
    board.peers.clear()
    peer = board.open()
    board.play(constant(QUIET), leg=peer.leg)
    board.tick()
    assert hears(peer) == level(QUIET)


def test_a_play_does_not_begin_with_the_end_of_the_one_before(board: Board) -> None:
    board.engine.command(records.OPEN_PORT, PORT_LEG, WIDE_RATE // 8000, 0)
    port = EnginePort(board.state, PORT_LEG, WIDE_RATE)
    board.state.plays.gain[0] = 1.0
    samples = {value: constant(value) for value in (LOUD, 0)}
    heard = {}
    for value, frame in samples.items():
        words = (frame.ctypes.data, frame.size, 1, 0, 1)
        board.engine.command(records.START_PLAY, 0, PORT_LEG, -1, *words)
        board.tick()
        heard[value] = np.frombuffer(port.pop() or b"", "<i2")
    assert heard[LOUD].max() > LOUD / 2
    assert heard[0].size == WIDE_RATE // 50
    assert not heard[0].any()


def test_a_recording_does_not_begin_with_the_end_of_the_one_before(board: Board) -> None:
    """Of other people, who have gone from the room."""
    board.open(LOUD, room=0)
    board.tap(0, 0, wide=True)
    board.tick(SETTLED)
    board.engine.command(records.STOP_TAP, 0)
    board.state.legs.muted[0] = 1
    board.tick()
    ring = board.tap(0, 0, wide=True)
    first = int(board.state.taps.read[0])
    board.tick()
    assert not ring[first].any()


def test_a_recording_is_not_turned_down_for_what_the_one_before_had(board: Board) -> None:
    speaker, other = board.open(LOUD, room=0), board.open(LOUD, room=0)
    board.tap(0, 0)
    board.tick(SETTLED)
    assert board.state.taps.ducked[0, 0] > 0
    board.engine.command(records.STOP_TAP, 0)
    board.state.legs.muted[other.leg] = 1
    board.tick()
    ring = board.tap(0, 0)
    board.tick(2)
    assert (ring[int(board.state.taps.read[0]) + 1] == speaker.says).all()
