"""Every socket of SIP: listeners of all transports on all our addresses, and the connections."""

import asyncio
import socket
import ssl
from collections.abc import Iterable, Mapping, Sequence

from signalling.io.connection import Connection, Doorway
from signalling.io.connections import Connections, ConnectionUser, Link
from signalling.io.framing import Framing, OctetStream
from signalling.io.listening import Listening
from signalling.io.secured import Secured
from signalling.io.tls import client_context, server_context
from signalling.io.udp import UdpListener
from signalling.io.websocket import WebSocketFrames
from signalling.sip.addresses import SECURE, is_ipv6
from signalling.sip.calls import Flow, Transport
from signalling.sip.guard import Network

MAX_BIND_ATTEMPTS = 20
"""With port 0 the same free port is needed for UDP and TCP on each host: somebody may have one of them."""

BACKLOG = 256
"""Connections that the system accepts before we do."""

WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - names them, binds nothing

_SHARED = ("udp", "tcp")


class Sockets:
    """Opens, sends and closes. What comes in goes to the user."""

    def __init__(self, listening: Listening, user: ConnectionUser) -> None:
        self.connections = Connections(user, self._open_link)
        self._listening = listening
        self._user = user
        self._udp: list[UdpListener] = []
        self._servers: list[asyncio.Server] = []
        self._addresses: tuple[str, ...] = ()
        self._ports: dict[Transport, int] = dict(listening.ports)
        self._server_tls: ssl.SSLContext | None = None
        self._client_tls: ssl.SSLContext | None = None

    @property
    def ports(self) -> Mapping[Transport, int]:
        """The port of each transport that we listen for."""
        return self._ports

    @property
    def families(self) -> frozenset[int]:
        """The versions of IP that we have an address of: 4, 6 or both."""
        return frozenset(6 if is_ipv6(address) else 4 for address in self._addresses)

    async def bind(self) -> None:
        """Listen. Raises OSError for an address that is taken, and for certificates that do not fit."""
        if SECURE & self._listening.ports.keys():
            self._server_tls = server_context(self._listening.tls)
        self._addresses = tuple([await _address_of(host) for host in self._listening.hosts])
        attempts = 1 if all(self._listening.ports.values()) else MAX_BIND_ATTEMPTS
        for attempt in range(1, attempts + 1):
            try:
                await self._bind_all()
                return
            except OSError:
                self._close_listeners()
                if attempt == attempts:
                    raise

    def local(self, transport: Transport, remote: str) -> tuple[str, int]:
        """Our address towards a remote one: of its family when we have one."""
        alike = [address for address in self._addresses if is_ipv6(address) == is_ipv6(remote)]
        address = (alike or self._addresses or self._listening.hosts)[0]
        return address, self._ports.get(transport, self._ports.get("udp", 0))

    def send(self, flow: Flow, data: bytes) -> None:
        """Send one message."""
        if flow.transport != "udp":
            self.connections.send(flow, data)
            return
        listener = self._udp_of(flow)
        if listener is not None:
            listener.send(flow, data)

    def shut_out(self, hosts: Iterable[str]) -> None:
        """Read nothing of these addresses, where the kernel can do that, and drop connections not welcome."""
        for listener in self._udp:
            listener.shut_out(hosts)
        self.connections.drop(lambda host: not self._user.is_welcome(host))

    def queue_apart(self, networks: Sequence[Network]) -> None:
        """Have datagrams of these networks wait where no flood of others can fill the queue."""
        for listener in self._udp:
            listener.queue_apart(networks)

    async def close(self) -> None:
        """Close everything."""
        self._close_listeners()
        await self.connections.close()

    async def _bind_all(self) -> None:
        self._ports = dict(self._listening.ports)
        for address in self._addresses:
            for transport in self._ports:
                bound = await self._bind(transport, address, self._ports[transport])
                for alike in _SHARED if transport in _SHARED else (transport,):
                    if alike in self._ports:
                        self._ports[alike] = self._ports[alike] or bound

    async def _bind(self, transport: Transport, address: str, port: int) -> int:
        """Open one listener and return its port."""
        if transport == "udp":
            listeners = await UdpListener.bind(address, port, self._user)
            self._udp += listeners
            return listeners[0].local[1]
        reserved = socket.socket(socket.AF_INET6 if is_ipv6(address) else socket.AF_INET, socket.SOCK_STREAM)
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_ipv6(address):
            reserved.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            reserved.bind((address, port))
            door = Doorway(transport, reserved.getsockname()[:2])
            self._servers.append(
                await asyncio.get_running_loop().create_server(
                    lambda: Connection(self.connections, self._framing_of(transport), door=door),
                    sock=reserved,
                    backlog=BACKLOG,
                )
            )
        except OSError:
            reserved.close()
            raise
        return door.local[1]

    def _framing_of(self, transport: Transport) -> Framing:
        """What a peer's connection speaks."""
        inner = WebSocketFrames() if transport in ("ws", "wss") else OctetStream(is_ours=False)
        if transport not in SECURE or self._server_tls is None:
            return inner
        return Secured(inner, self._server_tls)

    def _open_link(self, flow: Flow) -> Link | None:
        framing: Framing = OctetStream(is_ours=True)
        if flow.transport == "tls":
            self._client_tls = self._client_tls or client_context(self._listening.tls)
            framing = Secured(framing, self._client_tls, flow.name or flow.remote[0])
        elif flow.transport != "tcp":
            return None
        connection = Connection(self.connections, framing, flow=flow)
        connection.connect(self._source(flow))
        return connection

    def _source(self, flow: Flow) -> str:
        """The address that a connection leaves from; empty leaves it to the system."""
        address = flow.local[0]
        return address if address in self._addresses and address not in WILDCARDS else ""

    def _udp_of(self, flow: Flow) -> UdpListener | None:
        """The socket that a datagram leaves from: the flow's own, else one of the remote's family."""
        alike = [one for one in self._udp if is_ipv6(one.local[0]) == is_ipv6(flow.remote[0])]
        exact = [one for one in alike if one.local == flow.local]
        return next(iter(exact or alike), None)

    def _close_listeners(self) -> None:
        for listener in self._udp:
            listener.close()
        for server in self._servers:
            server.close()
        self._udp, self._servers = [], []


async def _address_of(host: str) -> str:
    """The address to listen on. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    return str(found[0][4][0])
