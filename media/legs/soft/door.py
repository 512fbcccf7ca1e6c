"""Who is let in at a soft leg: the one place where a datagram is believed or refused.

It has to pass what is said of its kind, in this order; what does not is dropped and counted:

    any              LEAST_PACKET to MAX_PACKET octets
    STUN, DTLS       what the path asks: a check under its password, a handshake with who is expected
    RTP, RTCP        under ICE: from where a valid check came
    RTCP, with mux   under keys: that is for the session to see, which has them for RTCP
                     else: from exactly the source that is believed
    RTP              under keys: opened by them
                     well-formed
                     without ICE and keys: from whom the latch believes

Under keys the source is followed; under ICE the peer nominates where we send, and packets do not change it.
"""

import socket
from collections.abc import Callable, Iterator
from enum import Enum, auto
from typing import NamedTuple

import numpy as np

from media.control import StartRtp
from media.engine.state import Octets, State
from media.engine.syscalls import ADDRESS_OCTETS, disconnect, endpoint, host_and_port
from media.errors import Malformed
from media.legs.soft.path import FIRST_OF_RTP, Address, Path
from media.rtp import latch, packet, reception
from media.rtp.packet import Header

MAX_READS = 100
"""Packets that are looked at in a tick: thirty times what a call brings. A flood waits in the kernel."""
LEAST_PACKET = 2
"""Octets that tell kinds apart."""
MAX_PACKET = 1472
"""Octets of a packet: what an Ethernet frame carries. A longer one is refused."""
RTCP_TYPES = range(192, 224)
"""Second octets of RTCP packets on a port that RTP shares with them (RFC 5761 section 4)."""


class DoorListener(NamedTuple):
    """Whom a door tells: of the source it believes, of RTCP packets and the host that they came from."""

    latched: Callable[[int], None]
    rtcp: Callable[[bytes, str], None]


class Verdict(Enum):
    """What became of a datagram that is not RTP to be heard."""

    REFUSED = auto()
    HANDLED = auto()


class Packet(NamedTuple):
    """RTP that is to be heard; the payload is good until the next is read."""

    header: Header
    payload: Octets


class Door:
    """One leg's."""

    def __init__(
        self, state: State, row: int, sock: socket.socket, path: Path, listener: DoorListener
    ) -> None:
        self._stream = state.stream
        self._counted = state.reception
        self._ticks = state.meter.ticks
        self._row = row
        self._socket = sock
        self._path = path
        self._source: tuple[Address, int] = (("", 0), 0)
        """The address of the newest packet, as the socket has it and as an endpoint."""
        self._keys = path.keys
        self._listener = listener
        self._octets = bytearray(MAX_PACKET + 1)
        self._datagram = np.frombuffer(self._octets, np.uint8)
        self._dropped = 0
        self._mux = False

    def start(self, command: StartRtp) -> None:
        """Let this stream in from now on."""
        self._mux = command.rtcp_mux

    def read(self) -> Iterator[Packet]:
        """What has come and is to be heard. Each is to be counted before the next is asked for."""
        for _ in range(MAX_READS):
            try:
                length, source = self._socket.recvfrom_into(self._octets)
            except BlockingIOError:
                return
            except OSError:
                # What the peer's host said about a packet of ours.
                continue
            verdict = self._judge(length, source)
            if isinstance(verdict, Header):
                yield Packet(verdict, self._datagram[verdict.start : verdict.end])
            elif verdict is Verdict.REFUSED:
                self._dropped += 1

    def pass_tick(self) -> None:
        """Another 20 ms have passed. Under ICE it is checks that tell whether the peer is there."""
        if self._path.is_checked:
            return
        row = self._row
        silent = int(self._ticks[0]) - int(self._counted.tick[row])
        patience = latch.DOUBT_TICKS if self._keys.opener is None else latch.PROVEN_DOUBT_TICKS
        was_certain = self._is_certain
        latch.pass_tick(self._stream.rows, row, silent, patience)
        if self._is_certain and not was_certain:
            self.bind()
        elif was_certain and not self._is_certain:
            self.unbind()

    @property
    def _is_certain(self) -> bool:
        return bool(self._stream.latch[self._row] == latch.LOCKED)

    def take_dropped(self) -> int:
        """Packets since the last call that were malformed, foreign, replayed or not under the key."""
        dropped, self._dropped = self._dropped, 0
        return dropped

    def bind(self) -> None:
        """Let the kernel drop what strangers send, if nobody else can be believed."""
        if self._is_certain:
            self._socket.connect(host_and_port(int(self._stream.remote[self._row])))

    def unbind(self) -> None:
        """Look at what anybody sends."""
        disconnect(self._socket.fileno(), np.zeros(ADDRESS_OCTETS, np.uint8))

    def _judge(self, length: int, source: Address) -> Header | Verdict:
        """RTP that is to be heard, or what became of anything else."""
        if not LEAST_PACKET <= length <= MAX_PACKET:
            return Verdict.REFUSED
        if self._octets[0] < FIRST_OF_RTP:
            is_taken = self._path.take(bytes(self._octets[:length]), source)
            return Verdict.HANDLED if is_taken else Verdict.REFUSED
        if not self._path.admits(source):
            return Verdict.REFUSED
        if self._mux and self._octets[1] in RTCP_TYPES:
            return self._judge_rtcp(length, source)
        opened = self._open(length)
        if opened is None:
            return Verdict.REFUSED
        header = packet.parse(self._datagram, opened)
        if header.start < 0 or not self._admits(self._endpoint(source), header):
            return Verdict.REFUSED
        return header

    def _judge_rtcp(self, length: int, source: Address) -> Verdict:
        proved = self._keys.opener is not None or self._path.is_checked
        if not proved and latch.is_news(self._stream.rows, self._row, self._endpoint(source)):
            return Verdict.REFUSED
        self._listener.rtcp(bytes(self._octets[:length]), source[0])
        return Verdict.HANDLED

    def _open(self, length: int) -> int | None:
        """Put the plain packet in place of a sealed one: its length, None for one that is not of the key."""
        if self._keys.opener is None:
            return length
        try:
            plain = self._keys.opener.rtp(bytes(self._octets[:length]))
        except Malformed:
            return None
        self._octets[: len(plain)] = plain
        return len(plain)

    def _endpoint(self, source: Address) -> int:
        if source != self._source[0]:
            self._source = source, endpoint(*source)
        return self._source[1]

    def _admits(self, source: int, header: Header) -> bool:
        if self._path.is_checked:
            return True
        stream, row = self._stream.rows, self._row
        was_certain, is_news = self._is_certain, latch.is_news(stream, row, source)
        if self._keys.opener is not None:
            latch.follow(stream, row, source)
        else:
            goes_on = reception.goes_on(self._counted.rows, row, header.ssrc, header.sequence)
            if not latch.admit(stream, row, source, header.ssrc, goes_on):
                return False
        if is_news or not was_certain:
            self.bind()
        if is_news:
            self._listener.latched(source)
        return True
