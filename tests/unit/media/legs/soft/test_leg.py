"""When a soft leg touches the socket that it shares with the engine."""

import socket
from typing import cast

import pytest

from media.control import StartRtp
from media.engine.memory import make_state
from media.engine.ports import EnginePort
from media.engine.syscalls import endpoint
from media.legs.soft.chorus import Chorus
from media.legs.soft.leg import MAX_LATE, SoftLeg
from media.legs.soft.path import Path, PathListener, Trust
from media.legs.soft.receiver import Listener
from media.rtp import latch
from media.rtp.dtls import Identity
from media.rtp.kept_keys import KeptKeys

pytestmark = pytest.mark.unit

PEER, PREDECESSOR = ("192.0.2.1", 4000), ("192.0.2.9", 4000)
G722 = StartRtp(
    leg="a",
    remote_host=PEER[0],
    remote_port=PEER[1],
    codec="G722",
    payload_type=9,
    dtmf_payload_type=None,
)


class Wire:
    """Stands in for the leg's socket."""

    def __init__(self) -> None:
        self.connected: list[tuple[str, int]] = []
        self.sent: list[bytes] = []

    def connect(self, where: tuple[str, int]) -> None:
        self.connected.append(where)

    def recvfrom_into(self, _: bytearray) -> tuple[int, tuple[str, int]]:
        raise BlockingIOError

    def sendto(self, data: bytes, _: tuple[str, int]) -> None:
        self.sent.append(data)


class Leg:
    """A soft leg at a row that believes a source."""

    def __init__(self, source: tuple[str, int]) -> None:
        self.wire = Wire()
        self.state = make_state(1, 1, 1)
        sock = cast("socket.socket", self.wire)
        trust = Trust(Identity(), KeptKeys())
        path = Path(self.state, 0, sock, trust, PathListener(lambda _: None, lambda _, __: None))
        listener = Listener(lambda _: None, lambda _, __: None, lambda _, __: None)
        self.soft = SoftLeg(self.state, 0, sock, path, listener)
        latch.follow(self.state.stream, 0, endpoint(*source))


def tick(*legs: SoftLeg) -> None:
    chorus = Chorus()
    for leg in legs:
        chorus.add(leg)
    chorus.tick()


def test_what_it_does_not_carry_it_leaves_alone() -> None:
    """The row may still be that of the leg before, until the engine opens it anew."""
    leg = Leg(PREDECESSOR)
    leg.soft.pause()
    assert leg.wire.connected == []


def test_the_engine_gets_back_a_socket_that_hears_the_source_alone() -> None:
    leg = Leg(PEER)
    leg.soft.resume(G722, EnginePort(leg.state, 0, 16_000))
    leg.wire.connected.clear()
    leg.soft.pause()
    assert leg.wire.connected == [PEER]
    leg.soft.pause()
    assert leg.wire.connected == [PEER]


def test_after_a_stall_of_ours_only_the_newest_frames_are_sent_and_the_clock_has_gone_on() -> None:
    """A peer that gets half a second at once would play it late, or not at all."""
    leg = Leg(PEER)
    leg.state.stream.sends[0] = 1
    leg.soft.resume(G722, EnginePort(leg.state, 0, 16_000))
    for frames in (1, 25):
        leg.state.ports.heard[0] += frames
        tick(leg.soft)
    stamps = [int.from_bytes(packet[4:8], "big") // 160 for packet in leg.wire.sent]
    assert stamps == [0, *range(1 + 25 - MAX_LATE, 1 + 25)]
    assert MAX_LATE < 25
