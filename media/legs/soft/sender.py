"""The way out of a soft leg: what it hears encoded, or a digit in its place, sealed and sent."""

import socket
import struct

import numpy as np

from media.codecs.codec import Codec
from media.control import StartRtp
from media.dsp.dtmf import DtmfMouth
from media.engine.state import DIGITS, RTP_PACKET, State
from media.engine.syscalls import host_and_port
from media.errors import Malformed
from media.legs.soft.outbound import Outbound
from media.rtp import latch, sending
from media.rtp.packet import FIXED
from media.rtp.srtp import Keyring

_HEADER = struct.Struct("!BBHII")
_VERSION = 0x80
_MARKER = 0x80
_MASK32 = 0xFFFFFFFF


class Sender:
    """One leg's. `start` says how to send, `make` makes packets, `send` sends them."""

    def __init__(self, state: State, row: int, sock: socket.socket, keys: Keyring) -> None:
        self._stream = state.stream
        self._sender = state.sender
        self._row = row
        self._socket = sock
        self._keys = keys
        self._event = np.zeros(RTP_PACKET, np.uint8)
        self._made: list[bytes] = []
        """Packets that wait for the end of the tick."""
        self._remote = 0
        self._address = ("", 0)
        """Of `_remote`."""

    def start(self, command: StartRtp, codec: Codec, outbound: Outbound) -> None:
        """Send this from now on."""
        self._command = command
        self._frame = codec.clock // 50
        self._mouth = DtmfMouth(codec.rate)
        self._outbound = outbound
        self._sends = bool(self._stream.sends[self._row])
        if not self._sends:
            outbound.clear()

    def make(self, frame: bytes) -> None:
        """20 ms of what the peer is to hear; digits go out also while audio does not."""
        event = self._next_of_digit()
        if event:
            self._outbound.clear()
            self._made.append(event)
        elif self._sends:
            for sound in self._outbound.put(self._next_of_tone() or frame):
                self._made.append(self._header(self._frame - sound.before) + sound.payload)
        self.skip(1)

    def send(self) -> None:
        """Send what has been made."""
        for packet in self._made:
            self._emit(packet)
        self._made.clear()

    def skip(self, frames: int) -> None:
        """Time passes on the leg's RTP clock."""
        self._sender.timestamp[self._row] = self._timestamp(frames * self._frame)

    def _timestamp(self, later: int) -> int:
        return (int(self._sender.timestamp[self._row]) + later) & _MASK32

    def _next_of_digit(self) -> bytes:
        """The next packet of a digit that is being sent, if one is."""
        sender, row, kind = self._sender, self._row, self._command.dtmf_payload_type
        if kind is None or (not sender.step[row] and sender.digits_taken[row] >= sender.digits_put[row]):
            return b""
        length = sending.event(sender.rows, row, kind, self._event, self._command.dtmf_rate // 50)
        return self._event[:length].tobytes()

    def _next_of_tone(self) -> bytes | None:
        """What is sent in place of what the peer would hear, where keys are tones."""
        sender, row, command = self._sender, self._row, self._command
        if command.dtmf_payload_type is not None or not command.in_band_dtmf:
            return None
        frame = self._mouth.take()
        if frame is None and sender.digits_taken[row] < sender.digits_put[row]:
            code = int(sender.digits[row, sender.digits_taken[row] % DIGITS])
            sender.digits_taken[row] += 1
            self._mouth.wait(sending.PAUSE_TICKS) if code == sending.PAUSE else self._mouth.type(code)
            frame = self._mouth.take()
        return frame

    def _header(self, later: int) -> bytes:
        sender, row = self._sender, self._row
        marker = _MARKER if sender.marker[row] else 0
        sequence = int(sender.sequence[row])
        sender.marker[row] = 0
        sender.sequence[row] = (sequence + 1) & 0xFFFF
        second = self._command.payload_type | marker
        return _HEADER.pack(_VERSION, second, sequence, self._timestamp(later), int(sender.ssrc[row]))

    def _emit(self, packet: bytes) -> None:
        sender, row = self._sender, self._row
        if not latch.may_send(self._stream.rows, row):
            return
        remote = int(self._stream.remote[row])
        if remote != self._remote:
            self._remote, self._address = remote, host_and_port(remote)
        try:
            data = packet if self._keys.sealer is None else self._keys.sealer.rtp(packet)
            self._socket.sendto(data, self._address)
        except (OSError, Malformed):
            sender.failed[row] += 1
        else:
            sender.packets[row] += 1
            sender.octets[row] += len(packet) - FIXED
