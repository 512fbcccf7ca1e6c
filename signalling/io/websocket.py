"""SIP in WebSocket frames, one message each (RFC 7118), as the server of browsers and apps."""

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from signalling.sip.errors import RemoteSipError

MAX_MESSAGE = 64 * 1024
"""Octets of one message, however many frames it has; what a datagram could carry."""

SUBPROTOCOL = Subprotocol("sip")
_KEEP_ALIVES = {b"\r\n\r\n": b"\r\n", b"\r\n": b""}
"""RFC 5626 pings come as messages of their own here; a pong asks for nothing."""


class WebSocketFrames:
    """The server's side of one connection: the upgrade, then frames. No compression is agreed to."""

    def __init__(self) -> None:
        self._protocol = ServerProtocol(subprotocols=[SUBPROTOCOL], max_size=MAX_MESSAGE)
        self._message: bytearray | None = None
        self._is_text = True

    def feed(self, data: bytes) -> list[bytes]:
        """Take octets and return whole messages. Raises RemoteSipError for what is no WebSocket."""
        self._protocol.receive_data(data)
        messages = []
        for event in self._protocol.events_received():
            if isinstance(event, Request):
                self._protocol.send_response(self._protocol.accept(event))
            elif isinstance(event, Frame) and (message := self._collect(event)) is not None:
                messages.append(message)
        if self._protocol.parser_exc is not None and not messages:
            raise RemoteSipError("the WebSocket protocol is broken")
        return messages

    def frame(self, message: bytes) -> bytes:
        """Write one message, as text unless the peer writes binary."""
        (self._protocol.send_text if self._is_text else self._protocol.send_binary)(message)
        return self.reply()

    def reply(self) -> bytes:
        """Drain the response to the upgrade, pongs and the closing frame."""
        return b"".join(self._protocol.data_to_send())

    def ping(self) -> bytes:
        """Write a ping frame."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_ping(b"")
        return self.reply()

    @property
    def is_open(self) -> bool:
        """Whether the upgrade is over."""
        return self._protocol.state is State.OPEN

    @property
    def is_partial(self) -> bool:
        """Whether a message of several frames is not whole."""
        return self._message is not None

    @property
    def is_over(self) -> bool:
        """Whether the upgrade was refused or a closing frame came."""
        return self._protocol.close_expected()

    def _collect(self, frame: Frame) -> bytes | None:
        """Put the frames of a message together; None while it is not whole, and for control frames."""
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._message = bytearray()
            self._is_text = frame.opcode is Opcode.TEXT
        elif frame.opcode is not Opcode.CONT:
            return None
        if self._message is None:
            return None
        self._message += frame.data
        if not frame.fin:
            return None
        message, self._message = bytes(self._message), None
        if message in _KEEP_ALIVES:
            if answer := _KEEP_ALIVES[message]:
                self._protocol.send_text(answer)
            return None
        return message
