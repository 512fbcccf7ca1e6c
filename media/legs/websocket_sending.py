"""What goes out on a websocket: straight into its transport, and no more than it can take at once.

The oldest audio is dropped in the queue in front (`media.legs.websocket_protocol`), where it can still be
told from a key press. So next to nothing may wait behind it: one message in the transport, KERNEL_MS in the
system.
"""

import asyncio
import os
import socket
import struct
from collections import deque

import numpy as np

KERNEL_MS = 200
"""Audio that the system may hold and has not sent: longer than a tick may be late."""

_TEXT, _BINARY = 0x81, 0x82
"""First octets of a message in one frame (RFC 6455 section 5.2)."""
_MASKED = 0x80
_SHORT, _MEDIUM = 125, 0xFFFF
"""The longest messages whose length has 7 bits, and 16."""


class Outlet:
    """One connection's. `queue` is emptied from the left, bytes as binary messages and str as text."""

    def __init__(self, transport: asyncio.Transport, queue: deque[bytes | str]) -> None:
        self._transport = transport
        self._queue = queue
        sock = transport.get_extra_info("socket")
        self.fd: int = -1 if sock is None or transport.get_extra_info("sslcontext") else sock.fileno()
        """Of a connection that whole messages may be sent to beside the transport, else -1."""
        _hold_nothing_back(transport)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits, and another message may go."""
        transport = self._transport
        return not self._queue and not transport.get_write_buffer_size() and not transport.is_closing()

    def hold(self, rest: bytes) -> None:
        """Write the end of a message whose beginning was sent beside the transport."""
        self._transport.write(rest)

    def flush(self) -> None:
        """Write what waits, as far as the application keeps up with reading."""
        transport, queue = self._transport, self._queue
        while queue and not transport.is_closing() and not transport.get_write_buffer_size():
            transport.write(frame(queue.popleft()))


def limit(sock: socket.socket, rate: int) -> None:
    """Let the system hold no more than KERNEL_MS of unsent audio, of 16-bit samples at `rate`."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, rate * 2 * KERNEL_MS // 1000)


def frame(message: bytes | str) -> bytes:
    """A whole message as a client sends it: masked by octets that nobody can foresee (section 5.3)."""
    payload, kind = (message.encode(), _TEXT) if isinstance(message, str) else (message, _BINARY)
    length, key = len(payload), os.urandom(4)
    if length <= _SHORT:
        head = struct.pack("!BB", kind, _MASKED | length)
    elif length <= _MEDIUM:
        head = struct.pack("!BBH", kind, _MASKED | _SHORT + 1, length)
    else:
        head = struct.pack("!BBQ", kind, _MASKED | _SHORT + 2, length)
    words = np.frombuffer(payload + bytes(-length % 4), np.uint32) ^ np.frombuffer(key, np.uint32)
    return b"".join((head, key, words.tobytes()[:length]))


def _hold_nothing_back(transport: asyncio.Transport) -> None:
    """Under TLS the octets wait once more, below where `get_write_buffer_size` looks, unless that is full."""
    below = getattr(getattr(transport, "_ssl_protocol", None), "_transport", None)
    if below is not None:
        below.set_write_buffer_limits(high=0)
