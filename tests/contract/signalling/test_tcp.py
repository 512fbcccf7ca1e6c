"""What a peer may hold open over TCP, on loopback, with shortened patience."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from signalling.io import tcp
from signalling.io.tcp import TcpListener
from signalling.sip.calls import Flow
from tests.support.sip_script import SDP, Says

pytestmark = pytest.mark.contract

HOST = "127.0.0.1"
PATIENCE_S = 10.0
INVITE = bytes(Says(body=SDP))


class User:
    """Notes what the connections bring."""

    def __init__(self) -> None:
        self.received: asyncio.Queue[tuple[bytes, Flow]] = asyncio.Queue()
        self.closed: asyncio.Queue[Flow] = asyncio.Queue()
        self.uses = False

    def receive(self, data: bytes, flow: Flow) -> None:
        self.received.put_nowait((data, flow))

    def receive_closed(self, flow: Flow) -> None:
        self.closed.put_nowait(flow)

    def is_used(self, flow: Flow) -> bool:
        return self.uses


@pytest.fixture
def user() -> User:
    return User()


@pytest.fixture
async def listener(user: User) -> AsyncIterator[TcpListener]:
    listener = TcpListener(user)
    await listener.bind(HOST, 0)
    yield listener
    await listener.close()


async def connect(listener: TcpListener) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(*listener.local)


async def is_cut_off(reader: asyncio.StreamReader) -> bool:
    """Whether the other side closes the connection without a word."""
    async with asyncio.timeout(PATIENCE_S):
        try:
            return await reader.read() == b""
        except ConnectionResetError:
            return True


async def test_messages_are_cut_from_the_stream_and_answered_on_it(listener: TcpListener, user: User) -> None:
    reader, writer = await connect(listener)
    writer.write(INVITE + INVITE[:20])
    data, flow = await user.received.get()
    assert data == INVITE
    writer.write(INVITE[20:])
    assert await user.received.get() == (INVITE, flow)
    listener.send(flow, b"answer")
    assert await reader.readexactly(6) == b"answer"
    writer.close()
    assert await user.closed.get() == flow


async def test_a_ping_is_answered(listener: TcpListener) -> None:
    reader, writer = await connect(listener)
    writer.write(b"\r\n\r\n")
    assert await reader.readexactly(2) == b"\r\n"
    writer.close()


async def test_what_is_no_sip_is_cut_off(listener: TcpListener) -> None:
    reader, writer = await connect(listener)
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert await is_cut_off(reader)
    writer.close()


async def test_a_dripping_message_is_cut_off_though_octets_keep_coming(
    listener: TcpListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tcp, "PARTIAL_TIMEOUT_S", 0.2)
    reader, writer = await connect(listener)

    async def drip() -> None:
        for octet in INVITE:
            writer.write(bytes([octet]))
            await asyncio.sleep(0.02)

    dripping = asyncio.create_task(drip())
    assert await is_cut_off(reader)
    dripping.cancel()
    writer.close()


async def test_an_idle_connection_is_closed_unless_a_call_needs_it(
    listener: TcpListener, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tcp, "IDLE_TIMEOUT_S", 0.1)
    user.uses = True
    reader, writer = await connect(listener)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await reader.read()
    user.uses = False
    assert await is_cut_off(reader)
    writer.close()


@pytest.mark.parametrize("name", ["MAX_CONNECTIONS", "MAX_CONNECTIONS_PER_HOST"])
async def test_connections_are_bounded(
    listener: TcpListener, user: User, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(tcp, name, 2)
    held = [await connect(listener) for _ in range(2)]
    for _, writer in held:
        writer.write(INVITE)
        await user.received.get()
    reader, refused = await connect(listener)
    assert await is_cut_off(reader)
    assert len(listener) == 2
    held[0][1].close()
    await user.closed.get()
    _, writer = await connect(listener)
    writer.write(INVITE)
    await user.received.get()
    for closing in (refused, writer, held[1][1]):
        closing.close()


async def test_a_peer_that_does_not_read_is_cut_off(
    listener: TcpListener, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tcp, "MAX_UNSENT", 1024)
    _, writer = await connect(listener)
    writer.write(INVITE)
    _, flow = await user.received.get()
    for _ in range(1000):
        listener.send(flow, bytes(64 * 1024))
        if not len(listener):
            break
        await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE_S):
        assert await user.closed.get() == flow
    writer.close()


async def test_two_messages_to_one_address_share_a_connection(listener: TcpListener, user: User) -> None:
    other_user = User()
    other = TcpListener(other_user)
    flow = Flow("tcp", listener.local, (HOST, 5060))
    other.send(flow, INVITE)
    other.send(flow, INVITE)
    first, second = await user.received.get(), await user.received.get()
    assert first == second
    listener.send(first[1], INVITE)
    assert await other_user.received.get() == (INVITE, flow)
    await other.close()


async def test_a_connection_that_is_gone_is_told(listener: TcpListener, user: User) -> None:
    gone = Flow("tcp", (HOST, 1), listener.local, 77)
    listener.send(gone, INVITE)
    assert await user.closed.get() == gone
