"""Keys as tones, from a peer's packets to the event: told once, and not beside the peer's own events."""

import numpy as np
import pytest
from numpy.typing import NDArray

from media.codecs.g711 import ENCODE, PCMU
from media.dsp.dtmf import HIGH, LOW, PADS
from media.engine import records
from media.engine.ports import EnginePort
from media.engine.state import FRAME, PORT, RATE
from tests.support.board import EVENTS, Board, Peer

pytestmark = pytest.mark.unit

KEY = 5
HELD_MS = 120
SETTLED = 8
"""Ticks in which a key is over, and the jitter buffer empty."""
LOUD, FAINT = 4000, 600

Sound = NDArray[np.int16]


def key(rate: int = RATE, loud: int = LOUD, mirrored: int = 0) -> Sound:
    """KEY as tones; those beyond what 8 kHz can carry which it would hear as KEY, where `mirrored`."""
    row, column = divmod(PADS.index(KEY), len(HIGH))
    at = np.arange(rate * HELD_MS // 1000) / rate
    pitches = [abs(mirrored - hertz) for hertz in (LOW[row], HIGH[column])]
    return sum(loud * np.sin(2 * np.pi * hertz * at) for hertz in pitches).astype(np.int16)  # type: ignore[union-attr]


def listened_to(board: Board) -> Peer:
    """A leg whose tones are wanted and whose peer says what it is told to."""
    peer = board.open(room=0)
    peer.silent = True
    board.tick()
    board.state.tones.wanted[peer.leg] = 1
    return peer


def says(board: Board, peer: Peer, sound: Sound) -> None:
    """Send that, 20 ms in each tick."""
    for frame in sound.reshape(-1, FRAME):
        peer.deliver(peer.packet(ENCODE[PCMU, frame.view(np.uint16)].tobytes()))
        board.tick()


def digits(board: Board) -> list[int]:
    return [code for _, code, _ in board.events(records.DIGIT)]


def test_a_key_is_told_once(board: Board) -> None:
    peer = listened_to(board)
    says(board, peer, key())
    board.tick(SETTLED)
    assert digits(board) == [KEY]


def test_a_peer_that_sends_events_is_not_heard_twice(board: Board) -> None:
    """Some send both: the event, and the tones in their audio."""
    peer = listened_to(board)
    peer.deliver(peer.packet(bytes([KEY, 0x80, *(8 * HELD_MS).to_bytes(2, "big")]), EVENTS))
    says(board, peer, key())
    board.tick(SETTLED)
    assert digits(board) == [KEY]


def test_a_key_that_was_held_as_the_leg_closed_is_not_the_next_one_s(board: Board) -> None:
    says(board, listened_to(board), key())
    board.engine.command(records.CLOSE_LEG, 0)
    board.tick()
    board.peers.clear()
    board.engine.events()
    listened_to(board)
    board.tick(SETTLED)
    assert digits(board) == []


def carried(board: Board, rate: int) -> EnginePort:
    """A leg of which the control thread brings the frames, and whose tones are wanted."""
    peer = listened_to(board)
    board.engine.command(records.CARRY, peer.leg, PORT, rate // RATE, 0)
    board.tick()
    return EnginePort(board.state, peer.leg, rate)


@pytest.mark.parametrize("rate", [8000, 16_000, 48_000])
def test_a_key_is_heard_at_any_rate(board: Board, rate: int) -> None:
    port = carried(board, rate)
    for frame in key(rate, FAINT).reshape(-1, rate // 50):
        assert port.push(frame.astype("<i2").tobytes())
        board.tick()
    board.tick(SETTLED)
    assert digits(board) == [KEY]


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_what_is_too_high_for_a_key_is_not_folded_into_one(board: Board, rate: int) -> None:
    port = carried(board, rate)
    for frame in key(rate, FAINT, mirrored=RATE).reshape(-1, rate // 50):
        assert port.push(frame.astype("<i2").tobytes())
        board.tick()
    board.tick(SETTLED)
    assert digits(board) == []
