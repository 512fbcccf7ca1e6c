"""What a peer may hold open over TCP, on loopback, with shortened patience."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from signalling.io import connection, connections, patience
from signalling.sip.calls import Flow
from tests.support.doors import HOST, Doors, doors, is_cut_off, until_cut_off
from tests.support.sip_script import SDP, Says
from tests.support.waiting import until

pytestmark = pytest.mark.contract

INVITE = bytes(Says(body=SDP))
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def door() -> AsyncIterator[Doors]:
    async with doors("tcp") as opened:
        yield opened


async def connect(door: Doors) -> Streams:
    return await asyncio.open_connection(*door.at("tcp"))


async def test_messages_are_cut_from_the_stream_and_answered_on_it(door: Doors) -> None:
    reader, writer = await connect(door)
    writer.write(INVITE + INVITE[:20])
    data, flow = await door.user.message()
    assert data == INVITE
    writer.write(INVITE[20:])
    assert await door.user.message() == (INVITE, flow)
    door.send(flow, b"answer")
    assert await reader.readexactly(6) == b"answer"
    writer.close()
    assert await door.user.end() == flow


async def test_a_ping_is_answered(door: Doors) -> None:
    reader, writer = await connect(door)
    writer.write(b"\r\n\r\n")
    assert await reader.readexactly(2) == b"\r\n"
    writer.close()


async def test_what_is_no_sip_is_cut_off(door: Doors) -> None:
    reader, writer = await connect(door)
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert await is_cut_off(reader)
    writer.close()


async def test_who_says_nothing_is_cut_off_though_he_pings(
    door: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PARTIAL_TIMEOUT_S", 0.2)
    reader, writer = await connect(door)

    async def ping() -> None:
        while True:
            writer.write(b"\r\n\r\n")
            await asyncio.sleep(0.02)

    pinging = asyncio.create_task(ping())
    await until_cut_off(reader)
    pinging.cancel()
    writer.close()


async def test_a_dripping_message_is_cut_off_though_octets_keep_coming(
    door: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PARTIAL_TIMEOUT_S", 0.2)
    reader, writer = await connect(door)
    writer.write(INVITE)
    await door.user.message()

    async def drip() -> None:
        for octet in INVITE:
            writer.write(bytes([octet]))
            await asyncio.sleep(0.02)

    dripping = asyncio.create_task(drip())
    assert await is_cut_off(reader)
    dripping.cancel()
    writer.close()


async def test_an_idle_connection_is_closed_unless_somebody_needs_it(
    door: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "IDLE_TIMEOUT_S", 0.1)
    door.user.uses = True
    reader, writer = await connect(door)
    writer.write(INVITE)
    await door.user.message()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await reader.read()
    door.user.uses = False
    assert await is_cut_off(reader)
    writer.close()


@pytest.mark.parametrize("name", ["MAX_CONNECTIONS", "MAX_CONNECTIONS_PER_HOST"])
async def test_connections_are_bounded(door: Doors, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(connections, name, 2)
    held = [await connect(door) for _ in range(2)]
    for _, writer in held:
        writer.write(INVITE)
        await door.user.message()
    reader, refused = await connect(door)
    assert await is_cut_off(reader)
    assert len(door.connections) == 2
    held[0][1].close()
    await door.user.end()
    _, writer = await connect(door)
    writer.write(INVITE)
    await door.user.message()
    for closing in (refused, writer, held[1][1]):
        closing.close()


async def test_the_sixty_fifth_connection_of_one_address_is_refused(door: Doors) -> None:
    held = [await connect(door) for _ in range(64)]
    await until(lambda: len(door.connections) == 64, "the table full")
    reader, writer = await connect(door)
    assert await is_cut_off(reader)
    for _, closing in [*held, (reader, writer)]:
        closing.close()


async def test_a_peer_that_does_not_read_is_cut_off(door: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MAX_UNSENT", 1024)
    _, writer = await connect(door)
    writer.write(INVITE)
    _, flow = await door.user.message()
    for _ in range(1000):
        door.send(flow, bytes(64 * 1024))
        if not len(door.connections):
            break
        await asyncio.sleep(0)
    assert await door.user.end() == flow
    writer.close()


async def test_what_waits_for_a_connection_is_bounded(door: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MAX_UNSENT", len(INVITE))
    async with doors("tcp") as other:
        flow = other.towards("tcp", door.at("tcp"))
        other.send(flow, INVITE)
        other.send(flow, INVITE)
        await door.user.message()
        other.send(flow, b"OPTIONS" + INVITE.removeprefix(b"INVITE"))
        data, _ = await door.user.message()
        assert data.startswith(b"OPTIONS")


async def test_two_messages_to_one_address_share_a_connection(door: Doors) -> None:
    async with doors("tcp") as other:
        flow = other.towards("tcp", door.at("tcp"))
        other.send(flow, INVITE)
        other.send(flow, INVITE)
        first, second = await door.user.message(), await door.user.message()
        assert first == second
        door.send(first[1], INVITE)
        assert await other.user.message() == (INVITE, flow)


async def test_a_connection_that_is_gone_is_told(door: Doors) -> None:
    gone = Flow("tcp", (HOST, 1), door.at("tcp"), 77)
    door.send(gone, INVITE)
    assert await door.user.end() == gone


async def test_a_connection_that_is_refused_is_told() -> None:
    async with doors("tcp") as other:
        async with doors("tcp") as door:
            flow = other.towards("tcp", door.at("tcp"))
        other.send(flow, INVITE)
        assert await other.user.end() == flow
        assert len(other.connections) == 0


class Peer:
    """Somebody whom we connect to: takes an INVITE, then counts our pings and answers so many of them."""

    def __init__(self, answers: int) -> None:
        self.pings = 0
        self._answers = answers

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            await reader.readexactly(len(INVITE))
            while await reader.read(4) == b"\r\n\r\n":
                self.pings += 1
                if self.pings <= self._answers:
                    writer.write(b"\r\n")


@asynccontextmanager
async def used_connection(door: Doors, peer: Peer) -> AsyncIterator[Flow]:
    """A connection of ours that has a call."""
    async with await asyncio.start_server(peer.serve, HOST, 0) as server:
        door.user.uses = True
        flow = door.towards("tcp", server.sockets[0].getsockname()[:2])
        door.send(flow, INVITE)
        yield flow


async def test_a_used_connection_of_ours_is_pinged_and_kept_while_it_answers(
    door: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PING_AFTER_S", 0.05)
    monkeypatch.setattr(patience, "PONG_TIMEOUT_S", 20.0)
    peer = Peer(answers=1_000_000)
    async with used_connection(door, peer) as flow:
        await until(lambda: peer.pings >= 3, "pinged three times")
        assert len(door.connections) == 1
        door.user.uses = False
        assert await door.user.end() == flow


@pytest.mark.parametrize("has_answered", [True, False])
async def test_who_stops_answering_pings_is_given_up_but_not_who_never_did(
    door: Doors, monkeypatch: pytest.MonkeyPatch, has_answered: bool
) -> None:
    monkeypatch.setattr(patience, "PING_AFTER_S", 0.05)
    monkeypatch.setattr(patience, "PONG_TIMEOUT_S", 0.2)
    peer = Peer(answers=1 if has_answered else 0)
    async with used_connection(door, peer) as flow:
        if has_answered:
            assert await door.user.end() == flow
        else:
            await until(lambda: peer.pings >= 3, "pinged all the same")
            assert len(door.connections) == 1
