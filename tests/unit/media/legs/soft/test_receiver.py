"""What a soft leg makes of the packets that are let in: streams, copies, and where they are counted."""

import socket
import struct
from typing import cast

import numpy as np
import pytest

from media.codecs.codec import FORMATS
from media.control import StartRtp
from media.engine.memory import make_state
from media.engine.syscalls import endpoint
from media.legs.soft.inbound import Inbound
from media.legs.soft.path import Path, PathListener, Trust
from media.legs.soft.receiver import Listener, Receiver
from media.rtp import jitter, latch, reception
from media.rtp.dtls import Identity
from media.rtp.kept_keys import KeptKeys

pytestmark = pytest.mark.unit

PEER = ("192.0.2.1", 4000)
FRAME = 320
"""Samples of 20 ms, at 16 kHz."""
LOUD = 5000
IDENTITY = Identity()
COMMAND = StartRtp(
    leg="a", remote_host=PEER[0], remote_port=PEER[1], codec="L16", payload_type=96, dtmf_payload_type=None
)


class Wire:
    """Stands in for the leg's socket."""

    def __init__(self) -> None:
        self.waiting: list[bytes] = []

    def recvfrom_into(self, octets: bytearray) -> tuple[int, tuple[str, int]]:
        if not self.waiting:
            raise BlockingIOError
        data = self.waiting.pop(0)
        octets[: len(data)] = data
        return len(data), PEER

    def connect(self, _: tuple[str, int]) -> None:
        pass

    def fileno(self) -> int:
        return -1


class Ear:
    """A leg's way in, and its peer, which says what is LOUD."""

    def __init__(self) -> None:
        self.state = make_state(1, 1, 1)
        self.wire = Wire()
        sock = cast("socket.socket", self.wire)
        path = Path(
            self.state, 0, sock, Trust(IDENTITY, KeptKeys()), PathListener(lambda _: None, lambda *_: None)
        )
        listener = Listener(lambda _: None, lambda *_: None, lambda *_: None)
        receiver = Receiver(self.state, 0, sock, path, listener)
        jitter.open_leg(self.state.jitter, 0, self.state.frames.jitter[0])
        reception.clear(self.state.reception, 0)
        latch.describe(self.state.stream, 0, endpoint(*PEER))
        self.state.stream.hears[0] = 1
        path.set(COMMAND)
        codec = FORMATS["L16"].make()
        self.inbound = Inbound(codec, self.state.jitter, 0)
        receiver.start(COMMAND, codec, self.inbound)
        self._receiver = receiver

    def tick(self, *packets: bytes) -> int:
        """How loud the next frame is when these have come."""
        self.wire.waiting += packets
        self._receiver.read()
        frame = np.frombuffer(self.inbound.take(), "<i2")
        self.state.meter.ticks[0] += 1
        return int(np.abs(frame.astype(int)).max())


def rtp(number: int, ssrc: int = 7, value: int = LOUD) -> bytes:
    """The packet with that number, and the timestamp that belongs to it."""
    header = struct.pack("!BBHII", 0x80, 96, number & 0xFFFF, number * FRAME, ssrc)
    return header + np.full(FRAME, value, ">i2").tobytes()


def test_another_ssrc_is_another_stream_whatever_its_numbers_are() -> None:
    """Else what its clock says to be half a second old would be too late."""
    ear = Ear()
    for number in range(100, 140):
        ear.tick(rtp(number))
    heard = [ear.tick(rtp(number, ssrc=8, value=LOUD + 3000)) for number in range(115, 125)]
    assert heard[1:] == [LOUD + 3000] * 9
    assert ear.state.jitter.late[0] == 0
    assert ear.state.reception.received[0] == 10


@pytest.mark.parametrize("ticks_later", [0, 1, 5])
def test_a_copy_is_no_reason_to_wait(ticks_later: int) -> None:
    """Every tenth packet comes again."""
    ear = Ear()
    copies: dict[int, bytes] = {}
    for number in range(150):
        if number % 10 == 0:
            copies[number + ticks_later] = rtp(number)
        ear.tick(rtp(number), *([copies[number]] if number in copies else []))
    figures = ear.state.jitter
    assert (int(figures.wanted[0]), int(figures.inserted[0]), int(figures.late[0])) == (0, 0, 0)
    assert figures.duplicates[0] == 15
    assert ear.state.reception.packets[0] == 165, "they have come, as RFC 3550 counts"


def test_a_peer_that_begins_its_numbers_and_its_clock_anew_is_heard() -> None:
    ear = Ear()
    for _ in range(2):
        assert [ear.tick(rtp(number)) for number in range(10)][1:] == [LOUD] * 9
        for _ in range(150):
            ear.tick()
