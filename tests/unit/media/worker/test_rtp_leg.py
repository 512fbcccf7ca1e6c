"""What the engine carries of a leg that a command describes, and what is heard of it there."""

import math
import os
import socket
from collections.abc import Iterator
from typing import cast

import numpy as np
import pytest

from media.control import StartRtp
from media.control.lending import Pair
from media.engine import records
from media.engine.compile import COMPILED
from media.engine.state import RTP
from media.engine.syscalls import host_and_port
from media.rtp.dtls import Identity
from media.worker.ledger import Memory, open_memory, size_for
from media.worker.rtcp import Reporter, RtcpSession
from media.worker.rtp_leg import RtpLeg, Shared, Tell
from tests.support.board import AUDIO, EVENTS, NOISE, Board, Peer

pytestmark = pytest.mark.unit

LEVEL_DBOV = -40


class Wire:
    """Stands in for a socket of the leg, whose packets the engine's stand-in has."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def fileno(self) -> int:
        return self._fd

    def setsockopt(self, *_: int) -> None:
        pass


class NoReports(Reporter):
    """Of sessions that need no timer."""

    def add(self, row: int, session: RtcpSession) -> None:
        pass


@pytest.fixture
def memory() -> Iterator[Memory]:
    fd = os.memfd_create("test", os.MFD_CLOEXEC)
    yield open_memory(fd, size_for(2))
    os.close(fd)


@pytest.fixture
def board(memory: Memory) -> Iterator[Board]:
    if COMPILED:
        pytest.skip("a compiled tick makes true system calls; the contract tests do that")
    made = Board(state=memory.state)
    yield made
    made.close()


def opened(board: Board, memory: Memory, peer: Peer) -> RtpLeg:
    """The first leg, in a room, which nothing has been said about."""
    board.peers.append(peer)
    shared = Shared(board.engine, memory.ledger, NoReports(2), Identity())
    tell = Tell(lambda *_: None, lambda *_: None, lambda *_: None)
    wire = cast("socket.socket", Wire(peer.fd))
    leg = RtpLeg(shared, peer.leg, Pair(wire, wire), tell)
    board.engine.command(records.MOVE, peer.leg, 0)
    return leg


def described(peer: Peer) -> StartRtp:
    """The peer's stream: G.711 with comfort noise in its pauses."""
    host, port = host_and_port(peer.address)
    return StartRtp(
        leg="a",
        remote_host=host,
        remote_port=port,
        codec="PCMU",
        payload_type=AUDIO,
        dtmf_payload_type=EVENTS,
        cn_payload_type=NOISE,
    )


def test_the_engine_carries_comfort_noise_and_lets_it_be_heard(board: Board, memory: Memory) -> None:
    peer = Peer(0, 1000)
    leg = opened(board, memory, peer)
    leg.start(described(peer))
    listener = board.open(room=0)
    board.tick(10)
    assert leg.kind == RTP
    assert board.events(records.HANDED_OVER) == []
    peer.silent = True
    peer.deliver(peer.packet(bytes([-LEVEL_DBOV]), NOISE))
    board.tick()
    noise = []
    for _ in range(20):
        board.tick()
        noise.append(listener.heard().astype(float))
    heard = 20 * math.log10(math.sqrt(np.mean(np.concatenate(noise) ** 2)) / 32768)
    assert heard == pytest.approx(LEVEL_DBOV, abs=1)
