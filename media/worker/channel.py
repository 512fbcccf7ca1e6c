"""The worker's end of the control channel: commands in, notices out."""

import asyncio
import socket
from collections.abc import Callable

import msgspec

from media.control import AnyCommand, Framer, Notice, decode_command, encode

MAX_UNSENT = 8 << 20
"""Octets of notices that may wait for the gateway. One that reads nothing for so long is as good as gone."""


class Channel(asyncio.Protocol):
    """A channel on the descriptor of an inherited unix stream socket."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._framer = Framer()
        self._transport: asyncio.Transport | None = None
        self._unsent: list[bytes] = []
        """What has been told in this round of the loop."""
        self._on_command: Callable[[AnyCommand], None]
        self._on_end: Callable[[], None]

    async def open(self, on_command: Callable[[AnyCommand], None], on_end: Callable[[], None]) -> None:
        """Call `on_command` for each command and `on_end` once, when the channel is of no more use."""
        self._on_command = on_command
        self._on_end = on_end
        end = socket.socket(fileno=self._fd)
        end.setblocking(False)
        await asyncio.get_running_loop().create_unix_connection(lambda: self, sock=end)

    def send(self, notice: Notice) -> None:
        """Tell the gateway something, in one write with all else that this round of the loop tells it."""
        if self._transport is None or self._transport.is_closing():
            return
        if not self._unsent:
            asyncio.get_running_loop().call_soon(self._flush)
        self._unsent.append(encode(notice))

    async def close(self) -> None:
        """Send what waits, and close."""
        self._flush()
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()
            await asyncio.sleep(0)

    def _flush(self) -> None:
        told = b"".join(self._unsent)
        self._unsent.clear()
        if not told or self._transport is None or self._transport.is_closing():
            return
        self._transport.write(told)
        if self._transport.get_write_buffer_size() > MAX_UNSENT:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio.Protocol."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("the control channel is a stream")
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Part of asyncio.Protocol. A gateway that speaks another language is as good as gone."""
        try:
            commands = [decode_command(body) for body in self._framer.feed(data)]
        except (ValueError, msgspec.DecodeError):
            if self._transport is not None:
                self._transport.abort()
            return
        loop = asyncio.get_running_loop()
        for command in commands:
            loop.call_soon(self._on_command, command)

    def connection_lost(self, _error: Exception | None) -> None:
        """Part of asyncio.Protocol."""
        self._on_end()
