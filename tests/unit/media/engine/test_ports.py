"""Legs whose frames come from the control thread."""

import numpy as np
import pytest

from media.engine import records
from media.engine.ports import EnginePort
from media.legs.port import INBOUND_FRAMES, OUTBOUND_FRAMES
from tests.support.board import Board
from tests.unit.media.engine.test_mixing import hears

pytestmark = pytest.mark.unit

PORT_LEG = 7


def open_port(board: Board, rate: int, room: int = 0) -> EnginePort:
    pushed = int(board.state.ports.pushed[PORT_LEG])
    board.engine.command(records.OPEN_PORT, PORT_LEG, rate // 8000, pushed)
    port = EnginePort(board.state, PORT_LEG, rate)
    board.engine.command(records.MOVE, PORT_LEG, room)
    return port


def frame(value: int, rate: int) -> bytes:
    return np.full(rate // 50, value, "<i2").tobytes()


@pytest.mark.parametrize("rate", [8000, 16000, 24000, 48000])
def test_both_directions(board: Board, rate: int) -> None:
    port = open_port(board, rate)
    a = board.open(1000, room=0)
    for _ in range(6):
        assert port.push(frame(500, rate))
        board.tick()
    assert abs(hears(a) - 500) <= 16
    heard = [data for _ in range(6) if (data := port.pop()) is not None]
    assert len(heard) == 6
    assert np.abs(np.frombuffer(heard[-1], "<i2").astype(int) - a.says).max() <= 2
    assert len(heard[-1]) == rate // 25


def test_frames_are_played_one_a_tick_and_then_there_is_silence(board: Board) -> None:
    port = open_port(board, 8000)
    a = board.open(room=0)
    for value in (100, 200):
        port.push(frame(value, 8000))
    played = []
    for _ in range(3):
        board.tick()
        played.append((port.pushed, port.played, hears(a) > 0))
    assert played == [(2, 1, True), (2, 2, True), (2, 2, False)]


def test_a_full_port_takes_nothing(board: Board) -> None:
    port = open_port(board, 8000)
    board.tick()
    assert [port.push(frame(1, 8000)) for _ in range(INBOUND_FRAMES + 2)] == [True] * INBOUND_FRAMES + [
        False
    ] * 2
    board.tick()
    assert port.push(frame(1, 8000))


def test_cleared_frames_are_not_heard_and_count_as_played(board: Board) -> None:
    port = open_port(board, 8000)
    a = board.open(room=0)
    board.tick()
    for _ in range(4):
        port.push(frame(100, 8000))
    port.clear()
    assert (port.pushed, port.played) == (4, 4)
    port.push(frame(3000, 8000))
    board.tick()
    assert hears(a) > 2000
    assert (port.pushed, port.played) == (5, 5)


def test_a_leg_that_does_not_fetch_loses_the_oldest(board: Board) -> None:
    port = open_port(board, 8000)
    board.tick(OUTBOUND_FRAMES + 20)
    fetched = 0
    while port.pop() is not None:
        fetched += 1
    assert fetched == OUTBOUND_FRAMES


def test_the_next_leg_of_the_row_starts_clean(board: Board) -> None:
    port = open_port(board, 8000)
    for _ in range(3):
        port.push(frame(100, 8000))
    board.tick(2)
    board.engine.command(records.CLOSE_LEG, PORT_LEG)
    board.tick()
    port = open_port(board, 8000)
    a = board.open(room=0)
    board.tick(2)
    assert (port.pushed, port.played, hears(a)) == (0, 0, 0)
    assert port.push(frame(100, 8000))
    board.tick()
    assert (port.pushed, port.played) == (1, 1)


def test_a_frame_of_the_wrong_length_is_refused(board: Board) -> None:
    with pytest.raises(ValueError, match="160"):
        open_port(board, 8000).push(b"\0" * 640)
