"""SIP over UDP: one socket an address, one datagram a message."""

import asyncio
import logging
import socket
from collections.abc import Iterable
from typing import cast

from signalling.io.connections import ConnectionUser
from signalling.io.kernel_filter import can_sort, drop_sources, queue_apart
from signalling.sip import stun
from signalling.sip.addresses import is_ipv6
from signalling.sip.calls import Flow
from signalling.sip.guard import Network

log = logging.getLogger(__name__)

MAX_DATAGRAM = 16 * 1024
"""Octets of a datagram that we read. The largest honest INVITE has a quarter of it."""


class UdpListener(asyncio.DatagramProtocol):
    """Hands datagrams with their flow to the user, and answers keep-alives by STUN itself."""

    def __init__(self, user: ConnectionUser, opened: socket.socket) -> None:
        self._user = user
        self._socket = opened
        self._transport: asyncio.DatagramTransport | None = None
        self._local = ("", 0)

    @classmethod
    async def bind(cls, address: str, port: int, user: ConnectionUser) -> "list[UdpListener]":
        """Open the socket, and where the kernel can sort a second one for whom we trust. Raises OSError.

        Port 0 takes any.
        """
        opened = [_open(address, port)]
        try:
            if can_sort(opened[0]):
                opened.append(_open_beside(opened[0]))
            return [await cls._serve(one, user) for one in opened]
        except BaseException:
            for one in opened:
                one.close()
            raise

    @classmethod
    async def _serve(cls, opened: socket.socket, user: ConnectionUser) -> "UdpListener":
        loop = asyncio.get_running_loop()
        _, listener = await loop.create_datagram_endpoint(lambda: cls(user, opened), sock=opened)
        return listener

    @property
    def local(self) -> tuple[str, int]:
        """The address that the socket is bound to."""
        return self._local

    def send(self, flow: Flow, data: bytes) -> None:
        """Send a datagram. What cannot be sent is lost, as on any network: SIP repeats it."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, flow.remote)

    def shut_out(self, hosts: Iterable[str]) -> None:
        """Have the kernel drop what comes from these addresses, and from no others."""
        try:
            drop_sources(self._socket, hosts)
        except OSError as error:
            log.warning("the kernel takes no filter, so floods cost more: %s", error)

    def queue_apart(self, networks: Iterable[Network]) -> None:
        """Have what comes from these networks wait where no stranger's flood can fill the queue."""
        if not can_sort(self._socket):
            return
        try:
            queue_apart(self._socket, networks)
        except OSError as error:
            log.warning("the kernel does not sort, so floods may cost trunks their messages: %s", error)

    def close(self) -> None:
        """Close the socket."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self._transport = cast("asyncio.DatagramTransport", transport)
        self._local = transport.get_extra_info("sockname")[:2]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A datagram came in."""
        flow = Flow("udp", addr[:2], self._local, is_heard=True)
        if stun.is_stun(data):
            if self._user.admits(data, flow) and (answer := stun.answer(data, flow.remote)):
                self.send(flow, answer)
        elif len(data) <= MAX_DATAGRAM:
            self._user.receive(data, flow)
        else:
            self._user.receive_oversize(data[:MAX_DATAGRAM], flow)

    def error_received(self, exc: Exception) -> None:
        """An ICMP error came back for something that we sent: retransmission or timer B decides."""
        log.debug("udp: %s", exc)


def _open(address: str, port: int) -> socket.socket:
    """Bind one address, and of IPv6 not IPv4's too: that has a socket of its own."""
    opened = socket.socket(socket.AF_INET6 if is_ipv6(address) else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        if is_ipv6(address):
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.setblocking(False)
        opened.bind((address, port))
    except OSError:
        opened.close()
        raise
    return opened


def _open_beside(first: socket.socket) -> socket.socket:
    """Bind a second socket to the port of one that was bound without sharing: so no other program has it."""
    second = socket.socket(first.family, socket.SOCK_DGRAM)
    try:
        for one in (first, second):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        second.setblocking(False)
        second.bind(first.getsockname())
    except OSError:
        second.close()
        raise
    return second
