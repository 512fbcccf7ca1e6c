"""SIP over TCP: connections by flow, with limits on what a peer may hold open.

A connection that a peer opened has a number of its own. One that we opened has number 0 and is known by its
remote address: whoever sends to that address next shares it.
"""

import asyncio
import itertools
import logging
from collections import Counter
from typing import Protocol, cast

from signalling.sip.calls import Flow
from signalling.sip.errors import RemoteSipError
from signalling.sip.stream import StreamFramer

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 2048
"""Connections in all: far below the usual limit of open files, which media and HTTP share."""

MAX_CONNECTIONS_PER_HOST = 64
"""From one address: an office behind one NAT fits, a flood does not."""

PARTIAL_TIMEOUT_S = 10.0
"""How long a message may take from its first octet to its last: honest ones come in one piece."""

IDLE_TIMEOUT_S = 120.0
"""How long a connection may be silent while no call needs it: RFC 5626 clients ping every 120 s at most."""

MAX_UNSENT = 256 * 1024
"""Octets that may wait for a peer that does not read. SIP messages have a few thousand."""

PONG = b"\r\n"


class ConnectionUser(Protocol):
    """Who gets what the connections bring."""

    def receive(self, data: bytes, flow: Flow) -> None:
        """Take one whole message."""
        ...

    def receive_closed(self, flow: Flow) -> None:
        """A connection is gone, or could not be opened."""
        ...

    def is_used(self, flow: Flow) -> bool:
        """Whether an idle connection is to be kept."""
        ...


class TcpListener:
    """The listening socket and every connection."""

    def __init__(self, user: ConnectionUser) -> None:
        self.user = user
        self._connections: dict[Flow, TcpConnection] = {}
        self._opening: dict[Flow, asyncio.Task[None]] = {}
        self._per_host: Counter[str] = Counter()
        self._numbers = itertools.count(1)
        self._server: asyncio.Server | None = None
        self._local = ("", 0)

    async def bind(self, host: str, port: int) -> None:
        """Listen; port 0 takes any. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: TcpConnection(self), host, port)
        self._local = self._server.sockets[0].getsockname()[:2]

    @property
    def local(self) -> tuple[str, int]:
        """The address that we listen on."""
        return self._local

    def __len__(self) -> int:
        """How many connections are open."""
        return len(self._connections)

    def send(self, flow: Flow, data: bytes) -> None:
        """Send on a flow's connection; number 0 opens one when there is none."""
        connection = self._connections.get(flow)
        if connection is not None:
            connection.send(data)
        elif flow.connection == 0:
            self._open(flow, data)
        else:
            asyncio.get_running_loop().call_soon(self.user.receive_closed, flow)

    async def close(self) -> None:
        """Close everything."""
        if self._server is not None:
            self._server.close()
        for task in self._opening.values():
            task.cancel()
        for connection in list(self._connections.values()):
            connection.close()
        await asyncio.sleep(0)

    def admit(self, connection: "TcpConnection", remote: tuple[str, int]) -> Flow | None:
        """Enter an accepted connection. None when the limits say no."""
        if len(self._connections) >= MAX_CONNECTIONS or self._per_host[remote[0]] >= MAX_CONNECTIONS_PER_HOST:
            log.info("tcp: refused a connection from %s", remote[0])
            return None
        flow = Flow("tcp", remote, self._local, next(self._numbers))
        self._enter(flow, connection)
        return flow

    def forget(self, flow: Flow) -> None:
        """A connection is closed."""
        if self._connections.pop(flow, None) is not None:
            self._per_host -= Counter([flow.remote[0]])
            self.user.receive_closed(flow)

    def _enter(self, flow: Flow, connection: "TcpConnection") -> None:
        self._connections[flow] = connection
        self._per_host[flow.remote[0]] += 1

    def _open(self, flow: Flow, data: bytes) -> None:
        connection = TcpConnection(self, flow)
        connection.send(data)
        self._enter(flow, connection)
        self._opening[flow] = asyncio.get_running_loop().create_task(self._connect(flow, connection))

    async def _connect(self, flow: Flow, connection: "TcpConnection") -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(PARTIAL_TIMEOUT_S):
                await loop.create_connection(lambda: connection, *flow.remote)
        except OSError as error:
            log.info("tcp: no connection to %s port %d: %s", *flow.remote, error)
            self.forget(flow)
        finally:
            del self._opening[flow]


class TcpConnection(asyncio.Protocol):
    """One connection. With a flow it is ours; without, a peer's that asks for admission."""

    def __init__(self, listener: TcpListener, flow: Flow | None = None) -> None:
        self._listener = listener
        self._flow = flow
        self._framer = StreamFramer()
        self._transport: asyncio.Transport | None = None
        self._unsent = b""
        self._deadline: asyncio.TimerHandle | None = None
        self._is_partial = False
        self._pongs = 0

    def send(self, data: bytes) -> None:
        """Send octets, or keep them until the connection stands. A peer that does not read is cut off."""
        if self._transport is None:
            self._unsent = (self._unsent + data)[:MAX_UNSENT]
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > MAX_UNSENT:
            self.close()

    def close(self) -> None:
        """Drop the connection and what waits in it."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast("asyncio.Transport", transport)
        if self._flow is None:
            self._flow = self._listener.admit(self, transport.get_extra_info("peername")[:2])
        if self._flow is None:
            self._transport.abort()
            return
        if self._unsent:
            self._transport.write(self._unsent)
            self._unsent = b""
        self._wait(IDLE_TIMEOUT_S)

    def data_received(self, data: bytes) -> None:
        """Octets came in."""
        if self._flow is None or self._transport is None:
            return
        try:
            messages = self._framer.feed(data)
        except RemoteSipError as error:
            log.info("tcp: %s port %d sends no SIP: %s", *self._flow.remote, error.reason)
            self.close()
            return
        for message in messages:
            self._listener.user.receive(message, self._flow)
        if self._framer.pings > self._pongs:
            self._pongs = self._framer.pings
            self.send(PONG)
        self._watch(has_messages=bool(messages))

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        if self._deadline is not None:
            self._deadline.cancel()
        if self._flow is not None:
            self._listener.forget(self._flow)

    def _watch(self, *, has_messages: bool) -> None:
        """Give a message that is not whole its time, counted from its first octet."""
        was_partial = self._is_partial and not has_messages
        self._is_partial = self._framer.is_partial
        if not self._is_partial:
            self._wait(IDLE_TIMEOUT_S)
        elif not was_partial:
            self._wait(PARTIAL_TIMEOUT_S)

    def _wait(self, seconds: float) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = asyncio.get_running_loop().call_later(seconds, self._expire)

    def _expire(self) -> None:
        if not self._is_partial and self._flow is not None and self._listener.user.is_used(self._flow):
            self._wait(IDLE_TIMEOUT_S)
        else:
            self.close()
