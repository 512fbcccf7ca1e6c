"""A leg that moves from one engine to another, with what it has."""

import itertools
import struct
from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from media.engine import records
from media.engine.state import FRAME, PORT, RTP, TICK_NS
from media.rtp.kept_keys import AGREED, MARK_WORDS
from media.worker.ledger import Ledger
from media.worker.luggage import Luggage, pack, read_luggage, unpack, write_luggage
from tests.support.board import Board, Peer

pytestmark = pytest.mark.unit

ROW = 5
"""Where it comes to lie."""
LEFT_AT = 1000 * TICK_NS


@pytest.fixture
def there(board: Board) -> Iterator[Board]:
    """Another engine on the same machine, which has counted more ticks."""
    machine_of_both = Board()
    machine_of_both.state.meter.ticks[0] = 70_000
    # Beside the first, which has no peers yet.
    assert not board.peers
    yield machine_of_both
    machine_of_both.close()


def ledger_of(board: Board) -> Ledger:
    legs = board.state.legs.kind.size
    notes = SimpleNamespace(marks=board.state.marks, agreed=np.zeros((legs, AGREED), np.uint8))
    return cast("Ledger", notes)


def pack_up(board: Board, peer: Peer) -> Luggage:
    """Close it as a worker does, and take what it has."""
    board.state.meter.due[0] = LEFT_AT
    board.engine.command(records.CLOSE_LEG, peer.leg)
    board.tick()
    assert board.events(records.CLOSED) == [(peer.leg, LEFT_AT, 0)]
    return pack(board.state, ledger_of(board), peer.leg, RTP, LEFT_AT)


def adopt(board: Board, peer: Peer, luggage: Luggage, ticks_later: int) -> None:
    board.state.meter.due[0] = LEFT_AT + ticks_later * TICK_NS
    unpack(luggage, board.state, ledger_of(board), ROW)
    board.engine.command(records.ADOPT, ROW, luggage.kind, peer.fd, luggage.due, 0)
    peer.leg = ROW
    board.peers.append(peer)
    board.start(peer)
    board.engine.command(records.MOVE, ROW, 0)


def numbers(packets: list[bytes]) -> list[tuple[int, int, int]]:
    """Sequence number, timestamp and SSRC."""
    return [struct.unpack("!HII", packet[2:12]) for packet in packets]


def test_it_goes_on_with_its_stream_and_its_buffer(board: Board, there: Board) -> None:
    board.open(200, room=0)
    a = board.open(100, room=0)
    board.tick(10)
    before = numbers(a.got)
    luggage = pack_up(board, a)
    other = there.open(300, room=0)
    there.tick(10)
    adopt(there, a, luggage, 2)
    there.tick(10)
    seen = numbers(a.got)
    assert [number for number, _, _ in seen] == list(range(20))
    assert {ssrc for _, _, ssrc in seen} == {before[0][2]}
    steps = [(after[1] - earlier[1]) // FRAME for earlier, after in itertools.pairwise(seen)]
    assert steps[9] == 3, "two ticks passed while nobody carried it"
    assert set(steps[:9] + steps[10:]) == {1}
    assert (a.heard() == other.says).all()


def test_what_is_counted_counts_on(board: Board, there: Board) -> None:
    a = board.open(100, room=0)
    board.tick(10)
    received = int(board.state.reception.packets[a.leg])
    silent_for = int(board.state.meter.ticks[0] - board.state.reception.tick[a.leg])
    luggage = pack_up(board, a)
    unpack(luggage, there.state, ledger_of(there), ROW)
    assert there.state.reception.packets[ROW] == received > 0
    assert there.state.meter.ticks[0] - there.state.reception.tick[ROW] == silent_for + 1
    assert there.state.sender.packets[ROW] == 10


def test_who_is_muted_is_not_heard_before_that_is_said_again(board: Board, there: Board) -> None:
    a = board.open(100, room=0)
    board.state.legs.muted[a.leg] = 1
    board.tick()
    unpack(pack_up(board, a), there.state, ledger_of(there), ROW)
    assert there.state.legs.muted[ROW] == 1
    assert there.state.legs.earmuffed[ROW] == 0


def test_keys_are_used_on_from_where_they_were(board: Board, there: Board) -> None:
    a = board.open(100, room=0)
    used = list(range(70_000, 70_000 + MARK_WORDS))
    board.state.marks[a.leg, 0, 1] = used
    board.tick()
    unpack(pack_up(board, a), there.state, ledger_of(there), ROW)
    assert there.state.marks[ROW, 0, 1].tolist() == used


def test_a_leg_that_control_carries_is_mixed_at_once(board: Board, there: Board) -> None:
    a = board.open(100, room=0)
    board.tick()
    luggage = pack_up(board, a)
    there.state.ports.pushed[ROW] = 40
    unpack(luggage, there.state, ledger_of(there), ROW)
    there.engine.command(records.ADOPT, ROW, PORT, a.fd, luggage.due, 40)
    there.tick()
    assert there.state.legs.kind[ROW] == PORT
    assert there.state.ports.played[ROW] >= 40, "what an earlier leg of this row has left is not played"


def test_it_travels_as_octets(board: Board) -> None:
    a = board.open(100, room=0)
    board.tick()
    luggage = pack_up(board, a)
    octets = write_luggage(luggage, {"p": (-1, 4000)}, ("r",))
    assert len(octets) < 64 << 10, "well below what a message may have"
    read = read_luggage(octets)
    assert read is not None
    assert (read.rows, read.plays, read.recordings) == (luggage.rows, {"p": (-1, 4000)}, ("r",))
    assert read_luggage(b"") is None
