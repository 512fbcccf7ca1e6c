"""RTP legs that the engine does not carry itself: other codecs than G.711, other packet times, DTLS and ICE.

The engine mixes such a leg as a port; its packets are read and sent here, on the control thread, with every
tick. What is known about the stream stays in the leg's row of the engine's tables, and whoever carries the
leg writes it: so sequence numbers, the SSRC, the source that is believed, the digits that wait and all that
is counted go on when a re-INVITE moves a leg from one carrier to the other.
"""

import socket

from media.codecs import g711
from media.codecs.codec import FORMATS
from media.control import DtlsPeer, StartRtp
from media.engine.state import RATE, State
from media.legs.port import FramePort
from media.legs.soft.inbound import Inbound
from media.legs.soft.outbound import Outbound
from media.legs.soft.path import Path
from media.legs.soft.receiver import Listener, Receiver
from media.legs.soft.sender import Sender

CUSHION = 2
"""Frames that wait in the mixer: the control thread may be 40 ms late before there is a gap."""
MAX_LATE = 5
"""Frames that are sent at once when the control thread was late; the oldest of more are left out."""
ENGINE_PTIME_MS = 20


def suits_engine(command: StartRtp) -> bool:
    """Whether the engine carries such a stream itself."""
    return (
        command.codec in g711.CODECS
        and command.ptime_ms == ENGINE_PTIME_MS
        and command.dtmf_rate == RATE
        and not isinstance(command.security, DtlsPeer)
        and command.ice is None
        and command.peer_numbers is None
        and not command.in_band_dtmf
        and not command.rtcp_mux
    )


class SoftLeg:
    """One leg, for as long as it is open; carried here, in a Chorus, between `resume` and `pause`."""

    def __init__(self, state: State, row: int, sock: socket.socket, path: Path, listener: Listener) -> None:
        self._jitter = state.jitter
        self._row = row
        self._path = path
        self._receiver = Receiver(state, row, sock, path, listener)
        self._sender = Sender(state, row, sock, path.keys)
        self._port: FramePort | None = None
        self._format = ("", 0)
        """Codec and packet time: while they stay, so does what is under way."""

    def take_dropped(self) -> int:
        """Packets that were refused, or could not be played, since the last call."""
        dropped = self._receiver.door.take_dropped()
        return dropped + self._inbound.take_refused() if self._format[0] else dropped

    def resume(self, command: StartRtp, port: FramePort) -> None:
        """Carry the leg, from where the engine's tables are."""
        fresh = self._format != (command.codec, command.ptime_ms)
        if fresh:
            self._format = (command.codec, command.ptime_ms)
            self._codec = FORMATS[command.codec].make()
            self._inbound = Inbound(self._codec, self._jitter, self._row)
            self._outbound = Outbound(self._codec, command.ptime_ms)
        self._inbound.resume()
        if self._path.is_checked:
            # Who passed ICE's check is heard from anywhere: phones change networks.
            self._receiver.door.unbind()
        else:
            self._receiver.door.bind()
        self._receiver.start(command, self._codec, self._inbound)
        self._sender.start(command, self._codec, self._outbound)
        self._path.resume()
        self._port = port

    def pause(self) -> None:
        """Carry it no more; the engine finds the socket as it would have left it.

        Nothing happens to a leg that is not carried here: its row is the engine's, and may still be that of
        another leg, whose source would shut out this one's.
        """
        if self._port is not None:
            self._port = None
            self._receiver.door.bind()

    def receive(self) -> None:
        """Take what has come. Of the four steps each is done once in 20 ms, in this order."""
        if self._port is not None:
            self._receiver.read()
            self._path.tick()

    def encode(self) -> None:
        """Make packets of what is to be heard."""
        if self._port is not None:
            heard = list(iter(self._port.pop, None))
            sent = min(len(heard), MAX_LATE) if self._path.ready else 0
            self._sender.skip(len(heard) - sent)
            for frame in heard[len(heard) - sent :]:
                self._sender.make(frame)

    def send(self) -> None:
        """Send the packets that have been made."""
        self._sender.send()

    def decode(self) -> None:
        """Give the mixer what the peer says."""
        port = self._port
        if port is not None:
            for _ in range(CUSHION - (port.pushed - port.played)):
                port.push(self._inbound.take())
