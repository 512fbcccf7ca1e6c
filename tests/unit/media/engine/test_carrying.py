"""An RTP leg that changes hands: the engine carries it, only mixes it, and carries it again."""

import numpy as np
import pytest

from media.engine import records, standin
from media.engine.ports import EnginePort
from media.engine.state import FRAME, PORT, RTP
from tests.support.board import Board, Peer

pytestmark = pytest.mark.unit


def hand_over(board: Board, peer: Peer) -> EnginePort:
    """Let the engine let go, and find the port as the event describes it."""
    pushed = int(board.state.ports.pushed[peer.leg])
    board.engine.command(records.CARRY, peer.leg, PORT, 1, pushed)
    board.tick()
    (event,) = [each for each in board.engine.events() if each.kind == records.HANDED_OVER]
    assert event.row == peer.leg
    return EnginePort(board.state, peer.leg, 8000, event.value)


def test_a_leg_that_is_handed_over_is_mixed_in_its_room_and_its_socket_is_left_alone(board: Board) -> None:
    anna, bela = board.open(1000, room=0), board.open(2000, room=0)
    board.tick(10)
    sequence = int(board.state.sender.sequence[anna.leg])
    packets = len(anna.got)
    port = hand_over(board, anna)
    for _ in range(5):
        anna.deliver(anna.packet(bytes(FRAME)))
        port.push(np.full(FRAME, 500, "<i2").tobytes())
        board.tick()
    assert len(anna.got) == packets
    assert len(standin.machine.waiting[anna.fd]) >= 5
    assert int(board.state.sender.sequence[anna.leg]) == sequence
    assert np.all(np.abs(bela.heard() - 500) < 30)
    frames = [port.pop() for _ in range(6)]
    assert [frame is not None for frame in frames] == [True] * 6
    assert np.all(np.frombuffer(frames[-1] or b"", "<i2") == bela.says)


def test_a_leg_that_comes_back_goes_on_where_its_row_is(board: Board) -> None:
    anna = board.open(1000, room=0)
    bela = board.open(2000, room=0)
    board.tick(10)
    hand_over(board, anna)
    board.state.sender.sequence[anna.leg] = 4711
    standin.machine.waiting[anna.fd].clear()
    board.engine.command(records.CARRY, anna.leg, RTP, 0, 0)
    board.tick(10)
    assert [int.from_bytes(packet[2:4], "big") for packet in anna.got[-10:]] == list(range(4711, 4721))
    assert np.all(bela.heard() == anna.says)
    assert np.all(anna.heard() == bela.says)


def test_a_leg_that_is_closed_while_it_is_handed_over_is_gone(board: Board) -> None:
    anna = board.open(1000, room=0)
    board.tick()
    board.engine.events()
    board.engine.command(records.CARRY, anna.leg, PORT, 2, 0)
    board.engine.command(records.CLOSE_LEG, anna.leg)
    board.tick()
    kinds = [event.kind for event in board.engine.events() if event.row == anna.leg]
    assert kinds == [records.HANDED_OVER, records.CLOSED]
