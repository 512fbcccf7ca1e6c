"""The gateway's end of a child process's life: commands come from a socket, notices go to it."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import msgspec

from media.control import AnyCommand, Drain, Framer, Notice, Pong, decode_command, encode

_READ = 65_536

_log = logging.getLogger(__name__)


class Line:
    """Commands in, notices out; notices may be told from any thread."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._writing = threading.Lock()
        self.alone = threading.Event()
        """The gateway has gone: nobody waits for what is being made."""

    def commands(self) -> Iterator[AnyCommand]:
        """Commands until Drain, the end of the stream, or one that cannot be read."""
        framer = Framer()
        try:
            while data := self._connection.recv(_READ):
                for body in framer.feed(data):
                    command = decode_command(body)
                    if isinstance(command, Drain):
                        return
                    yield command
        except (OSError, ValueError, msgspec.DecodeError) as error:
            _log.error("control_lost", extra={"reason": str(error)})
        self.alone.set()

    def tell(self, notice: Notice) -> None:
        """Tell the gateway; when it has gone, nobody."""
        try:
            with self._writing:
                self._connection.sendall(encode(notice))
        except OSError:
            self.alone.set()

    def end(self) -> None:
        """Let `commands` end, from another thread."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RD)


def pong(nonce: int) -> Pong:
    """The state of a process that has no legs and no ticks."""
    return Pong(nonce=nonce, legs=0, ticks=0, late_p99_us=0.0, busy_p99_us=0.0, dropped_packets=0)
