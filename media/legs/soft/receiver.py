"""The way in of a soft leg: packets off the socket, opened, believed or not, counted, and taken apart."""

import socket
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from media.codecs.codec import Codec
from media.control import Numbers, StartRtp
from media.engine.state import RATE, State
from media.engine.syscalls import ADDRESS_OCTETS, disconnect, endpoint
from media.errors import Malformed
from media.legs.soft.inbound import Inbound
from media.legs.soft.path import FIRST_OF_RTP, Address, Path
from media.rtp import events, latch, packet, reception
from media.rtp.packet import Header

MAX_READS = 100
"""Packets that are looked at in a tick: thirty times what a call brings. A flood waits in the kernel."""
MAX_PACKET = 1472
"""Octets of a packet: what an Ethernet frame carries. A longer one is refused."""
RTCP_TYPES = range(192, 224)
"""Second octets of RTCP packets on a port that RTP shares with them (RFC 5761 section 4)."""


class Listener(NamedTuple):
    """Whom a soft leg tells: of the source it believes, of digits (code, milliseconds), of RTCP packets."""

    latched: Callable[[int], None]
    digit: Callable[[int, int], None]
    rtcp: Callable[[bytes, str], None]


class Receiver:
    """One leg's. `start` says what is to be received, `read` receives it."""

    def __init__(self, state: State, row: int, sock: socket.socket, path: Path, listener: Listener) -> None:
        self._state = state
        self._row = row
        self._socket = sock
        self._path = path
        self._keys = path.keys
        self._listener = listener
        self._octets = bytearray(MAX_PACKET + 1)
        self._datagram = np.frombuffer(self._octets, np.uint8)
        self._dropped = 0

    def start(self, command: StartRtp, codec: Codec, inbound: Inbound) -> None:
        """Receive this from now on."""
        self._command = command
        self._numbers = command.peer_numbers or Numbers(
            codec=command.payload_type, dtmf=command.dtmf_payload_type, cn=command.cn_payload_type
        )
        self._clock = codec.clock
        self._inbound = inbound
        self._hears = bool(self._state.stream.hears[self._row])
        if not self._hears:
            inbound.clear()

    def read(self) -> None:
        """Take what has come."""
        for _ in range(MAX_READS):
            try:
                length, source = self._socket.recvfrom_into(self._octets)
            except BlockingIOError:
                break
            except OSError:
                # What the peer's host said about a packet of ours.
                continue
            if not self._take(length, source):
                self._dropped += 1
        self._doubt()
        keys = self._state.keys
        if keys.pressed[self._row]:
            self._tell(events.expire(keys, self._row, self._ticks))

    def take_dropped(self) -> int:
        """Packets since the last call that were malformed, foreign, replayed or not under the key."""
        dropped, self._dropped = self._dropped, 0
        return dropped

    @property
    def _ticks(self) -> int:
        return int(self._state.meter.ticks[0])

    def _doubt(self) -> None:
        """Hear everybody again when the source has been silent. Under ICE everybody is heard anyway."""
        silent = self._ticks - int(self._state.reception.tick[self._row])
        patience = latch.DOUBT_TICKS if self._keys.opener is None else latch.PROVEN_DOUBT_TICKS
        if not self._path.is_checked and latch.doubt(self._state.stream, self._row, silent, patience):
            disconnect(self._socket.fileno(), np.zeros(ADDRESS_OCTETS, np.uint8))

    def _take(self, length: int, source: Address) -> bool:
        """False for a packet that is refused."""
        if length > MAX_PACKET or length < 2:
            return False
        if self._octets[0] < FIRST_OF_RTP:
            return self._path.take(bytes(self._octets[:length]), source)
        if not self._path.admits(source):
            return False
        if self._command.rtcp_mux and int(self._datagram[1]) in RTCP_TYPES:
            self._listener.rtcp(self._datagram[:length].tobytes(), source[0])
            return True
        if self._keys.opener is not None:
            try:
                plain = self._keys.opener.rtp(self._datagram[:length].tobytes())
            except Malformed:
                return False
            length = len(plain)
            self._datagram[:length] = np.frombuffer(plain, np.uint8)
        header = packet.parse(self._datagram, length)
        if header.start < 0 or not self._admit(source, header):
            return False
        self._accept(header)
        return True

    def _admit(self, source: Address, header: Header) -> bool:
        """By ICE or the latch; a packet under the key is proof enough, wherever it comes from."""
        stream, row = self._state.stream, self._row
        where = endpoint(*source)
        locked = stream.latch[row] == latch.LOCKED
        if locked and stream.remote[row] == where:
            return True
        if self._path.is_checked:
            # It may be heard, but where we send is for the peer to nominate.
            return True
        is_news = latch.is_news(stream, row, where)
        if self._keys.opener is not None:
            latch.follow(stream, row, where)
        else:
            goes_on = reception.goes_on(self._state.reception, row, header.ssrc, header.sequence)
            if not latch.admit(stream, row, where, header.ssrc, goes_on):
                return False
        self._socket.connect(source)
        if is_news:
            self._listener.latched(where)
        return True

    def _accept(self, header: Header) -> None:
        """Count a packet of the right source and use what it carries."""
        counted, row = self._state.reception, self._row
        if header.ssrc != counted.ssrc[row]:
            reception.begin(counted, row, header.ssrc, header.sequence)
            events.clear(self._state.keys, row)
            self._inbound.clear()
        reception.count(counted, row, header.sequence, header.end - header.start, self._ticks)
        payload = self._datagram[header.start : header.end]
        if header.payload_type == self._numbers.codec:
            arrival = self._ticks * self._clock // 50
            reception.measure_jitter(counted, row, header.timestamp, arrival)
            if self._hears:
                self._inbound.put(header.timestamp, payload.tobytes())
        elif header.payload_type == self._numbers.dtmf:
            self._tell(events.press(self._state.keys, row, self._ticks, header.timestamp, payload))
        elif header.payload_type == self._numbers.cn and self._hears:
            self._inbound.rest(payload.tobytes())

    def tell_tone(self, digit: int, duration_ms: int) -> None:
        """A key was heard as a tone; it counts where the peer does not send telephone-events as well."""
        if self._state.keys.timestamp[self._row] == events.NO_EVENT:
            self._listener.digit(digit, duration_ms)

    def _tell(self, digit: int) -> None:
        if digit != events.NO_DIGIT:
            # `held` is reckoned at 8 kHz.
            held = int(self._state.keys.held[self._row]) * RATE // self._command.dtmf_rate
            self._listener.digit(digit, held)
