"""One connection of any stream transport, ours or a peer's."""

import asyncio
import logging
from dataclasses import dataclass
from typing import cast

from signalling.io.connections import Connections
from signalling.io.framing import Framing
from signalling.io.patience import Chances, Patience
from signalling.sip.calls import Flow, Transport
from signalling.sip.errors import RemoteSipError

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 5.0
"""How long a connection that we open may take: a caller waits for it."""

MAX_UNSENT = 256 * 1024
"""Octets that may wait for a peer that does not read. SIP messages have a few thousand."""


@dataclass(frozen=True, slots=True)
class Doorway:
    """Where peers' connections come in: which transport, on which address of ours."""

    transport: Transport
    local: tuple[str, int]


class Connection(asyncio.Protocol):
    """One connection. With a flow we open it; else a peer comes through a doorway and asks for admission."""

    def __init__(
        self, table: Connections, framing: Framing, *, flow: Flow | None = None, door: Doorway | None = None
    ) -> None:
        self._table = table
        self._framing = framing
        self._flow = flow
        self._door = door
        self._transport: asyncio.Transport | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._unsent: list[bytes] = []
        self._is_open = False
        self._patience = Patience(Chances(self._is_used, self._ping, self.close), is_ours=door is None)

    # What its owner does.

    def connect(self, local_host: str) -> None:
        """Begin to open it, from one of our addresses; any when empty."""
        self._connecting = asyncio.get_running_loop().create_task(self._connect(local_host))

    def send(self, data: bytes) -> None:
        """Send a message, or keep it until the connection is open. A peer that does not read is cut off."""
        if self._is_open:
            self._write(self._framing.frame(data))
        elif sum(map(len, self._unsent)) + len(data) <= MAX_UNSENT:
            self._unsent.append(data)

    def close(self) -> None:
        """Drop the connection and what waits in it."""
        if self._connecting is not None:
            self._connecting.cancel()
        if self._transport is not None:
            self._transport.abort()
        self._end()

    # What the event loop tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast("asyncio.Transport", transport)
        if self._door is not None:
            remote = transport.get_extra_info("peername")[:2]
            self._flow = self._table.admit(self, self._door.transport, remote, self._door.local)
        if self._flow is None:
            self._transport.abort()
            return
        self._patience.begin()
        self._write(self._framing.reply())
        self._look_open()

    def data_received(self, data: bytes) -> None:
        """Octets came in."""
        if self._flow is None:
            return
        try:
            messages = self._framing.feed(data)
        except RemoteSipError as error:
            log.info("%s: %s port %d: %s", self._flow.transport, *self._flow.remote, error.reason)
            self._finish()
            return
        self._look_open()
        for message in messages:
            self._table.user.receive(message, self._flow)
        self._write(self._framing.reply())
        if self._framing.is_over:
            self._finish()
        elif self._is_open:
            self._patience.hear(has_messages=bool(messages), is_partial=self._framing.is_partial)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._end()

    # Its life.

    async def _connect(self, local_host: str) -> None:
        flow = cast("Flow", self._flow)
        loop = asyncio.get_running_loop()
        source = (local_host, 0) if local_host else None
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await loop.create_connection(lambda: self, *flow.remote, local_addr=source)
        except OSError as error:
            log.info("%s: no connection to %s port %d: %s", flow.transport, *flow.remote, error)
            self._end()

    def _look_open(self) -> None:
        """Send what waited, once handshakes are over."""
        if self._is_open or not self._framing.is_open:
            return
        self._is_open = True
        self._patience.open()
        unsent, self._unsent = self._unsent, []
        for data in unsent:
            self.send(data)

    def _finish(self) -> None:
        """Say what the protocol has to say at the end, and close."""
        self._patience.finish()
        self._write(self._framing.reply())
        if self._transport is not None:
            self._transport.close()

    def _end(self) -> None:
        self._patience.stop()
        if self._flow is not None:
            self._table.forget(self._flow)

    def _write(self, data: bytes) -> None:
        if self._transport is None or not data or self._transport.is_closing():
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > MAX_UNSENT:
            self.close()

    def _is_used(self) -> bool:
        return self._flow is not None and self._table.user.is_used(self._flow)

    def _ping(self) -> None:
        self._write(self._framing.ping())
