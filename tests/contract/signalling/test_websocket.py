"""SIP over WebSocket (RFC 7118) on loopback, with two clients that we did not write."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from signalling.io import patience, websocket
from tests.support.doors import Doors, doors, is_cut_off, tls_files
from tests.support.sip_script import SDP, Says
from tests.support.waiting import until

pytestmark = pytest.mark.contract

INVITE = bytes(Says(body=SDP))
SIP = [Subprotocol("sip")]


@pytest.fixture
async def door() -> AsyncIterator[Doors]:
    async with doors("ws") as opened:
        yield opened


def url(door: Doors) -> str:
    host, port = door.at("ws")
    return f"ws://{host}:{port}/"


async def test_a_message_a_frame_both_ways(door: Doors) -> None:
    async with connect(url(door), subprotocols=SIP) as client:
        assert client.subprotocol == "sip"
        assert client.response is not None
        assert "Sec-WebSocket-Extensions" not in client.response.headers
        await client.send(INVITE.decode())
        data, flow = await door.user.message()
        assert (data, flow.transport) == (INVITE, "ws")
        door.send(flow, INVITE)
        assert await client.recv() == INVITE.decode()
        await client.send(INVITE)
        assert await door.user.message() == (INVITE, flow)
        door.send(flow, INVITE)
        assert await client.recv() == INVITE
    assert await door.user.end() == flow


async def test_the_same_with_another_client(door: Doors) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(url(door), protocols=["sip"]) as client:
        assert (client.protocol, client.compress) == ("sip", 0)
        await client.send_str(INVITE.decode())
        data, flow = await door.user.message()
        assert data == INVITE
        door.send(flow, INVITE)
        assert (await client.receive_str()).encode() == INVITE
    assert await door.user.end() == flow


async def test_over_tls(tmp_path: Path) -> None:
    files, made = tls_files(tmp_path)
    async with doors("wss", tls=files) as door:
        host, port = door.at("wss")
        context = ssl.create_default_context(cafile=str(made.authority))
        async with connect(f"wss://{host}:{port}/", subprotocols=SIP, ssl=context) as client:
            await client.send(INVITE.decode())
            data, flow = await door.user.message()
            assert (data, flow.transport) == (INVITE, "wss")
            door.send(flow, INVITE)
            assert await client.recv() == INVITE.decode()


async def test_a_message_in_pieces_is_put_together(door: Doors) -> None:
    async with connect(url(door), subprotocols=SIP) as client:
        await client.send([INVITE[:10], INVITE[10:300], INVITE[300:]])
        assert (await door.user.message())[0] == INVITE


async def test_keep_alives_of_both_kinds_are_answered(door: Doors) -> None:
    async with connect(url(door), subprotocols=SIP) as client:
        await client.send("\r\n\r\n")
        assert await client.recv() == "\r\n"
        async with asyncio.timeout(20):
            await (await client.ping())
    assert door.user.received.empty()


async def test_a_client_that_speaks_no_sip_is_refused(door: Doors) -> None:
    for offered in (None, [Subprotocol("chat")]):
        with pytest.raises(InvalidStatus) as refused:
            async with connect(url(door), subprotocols=offered):
                pass
        assert refused.value.response.status_code == 400
    await until(lambda: len(door.connections) == 0, "nothing left open")


@pytest.mark.parametrize("pieces", [1, 4])
async def test_a_message_that_is_too_long_ends_the_connection(door: Doors, pieces: int) -> None:
    length = websocket.MAX_MESSAGE // pieces + 1
    async with connect(url(door), subprotocols=SIP) as client:
        await client.send(b"x" * length if pieces == 1 else [b"x" * length] * pieces)
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
    await until(lambda: len(door.connections) == 0, "nothing left open")
    assert door.user.received.empty()


async def test_what_is_no_websocket_is_cut_off(door: Doors) -> None:
    reader, writer = await asyncio.open_connection(*door.at("ws"))
    writer.write(INVITE)
    assert await is_cut_off(reader)
    writer.close()


@pytest.mark.parametrize("octets", [b"", b"GET / HTTP/1.1\r\nHost: a\r\n"], ids=["silent", "half"])
async def test_an_upgrade_that_does_not_end_is_cut_off(
    door: Doors, monkeypatch: pytest.MonkeyPatch, octets: bytes
) -> None:
    monkeypatch.setattr(patience, "HANDSHAKE_TIMEOUT_S", 0.3)
    reader, writer = await asyncio.open_connection(*door.at("ws"))
    writer.write(octets)
    assert await is_cut_off(reader)
    writer.close()


async def test_a_message_whose_last_piece_does_not_come_is_cut_off(
    door: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connect(url(door), subprotocols=SIP) as client:
        await client.send(INVITE.decode())
        await door.user.message()
        monkeypatch.setattr(patience, "PARTIAL_TIMEOUT_S", 0.3)

        async def pieces() -> AsyncIterator[bytes]:
            while True:
                yield b"x"
                await asyncio.sleep(0.02)

        with pytest.raises(ConnectionClosed):
            async with asyncio.timeout(20):
                await client.send(pieces())


async def test_we_never_open_one(door: Doors) -> None:
    flow = door.towards("ws", door.at("ws"))
    door.send(flow, INVITE)
    assert await door.user.end() == flow
