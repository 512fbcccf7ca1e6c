"""A whole engine in memory, ticked by hand: legs whose peers and network are the test."""

import struct

import numpy as np
from numpy.typing import NDArray

from media.codecs.g711 import DECODE, ENCODE, PCMU
from media.engine import records, standin
from media.engine.engine import Engine
from media.engine.memory import make_state
from media.engine.state import BEAT_NS, BEATS, FRAME, TAP_FRAMES, WIDE, State
from media.engine.syscalls import endpoint
from media.engine.tick import serve

AUDIO, EVENTS, NOISE = 0, 101, 13
Frame = NDArray[np.int16]


def level(value: int) -> int:
    """The sample nearest to a value that G.711 can carry unchanged."""
    return int(DECODE[PCMU, ENCODE[PCMU, value & 0xFFFF]])


class Peer:
    """The far end of an RTP leg: says a constant and keeps the packets that it is sent."""

    def __init__(self, leg: int, says: int) -> None:
        self.leg = leg
        self.fd = 100 + leg
        self.says = level(says)
        self.address = endpoint("192.0.2.1", 4000 + 2 * leg)
        self.ssrc = 1000 + leg
        self.sequence = 500
        self.timestamp = 160_000
        self.silent = False

    def packet(self, payload: bytes, payload_type: int = AUDIO, timestamp: int | None = None) -> bytes:
        """The next packet of this peer's stream."""
        self.sequence += 1
        at = self.timestamp if timestamp is None else timestamp
        return struct.pack("!BBHII", 0x80, payload_type, self.sequence & 0xFFFF, at, self.ssrc) + payload

    def speak(self) -> None:
        """Send the next 20 ms."""
        if not self.silent:
            self.deliver(self.packet(bytes([int(ENCODE[PCMU, self.says & 0xFFFF])]) * FRAME))
        self.timestamp += FRAME

    def deliver(self, packet: bytes, source: int | None = None) -> None:
        """Let a packet arrive, from here or from elsewhere."""
        standin.machine.deliver(self.fd, self.address if source is None else source, packet)

    @property
    def got(self) -> list[bytes]:
        """All packets that were sent to this peer."""
        return [data for target, data in standin.machine.sent[self.fd] if target == self.address]

    def heard(self) -> Frame:
        """The newest audio packet, decoded."""
        audio = [packet for packet in self.got if packet[1] & 0x7F == AUDIO]
        samples: Frame = DECODE[PCMU, np.frombuffer(audio[-1][12:], np.uint8)]
        return samples


class Board:
    """The engine and its peers."""

    def __init__(self, legs: int = 8, plays: int = 4, taps: int = 2, state: State | None = None) -> None:
        """`state` instead of one of its own, of that size."""
        standin.machine.__init__()  # type: ignore[misc]
        self.engine = Engine(make_state(legs, plays, taps) if state is None else state)
        self.state = self.engine.state
        self.peers: list[Peer] = []
        self.signalled = 0
        """The address that peers signal from."""
        self._kept: list[NDArray[np.int16]] = []
        self._rings: list[NDArray[np.int16]] = []

    def open(self, says: int = 0, room: int = -1, directions: int = 3) -> Peer:
        """An RTP leg whose peer talks from the next tick on."""
        peer = Peer(len(self.peers), says)
        self.peers.append(peer)
        self.engine.command(records.OPEN_RTP, peer.leg, peer.fd, 7, 0, 0)
        self.start(peer, directions)
        self.engine.command(records.MOVE, peer.leg, room)
        return peer

    def start(self, peer: Peer, directions: int = 3, address: int | None = None) -> None:
        """The peer's SDP."""
        described = peer.address if address is None else address
        words = (AUDIO, EVENTS, PCMU, directions, NOISE, self.signalled)
        self.engine.command(records.START_RTP, peer.leg, described, *words)

    def tick(self, count: int = 1) -> None:
        """Let 20 ms pass, and again; every peer talks."""
        for _ in range(count):
            for peer in self.peers:
                peer.speak()
            for beat in range(BEATS):
                standin.machine.advance(BEAT_NS)
                serve(self.state, beat)

    def play(self, samples: Frame, leg: int = -1, room: int = -1, times: int = 1, gain: float = 1.0) -> int:
        """Start a play: its row."""
        row = len(self._kept)
        self._kept.append(np.ascontiguousarray(samples, np.int16))
        self.state.plays.gain[row] = gain
        address = self._kept[-1].ctypes.data
        self.engine.command(records.START_PLAY, row, leg, room, address, samples.size, times, 0, 1)
        return row

    def tap(self, row: int, room: int, channels: int = 1, wide: bool = False) -> Frame:
        """Start a recording of a room: its ring, [frame, sample, channel]."""
        ring = np.zeros((TAP_FRAMES, WIDE if wide else FRAME, channels), np.int16)
        self._rings.append(ring)
        self.engine.command(records.START_TAP, row, room, channels, 1 + wide, ring.ctypes.data, -1)
        return ring

    def tap_leg(self, row: int, leg: int) -> Frame:
        """Start a recording of one leg: its ring, [frame, sample, 1]."""
        ring = np.zeros((TAP_FRAMES, FRAME, 1), np.int16)
        self._rings.append(ring)
        self.engine.command(records.START_TAP, row, -1, 1, 1, ring.ctypes.data, leg)
        return ring

    def events(self, kind: int) -> list[tuple[int, int, int]]:
        """Row and values of the new events of one kind; others are forgotten."""
        return [tuple(event[1:]) for event in self.engine.events() if event.kind == kind]  # type: ignore[misc]

    def close(self) -> None:
        """Give the wake-up back."""
        self.engine.stop()
