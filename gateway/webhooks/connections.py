"""Connections to customers' hosts, kept for a few seconds: the events of a call come one after the other.

A connection belongs to a host as it was admitted: its name, and the very addresses that the name had. Whoever
wants one has admitted the host anew, so a name that leads elsewhere by then finds no connection here.
"""

import socket
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from gateway.webhooks.exchange import Request
from gateway.webhooks.failures import RefusedAddress

MAX_IDLE = 64
"""Connections that nobody uses: sockets, here and at the hosts. Past that, the longest idle is closed."""
KEEP_S = 5.0
"""How long one is kept without use: most events of a call follow each other faster."""


class Admitted(msgspec.Struct, frozen=True):
    """A host that may be connected to, at these addresses and no others."""

    host: str
    addresses: tuple[str, ...]
    port: int

    @property
    def address(self) -> str:
        """The address to prefer."""
        return self.addresses[0]


Place = tuple[str, str, int, frozenset[str]]
"""Scheme, host, port, addresses: what must be the same for a connection to be used again."""


class Connections:
    """Sends requests, each over a connection that is its own meanwhile."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        """`tls`: whom to trust."""
        self._tls = tls
        self._idle: deque[_Connection] = deque()
        """The longest idle first."""
        self._closed = False

    async def close(self) -> None:
        """Close what is idle, and from now on every connection after its request."""
        self._closed = True
        await self._close_outworn()

    @asynccontextmanager
    async def exchange(
        self,
        admitted: Admitted,
        request: Request,
        headers: Mapping[str, str],
        within: aiohttp.ClientTimeout,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send the request to the admitted host, and give the reply, its body unread.

        A host may close a kept connection at any time. So a request that finds one closed before anything of
        the reply came is sent once more, over a new one: the host may then see it twice. Raises what aiohttp
        raises, OSError and RefusedAddress.
        """
        place = (URL(request.url).scheme, admitted.host, admitted.port, frozenset(admitted.addresses))
        connection = self._kept(place) or _Connection(place, admitted, self._tls)
        try:
            try:
                response = await connection.send(request, headers, within)
            except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
                if connection.is_new or _has_begun_to_reply(error):
                    raise
                await connection.close()
                connection = _Connection(place, admitted, self._tls)
                response = await connection.send(request, headers, within)
            async with response:
                yield response
        except BaseException:
            await connection.close()
            raise
        connection.idle_since = time.monotonic()
        self._idle.append(connection)
        await self._close_outworn()

    def _kept(self, place: Place) -> "_Connection | None":
        for connection in reversed(self._idle):
            if connection.place == place:
                self._idle.remove(connection)
                return connection
        return None

    async def _close_outworn(self) -> None:
        oldest = time.monotonic() - KEEP_S
        while self._idle and (
            self._closed or len(self._idle) > MAX_IDLE or self._idle[0].idle_since < oldest
        ):
            await self._idle.popleft().close()


class _Connection:
    """At most one TCP connection to a place. It is made by the request that needs it; again when it broke.

    Left idle for KEEP_S, its socket closes by itself.
    """

    def __init__(self, place: Place, admitted: Admitted, tls: ssl.SSLContext) -> None:
        self.place = place
        self.is_new = False
        """Whether it was made for the latest request."""
        self.idle_since = 0.0
        connector = aiohttp.TCPConnector(
            resolver=_Pinned(admitted),
            use_dns_cache=False,
            keepalive_timeout=KEEP_S,
            ssl=tls,
            socket_factory=self._make_socket,
        )
        self._session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
        )

    async def send(
        self, request: Request, headers: Mapping[str, str], within: aiohttp.ClientTimeout
    ) -> aiohttp.ClientResponse:
        """Send a request and wait for the head of its reply."""
        self.is_new = False
        return await self._session.request(
            request.method,
            request.url,
            data=request.body,
            headers=headers,
            timeout=within,
            allow_redirects=False,
        )

    async def close(self) -> None:
        """Let go of the socket."""
        await self._session.close()

    def _make_socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        self.is_new = True
        family, kind, protocol, _, _ = info
        return socket.socket(family, kind, protocol)


class _Pinned(AbstractResolver):
    """Answers with the addresses that were admitted, instead of asking again."""

    def __init__(self, admitted: Admitted) -> None:
        self._admitted = admitted

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The admitted addresses, for the admitted host alone."""
        del family
        if host != self._admitted.host:
            raise RefusedAddress
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self._admitted.addresses
        ]

    async def close(self) -> None:
        """Nothing to let go of."""


def _has_begun_to_reply(error: aiohttp.ClientError) -> bool:
    """Whether a part of the reply's head came before the host closed; of a reset nobody knows."""
    return isinstance(error, aiohttp.ServerDisconnectedError) and not isinstance(error.message, str)
