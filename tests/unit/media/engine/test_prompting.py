"""Plays: who hears them, how often, how loud, and that they end once."""

import numpy as np
import pytest

from media.engine import records
from media.engine.state import FRAME
from tests.support.board import Board, level
from tests.unit.media.engine.test_mixing import hears

pytestmark = pytest.mark.unit


def test_a_play_to_a_leg_and_one_to_the_room(board: Board) -> None:
    a, b, outside = board.open(room=0), board.open(room=0), board.open()
    board.play(np.full(FRAME, 100), leg=a.leg)
    board.play(np.full(FRAME, 400), room=0)
    board.play(np.full(FRAME, 1600), leg=outside.leg)
    board.tick()
    assert (hears(a), hears(b), hears(outside)) == (level(500), level(400), level(1600))
    board.tick()
    assert (hears(a), hears(b), hears(outside)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("samples", "times", "ticks"), [(160, 1, 1), (161, 1, 2), (40, 4, 1), (100, 5, 4), (1, 1, 1)]
)
def test_a_play_ends_with_its_last_sample(board: Board, samples: int, times: int, ticks: int) -> None:
    board.open()
    row = board.play(np.full(samples, 500), leg=0, times=times)
    board.tick(ticks - 1)
    assert board.events(records.PLAY_ENDED) == []
    board.tick(3)
    assert board.events(records.PLAY_ENDED) == [(row, 0, 0)]


def test_an_endless_play_goes_round_and_is_stopped_once(board: Board) -> None:
    peer = board.open()
    wave = np.arange(100, dtype=np.int16) * 8
    row = board.play(wave, leg=0, times=-1)
    board.tick(10)
    at = 9 * FRAME + np.arange(FRAME)
    assert peer.heard().tolist() == [level(int(value)) for value in wave[at % 100]]
    board.engine.command(records.STOP_PLAY, row)
    board.engine.command(records.STOP_PLAY, row)
    board.tick(2)
    assert board.events(records.PLAY_ENDED) == [(row, 1, 0)]
    assert hears(peer) == 0


def test_only_what_is_played_now_is_looked_at(board: Board) -> None:
    a, b = board.open(room=0), board.open(room=0)
    long = board.play(np.full(9 * FRAME, 100), leg=a.leg)
    board.play(np.full(FRAME, 100), room=0)
    board.tick()
    assert (hears(a), hears(b), board.state.order.plays[0]) == (level(200), level(100), long + 1)
    assert not board.state.legs.has_aside.any()
    assert not board.state.rooms.has_aired.any()
    board.tick(2)
    assert (hears(a), hears(b), board.state.order.plays[0]) == (level(100), 0, long + 1)
    board.tick(8)
    assert (hears(a), board.state.order.plays[0]) == (0, 0)


@pytest.mark.parametrize(("gain", "heard"), [(0.0, 0), (0.5, 200), (2.0, 800)])
def test_gain(board: Board, gain: float, heard: int) -> None:
    peer = board.open()
    board.play(np.full(FRAME, 400), leg=0, gain=gain)
    board.tick()
    assert hears(peer) == level(heard)


def test_a_doubled_play_is_clipped(board: Board) -> None:
    peer = board.open()
    board.play(np.full(FRAME, -30_000), leg=0, gain=2.0)
    board.tick()
    assert hears(peer) == level(-32_768)
