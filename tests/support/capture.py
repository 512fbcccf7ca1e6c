"""All UDP that crosses the loopback of the network that a test is in, and datagrams from anybody's address.

Needs CAP_NET_RAW: see `tests.support.network.why_not`.
"""

import asyncio
import socket
import struct
from typing import NamedTuple, Self

ETH_P_IP = 0x0800
"""linux/if_ether.h"""
BUFFER = 8 << 20
MAX_DATAGRAMS = 200_000
"""An hour of a call; no test lasts a tenth of it."""
LONGEST = 65_535
_IPV4, _UDP = struct.Struct("!BBHHHBBHII"), struct.Struct("!HHHH")
UNFRAGMENTED, HOPS = 0x4000, 64

Endpoint = tuple[str, int]


class Datagram(NamedTuple):
    """What went from one UDP port to another."""

    source: Endpoint
    target: Endpoint
    payload: bytes


class Capture:
    """Keeps every datagram, in order; an async context."""

    def __init__(self) -> None:
        self.datagrams: list[Datagram] = []

    async def __aenter__(self) -> Self:
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        self._socket.bind(("lo", ETH_P_IP))
        self._socket.setblocking(False)
        asyncio.get_running_loop().add_reader(self._socket, self.read)
        return self

    async def __aexit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def read(self) -> None:
        """Take what has come."""
        while len(self.datagrams) < MAX_DATAGRAMS:
            try:
                packet = self._socket.recv(LONGEST)
            except BlockingIOError:
                return
            if packet[9] == socket.IPPROTO_UDP:
                self.datagrams.append(_datagram(packet))


def _datagram(packet: bytes) -> Datagram:
    at = (packet[0] & 0x0F) * 4
    source, target = socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
    source_port, target_port, length, _ = _UDP.unpack_from(packet, at)
    return Datagram((source, source_port), (target, target_port), packet[at + _UDP.size : at + length])


class Forger:
    """Sends datagrams from addresses that are others'; a context."""

    def __enter__(self) -> Self:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, datagram: Datagram) -> None:
        """Let it arrive as if it came from its source. The kernel fills in checksum and length."""
        (host, port), (far_host, far_port), payload = datagram
        body = _UDP.pack(port, far_port, _UDP.size + len(payload), 0) + payload
        here, there = (int.from_bytes(socket.inet_aton(name)) for name in (host, far_host))
        head = _IPV4.pack(0x45, 0, 0, 0, UNFRAGMENTED, HOPS, socket.IPPROTO_UDP, 0, here, there)
        self._socket.sendto(head + body, (far_host, 0))
