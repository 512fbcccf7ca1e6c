"""The gate at real sockets: banned sources are dropped by the kernel and cut off, 513 comes once."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Callable
from ipaddress import ip_network

import pytest

from signalling.io.kernel_filter import MAX_FILTERED, drop_sources
from signalling.io.shell import SipShell
from signalling.io.udp import MAX_DATAGRAM
from signalling.sip.config import EndpointConfig
from signalling.sip.flood import FloodPolicy
from signalling.sip.incidents import Incident, Kind
from signalling.sip.modesty import MOST_TIMES
from signalling.sip.notices import AnyNotice
from tests.support.sip_script import Says
from tests.support.waiting import until
from tests.support.wire import guard

pytestmark = pytest.mark.contract

HOST, STRANGER, OTHER = "127.0.0.1", "127.0.0.66", "127.0.0.67"
OPTIONS = bytes(Says("OPTIONS"))
BAN_S = 3600.0
MORE_THAN_A_QUEUE = 5000
"""Datagrams; the kernel keeps some hundred for a socket (net.core.rmem_default)."""

HEADERS = 28
"""Octets of IPv4 and UDP before each datagram on the wire."""

needs_linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="127.0.0.66 and the filter are Linux's"
)


class Door:
    """A shell that trusts nobody else, and what it told."""

    def __init__(self, *trusted: str) -> None:
        self.told: list[AnyNotice] = []
        # One message each, and a ban at the second.
        policy = FloodPolicy(rate=0.001, burst=1, patience_s=0.0, ban_s=BAN_S)
        self.shell = SipShell(
            EndpointConfig(HOST, 0, guard(*trusted)), lambda _: None, self.told.append, flood=policy
        )

    def heard(self, kind: Kind) -> list[str]:
        return [one.source for one in self.told if isinstance(one, Incident) and one.kind is kind]

    def send(self, source: str, data: bytes = OPTIONS) -> socket.socket:
        """Send a datagram; returns its socket."""
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sender.setblocking(False)
        sender.bind((source, 0))
        sender.sendto(data, (HOST, self.shell.port))
        return sender


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    made = Door()
    async with made.shell:
        yield made


async def reply(asked: socket.socket) -> bytes:
    async with asyncio.timeout(20):
        return await asyncio.get_running_loop().sock_recv(asked, 65_536)


@needs_linux
async def test_a_banned_source_is_dropped_and_let_in_again(door: Door) -> None:
    with door.send(STRANGER) as first:
        assert (await reply(first)).startswith(b"SIP/2.0 200")
    door.send(STRANGER).close()
    await until(lambda: door.heard(Kind.SOURCE_BANNED), "the ban")
    (ban,) = door.shell.gate.bans()
    assert (ban.source, ban.reason) == (STRANGER, "too many messages")
    assert 0 < ban.seconds <= BAN_S
    with door.send(OTHER) as other:
        assert (await reply(other)).startswith(b"SIP/2.0 200"), "others are heard"
    assert door.shell.gate.lift(STRANGER)
    assert door.shell.gate.bans() == []
    assert not door.shell.gate.lift(STRANGER)


@needs_linux
async def test_a_full_queue_of_strangers_costs_a_trunk_nothing() -> None:
    door = Door(f"{OTHER}/32")
    async with door.shell:
        # Nobody reads meanwhile: what the kernel cannot queue is lost.
        flood = door.send(STRANGER)
        for _ in range(MORE_THAN_A_QUEUE):
            flood.sendto(OPTIONS, (HOST, door.shell.port))
        with flood, door.send(OTHER) as trunk:
            assert (await reply(trunk)).startswith(b"SIP/2.0 200")


@needs_linux
async def test_a_trunk_that_is_named_later_gets_its_queue() -> None:
    keeper = guard()
    shell = SipShell(EndpointConfig(HOST, 0, keeper), lambda _: None)
    door = Door()
    door.shell = shell
    async with shell:
        keeper.trust([ip_network(f"{OTHER}/32")], {})
        shell.prefer_trusted()
        flood = door.send(STRANGER)
        for _ in range(MORE_THAN_A_QUEUE):
            flood.sendto(OPTIONS, (HOST, shell.port))
        with flood, door.send(OTHER) as trunk:
            assert (await reply(trunk)).startswith(b"SIP/2.0 200")


@needs_linux
async def test_a_port_is_one_gateways(door: Door) -> None:
    """Our sockets share it with each other, and with no other program."""
    config = EndpointConfig(HOST, door.shell.port, guard())
    with pytest.raises(OSError, match="in use"):
        await SipShell(config, lambda _: None).start()


@needs_linux
async def test_stun_counts_as_a_message(door: Door) -> None:
    """Who forges a source gets no more to it by STUN than by SIP."""
    stun = bytes.fromhex("000100002112a442") + b"transaction!"
    with door.send(STRANGER, stun) as asked:
        answer = await reply(asked)
        assert answer.startswith(bytes.fromhex("0101"))
        assert len(answer) + HEADERS <= MOST_TIMES * (len(stun) + HEADERS)
        door.send(STRANGER, stun).close()
        await until(lambda: door.heard(Kind.SOURCE_BANNED), "the ban")
        asked.sendto(stun, (HOST, door.shell.port))
        with door.send(OTHER) as other:
            assert (await reply(other)).startswith(b"SIP/2.0 200")
        with pytest.raises(BlockingIOError):
            asked.recv(100)


@needs_linux
async def test_connections_of_a_banned_source_are_cut_and_no_more_are_taken(door: Door) -> None:
    reader, writer = await asyncio.open_connection(HOST, door.shell.port, local_addr=(STRANGER, 0))
    for number in range(2):
        writer.write(bytes(Says("OPTIONS", branch=f"z9hG4bK-{number}")))
    await until(lambda: door.heard(Kind.SOURCE_BANNED), "the ban")
    async with asyncio.timeout(20):
        with contextlib.suppress(ConnectionError):
            while await reader.read(1000):
                pass
    writer.close()
    again, writer = await asyncio.open_connection(HOST, door.shell.port, local_addr=(STRANGER, 0))
    async with asyncio.timeout(20):
        with contextlib.suppress(ConnectionError):
            assert await again.read() == b""
    writer.close()


@needs_linux
async def test_a_datagram_that_is_too_long_gets_513_once(door: Door) -> None:
    long = bytes(Says("OPTIONS", body="x" * (MAX_DATAGRAM + 1), content_type="text/plain"))
    with door.send(STRANGER, long) as asked:
        assert (await reply(asked)).startswith(b"SIP/2.0 513")
    assert door.heard(Kind.MESSAGE_TOO_LARGE) == [STRANGER]


@needs_linux
def test_the_kernel_drops_whom_it_is_told_and_nobody_else() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind((HOST, 0))
        ear.setblocking(False)

        def is_heard(source: str) -> bool:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
                mouth.bind((source, 0))
                mouth.sendto(b"hello", ear.getsockname())
            try:
                return ear.recv(10) == b"hello"
            except BlockingIOError:
                return False

        told: Callable[..., None] = lambda *hosts: drop_sources(ear, hosts)  # noqa: E731
        assert is_heard(STRANGER)
        told(STRANGER, "2001:db8::/64")
        assert (is_heard(STRANGER), is_heard(OTHER)) == (False, True)
        told(*(f"127.0.1.{last}" for last in range(MAX_FILTERED)), OTHER)
        assert not is_heard("127.0.1.255")
        assert is_heard(OTHER), "one more than the filter holds"
        told()
        assert is_heard("127.0.1.1")
