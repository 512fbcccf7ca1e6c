"""Who hears whom, by constants that add up."""

import numpy as np
import pytest

from media.codecs.g711 import DECODE, PCMU
from media.engine import records
from media.engine.state import FRAME
from tests.support.board import Board, Peer, level

pytestmark = pytest.mark.unit

SETTLED = 5
"""Ticks until the jitter buffers play."""


def hears(peer: Peer) -> int:
    heard = peer.heard()
    assert (heard == heard[0]).all()
    return int(heard[0])


def test_everybody_hears_the_sum_of_the_others(board: Board) -> None:
    says = [100, 300, 1000, 3000]
    peers = [board.open(value, room=0) for value in says]
    board.tick(SETTLED)
    total = sum(peer.says for peer in peers)
    assert [hears(peer) for peer in peers] == [level(total - peer.says) for peer in peers]


def test_rooms_do_not_mix(board: Board) -> None:
    rooms = [1, 0, 1, 2, 0]
    peers = [board.open(100 * (k + 1), room) for k, room in enumerate(rooms)]
    board.tick(SETTLED)
    for peer, room in zip(peers, rooms, strict=True):
        others = [o.says for o, where in zip(peers, rooms, strict=True) if where == room and o is not peer]
        assert hears(peer) == level(sum(others))


def test_moving_changes_who_hears_whom(board: Board) -> None:
    a, b, c = (board.open(value, room=0) for value in (100, 200, 400))
    board.tick(SETTLED)
    board.engine.command(records.MOVE, c.leg, 1)
    board.tick()
    assert (hears(a), hears(b), hears(c)) == (b.says, a.says, 0)
    board.engine.command(records.MOVE, a.leg, 1)
    board.tick()
    assert (hears(a), hears(b), hears(c)) == (c.says, 0, a.says)


def test_a_closed_leg_is_heard_and_served_no_more(board: Board) -> None:
    a, b = board.open(100, room=0), board.open(200, room=0)
    board.tick(SETTLED)
    board.engine.command(records.CLOSE_LEG, b.leg)
    before = len(b.got)
    board.tick()
    assert hears(a) == 0
    assert len(b.got) == before
    assert board.events(records.CLOSED) == [(b.leg, 0, 0)]


def test_a_muted_leg_is_not_heard(board: Board) -> None:
    a, b, c = (board.open(value, room=0) for value in (100, 200, 400))
    board.state.legs.muted[a.leg] = 1
    board.tick(SETTLED)
    assert (hears(a), hears(b), hears(c)) == (level(600), c.says, b.says)
    board.state.legs.muted[a.leg] = 0
    board.tick()
    assert hears(b) == level(a.says + c.says)


def test_an_earmuffed_leg_hears_plays_only(board: Board) -> None:
    a, b = board.open(100, room=0), board.open(200, room=0)
    board.state.legs.earmuffed[a.leg] = 1
    board.play(np.full(10 * FRAME, 800), room=0)
    board.tick(SETTLED)
    assert (hears(a), hears(b)) == (level(800), level(800 + a.says))


def test_the_sum_is_clipped(board: Board) -> None:
    peers = [board.open(30_000, room=0) for _ in range(3)]
    board.tick(SETTLED)
    assert hears(peers[0]) == DECODE[PCMU].max()


def test_a_leg_that_nobody_talks_to_is_sent_silence(board: Board) -> None:
    alone = board.open(100)
    board.tick(SETTLED)
    assert hears(alone) == 0
    assert len(alone.got) == SETTLED


def test_a_direction_is_respected(board: Board) -> None:
    held = board.open(100, room=0, directions=records.SENDS)
    mute = board.open(200, room=0, directions=records.HEARS)
    board.tick(SETTLED)
    assert hears(held) == mute.says
    assert mute.got == []


def test_a_leg_before_its_sdp_neither_sends_nor_hears(board: Board) -> None:
    a = board.open(100, room=0)
    unstarted = Peer(1, 200)
    board.peers.append(unstarted)
    board.engine.command(records.OPEN_RTP, 1, unstarted.fd, 7, 0, 0)
    board.engine.command(records.MOVE, 1, 0)
    board.tick(SETTLED)
    assert hears(a) == 0
    assert unstarted.got == []
    assert board.state.meter.dropped[0] == SETTLED
