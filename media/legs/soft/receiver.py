"""The way in of a soft leg: what its door lets in, counted and taken apart."""

import socket
from collections.abc import Callable
from typing import NamedTuple

from media.codecs.codec import Codec
from media.control import Numbers, StartRtp
from media.engine.state import RATE, State
from media.legs.soft.door import Door, DoorListener, Packet
from media.legs.soft.inbound import Inbound
from media.legs.soft.path import Path
from media.rtp import events, reception


class Listener(NamedTuple):
    """Whom a soft leg tells: of the source it believes, of digits (code, milliseconds), of RTCP packets."""

    latched: Callable[[int], None]
    digit: Callable[[int, int], None]
    rtcp: Callable[[bytes, str], None]


class Receiver:
    """One leg's. `start` says what is to be received, `read` receives it."""

    def __init__(self, state: State, row: int, sock: socket.socket, path: Path, listener: Listener) -> None:
        self.door = Door(state, row, sock, path, DoorListener(listener.latched, listener.rtcp))
        self._state = state
        self._row = row
        self._listener = listener

    def start(self, command: StartRtp, codec: Codec, inbound: Inbound) -> None:
        """Receive this from now on."""
        self.door.start(command)
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
        for packet in self.door.read():
            self._accept(packet)
        self.door.pass_tick()
        if self._state.keys.pressed[self._row]:
            self._tell(events.expire(self._state.keys.rows, self._row, self._ticks))

    @property
    def _ticks(self) -> int:
        return int(self._state.meter.ticks[0])

    def _accept(self, packet: Packet) -> None:
        """Count a packet of the right source and use what it carries."""
        header, payload = packet
        counted, row = self._state.reception.rows, self._row
        if header.ssrc != self._state.reception.ssrc[row]:
            reception.begin(counted, row, header.ssrc, header.sequence)
            events.clear(self._state.keys.rows, row)
            self._inbound.clear()
        octets = header.end - header.start
        is_known = bool(reception.is_known(counted, row, header.sequence))
        missing = int(reception.count(counted, row, header.sequence, octets, self._ticks))
        if header.payload_type == self._numbers.codec:
            arrival = self._ticks * self._clock // 50
            reception.measure_jitter(counted, row, header.timestamp, arrival)
            if self._hears:
                self._inbound.put(header.timestamp, payload.tobytes(), missing, is_known=is_known)
        elif header.payload_type == self._numbers.dtmf:
            self._inbound.rest(b"")
            self._tell(events.press(self._state.keys.rows, row, self._ticks, header.timestamp, payload))
        elif header.payload_type == self._numbers.cn and self._hears:
            self._inbound.rest(payload.tobytes())

    def _tell(self, digit: int) -> None:
        if digit != events.NO_DIGIT:
            # `held` is reckoned at 8 kHz.
            held = int(self._state.keys.held[self._row]) * RATE // self._command.dtmf_rate
            self._listener.digit(digit, held)
