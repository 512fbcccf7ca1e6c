"""How messages lie in a connection's octets: one after the other, as in SIP over TCP and TLS.

The other way, WebSocket frames, is in `signalling.io.websocket`; `signalling.io.secured` puts TLS below both.
"""

from typing import Protocol

from signalling.sip.stream import StreamFramer

PING = b"\r\n\r\n"
PONG = b"\r\n"


class Framing(Protocol):
    """What a connection needs to know of its octets. It makes no input or output itself."""

    def feed(self, data: bytes) -> list[bytes]:
        """Take octets and return the messages that they complete.

        Raises RemoteSipError when the stream cannot be read on.
        """
        ...

    def frame(self, message: bytes) -> bytes:
        """Write one message."""
        ...

    def reply(self) -> bytes:
        """Drain what the octets so far ask for: pongs, the acceptance of an upgrade."""
        ...

    def ping(self) -> bytes:
        """Write a keep-alive that asks for an answer."""
        ...

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent: handshakes are over."""
        ...

    @property
    def is_partial(self) -> bool:
        """Whether the beginning of a message waits for its rest."""
        ...

    @property
    def is_over(self) -> bool:
        """Whether the peer ended the conversation in the protocol's own way."""
        ...


class OctetStream:
    """SIP on a stream, each message with its Content-Length (RFC 3261 section 18.3).

    Pings are answered (RFC 5626 section 4.4.1) on connections that the peer opened: on ours, the line ends
    that come are its pongs.
    """

    is_open = True
    is_over = False

    def __init__(self, *, is_ours: bool) -> None:
        self._framer = StreamFramer()
        self._is_ours = is_ours
        self._answered = 0

    def feed(self, data: bytes) -> list[bytes]:
        """See Framing."""
        return self._framer.feed(data)

    def frame(self, message: bytes) -> bytes:
        """See Framing."""
        return message

    def reply(self) -> bytes:
        """See Framing. However many pings came at once, one pong says all."""
        if self._is_ours or self._framer.pings == self._answered:
            return b""
        self._answered = self._framer.pings
        return PONG

    def ping(self) -> bytes:
        """See Framing."""
        return PING

    @property
    def is_partial(self) -> bool:
        """See Framing."""
        return self._framer.is_partial
