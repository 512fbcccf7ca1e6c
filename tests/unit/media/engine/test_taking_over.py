"""What another worker finds in the memory of one that died, and what it makes of it."""

import struct

import numpy as np
import pytest

from media.engine import records, standin
from media.engine.engine import Engine
from media.engine.state import FRAME
from media.engine.taking_over import take_over
from tests.support.board import Board

pytestmark = pytest.mark.unit


def die(board: Board, *gone: int) -> list[records.Event]:
    """Go on as another worker does, without these legs."""
    sockets = {peer.leg: peer.fd for peer in board.peers if peer.leg not in gone}
    heard = take_over(board.state, sockets)
    board.engine.stop()
    board.engine = Engine(board.state)
    return heard


def numbers(packets: list[bytes]) -> list[int]:
    return [struct.unpack("!H", packet[2:4])[0] for packet in packets]


def test_streams_go_on(board: Board) -> None:
    a, b = board.open(100, room=0), board.open(200, room=0)
    board.tick(10)
    die(board)
    board.tick(10)
    assert numbers(a.got) == list(range(20))
    assert (a.heard() == b.says).all()


def test_sockets_are_those_of_the_new_process(board: Board) -> None:
    a = board.open(100)
    board.tick(5)
    before = len(a.got)
    # The same socket, as connected as it was, by another number.
    standin.machine.connected[77] = standin.machine.connected[a.fd]
    take_over(board.state, {a.leg: 77})
    board.tick(5)
    assert len(a.got) == before
    assert len(standin.machine.sent[77]) == 5


def test_legs_without_sockets_are_gone_and_their_rooms_go_on(board: Board) -> None:
    a, b, c = (board.open(value, room=0) for value in (100, 200, 400))
    board.tick(8)
    die(board, b.leg)
    sent = len(b.got)
    board.tick(8)
    assert (a.heard() == c.says).all()
    assert numbers(a.got) == list(range(16))
    assert len(b.got) == sent


def test_an_order_that_was_half_made_is_made_anew(board: Board) -> None:
    a, b = board.open(100, room=0), board.open(200, room=0)
    board.tick(8)
    order = board.state.order
    order.legs[:], order.first[:], order.group[:] = 3, 1, 0
    order.beats.group[:], order.beats.legs[:] = 2, 7
    board.state.rooms.members[:] = 5
    die(board)
    board.tick(8)
    assert numbers(a.got) == numbers(b.got) == list(range(16))
    assert (a.heard() == b.says).all()
    assert (b.heard() == a.says).all()


def test_commands_of_the_dead_are_not_carried_out(board: Board) -> None:
    """They name descriptors and addresses of a process that is gone."""
    a = board.open(100, room=0)
    board.tick(5)
    board.play(np.full(FRAME, 400), leg=a.leg)
    board.engine.command(records.CLOSE_LEG, a.leg)
    die(board)
    board.tick(3)
    assert board.state.legs.kind[a.leg] != 0
    assert not board.state.plays.active.any()


def test_plays_wait_at_their_position(board: Board) -> None:
    a = board.open(0, room=0)
    board.tick(4)
    play = board.play(np.arange(10 * FRAME, dtype=np.int16) // FRAME * 80, leg=a.leg)
    board.tick(3)
    die(board)
    board.tick(2)
    assert not a.heard().any()
    plays = board.state.plays
    assert (plays.position[play], plays.left[play]) == (3 * FRAME, 1)


def test_digits_that_nobody_was_told_of_are_told(board: Board) -> None:
    a = board.open(100, room=0)
    board.tick(5)
    for step in range(6):
        event = struct.pack("!BBH", 5, 0x80 if step > 3 else 0, (step + 1) * FRAME)
        a.deliver(a.packet(event, 101, timestamp=a.timestamp))
    board.tick(2)
    board.engine.command(records.STOP_TAP, 0)
    board.tick(1)
    heard = die(board)
    assert [event.value for event in heard if event.kind == records.DIGIT] == [5]
    assert {event.kind for event in heard} <= {records.DIGIT, records.LATCHED}
    assert board.engine.events() == []
