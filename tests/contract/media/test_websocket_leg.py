"""The websocket leg against real websocket servers on loopback, well-behaved and not."""

import asyncio
import json
import socket
import struct

import pytest
from aiohttp import WSMsgType, web

from media.control import WebsocketClosed, WebsocketFailed, WebsocketOpened
from media.legs import websocket
from media.legs.websocket import MAX_MESSAGE
from media.legs.websocket_protocol import MAX_OUTGOING
from tests.support.websocket_consumer import FIRST, PATIENCE_S, Call, consumer, read, serving

pytestmark = pytest.mark.contract


async def test_a_conversation_with_an_application() -> None:
    said: asyncio.Queue[str | bytes] = asyncio.Queue()
    requests: list[web.Request] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        requests.append(request)
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        await ws.send_bytes(b"\1" * 640 + b"\2" * 8)
        await ws.send_bytes(b"\2" * 312)
        await ws.send_str('{"action":"notify","payload":{"sentence": 1}}')
        async for message in ws:
            said.put_nowait(message.data)
        return ws

    async with serving(handle) as port:
        call = Call(port, f"ws://app.example:{port}/audio?id=7", Authorization="Bearer abc")
        assert await call.notice() == WebsocketOpened(leg="L")
        assert await read(said) == FIRST

        call.engine.heard.append(b"\7" * 320)
        call.leg.tick()
        assert await read(said) == b"\7" * 320

        call.leg.send_dtmf("5", 260)
        assert json.loads(await read(said)) == {"event": "websocket:dtmf", "digit": "5", "duration": 260}

        while call.engine.played < 3:
            await asyncio.sleep(0)
            call.leg.tick()
            call.engine.play()
        call.leg.tick()
        assert call.engine.mixed == [b"\1" * 320, b"\1" * 320, b"\2" * 320]
        assert await read(said) == '{"event":"websocket:notify","payload":{"sentence": 1}}'

        await call.end()
    request = requests[0]
    assert request.headers["Host"] == f"app.example:{port}"
    assert request.headers["Authorization"] == "Bearer abc"
    assert request.path_qs == "/audio?id=7"
    assert "Sec-WebSocket-Extensions" not in request.headers


async def test_clear_is_answered() -> None:
    async def talk(ws: web.WebSocketResponse) -> None:
        await ws.receive_str()
        await ws.send_str('{"action":"clear"}')
        assert await ws.receive_str() == '{"event":"websocket:cleared"}'
        await ws.close(code=4000, message=b"heard it")

    async with serving(consumer(talk)) as port:
        call = Call(port)
        assert await call.notice() == WebsocketOpened(leg="L")
        assert await call.notice() == WebsocketClosed(leg="L", code=4000, reason="heard it")
        await call.life


async def test_audio_from_before_the_connection_is_not_sent() -> None:
    said: asyncio.Queue[str | bytes] = asyncio.Queue()
    admitted = asyncio.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        await admitted.wait()
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        async for message in ws:
            said.put_nowait(message.data)
        return ws

    async with serving(handle) as port:
        call = Call(port)
        call.engine.heard.append(b"\1" * 320)
        call.leg.tick()
        call.leg.send_dtmf("1", 100)
        admitted.set()
        assert isinstance(await call.notice(), WebsocketOpened)
        call.engine.heard.append(b"\2" * 320)
        call.leg.tick()
        assert await read(said) == FIRST
        assert await read(said) == b"\2" * 320
        await call.end()


async def test_a_refusal_has_its_status() -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        return web.Response(status=503)

    async with serving(handle) as port:
        failed = await Call(port).notice()
    assert isinstance(failed, WebsocketFailed)
    assert (failed.status, failed.timed_out) == (503, False)


async def test_a_redirect_is_not_followed() -> None:
    paths: list[str] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        paths.append(request.path)
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    async with serving(handle) as port:
        failed = await Call(port).notice()
    assert isinstance(failed, WebsocketFailed)
    assert failed.status == 302
    assert paths == ["/audio"]


async def test_an_absent_application_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    failed = await Call(port).notice()
    assert isinstance(failed, WebsocketFailed)
    assert failed.reason == "cannot connect: Connection refused"
    assert failed.status is None


async def test_a_server_that_speaks_no_http_is_a_failure() -> None:
    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-hello\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with server:
        failed = await Call(server.sockets[0].getsockname()[1]).notice()
    assert isinstance(failed, WebsocketFailed)


async def test_credentials_in_the_uri_are_not_sent() -> None:
    headers: list[str] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        headers.extend(f"{name}: {value}" for name, value in request.headers.items())
        return web.Response(status=404)

    async with serving(handle) as port:
        await Call(port, "ws://ann:sesame@app.example/audio").notice()
    assert "Host: app.example" in headers
    assert not [header for header in headers if "Authorization" in header or "sesame" in header]


async def test_an_application_that_answers_no_ping_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "HEARTBEAT_S", 0.1)
    pinged = asyncio.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        ws = web.WebSocketResponse(autoping=False)
        await ws.prepare(request)
        async for message in ws:
            if message.type is WSMsgType.PING:
                pinged.set()
        return ws

    async with serving(handle) as port:
        call = Call(port)
        assert isinstance(await call.notice(), WebsocketOpened)
        await asyncio.wait_for(pinged.wait(), PATIENCE_S)
        closed = await call.notice()
    assert isinstance(closed, WebsocketClosed)
    assert closed.code == 1006


async def test_a_silent_server_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "HANDSHAKE_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        failed = await Call(listener.getsockname()[1]).notice()
    assert isinstance(failed, WebsocketFailed)
    assert failed.timed_out


@pytest.mark.parametrize("uri", ["ftp://app.example/", "ws://", "nonsense"])
async def test_what_is_no_websocket_uri_is_a_failure(uri: str) -> None:
    assert isinstance(await Call(1, uri).notice(), WebsocketFailed)


async def test_a_uri_may_name_an_address_in_a_name_s_place() -> None:
    hosts: list[str] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        hosts.append(request.headers["Host"])
        return web.Response(status=404)

    async with serving(handle) as port:
        failed = await Call(port, "ws://[2001:db8::1]:99/audio").notice()
    assert isinstance(failed, WebsocketFailed)
    assert failed.status == 404
    assert hosts == ["[2001:db8::1]:99"]


async def test_headers_that_would_split_the_request_are_a_failure() -> None:
    async with serving(consumer(lambda ws: ws.close())) as port:  # type: ignore[arg-type, return-value]
        failed = await Call(port, Authorization="a\r\nX-Evil: b").notice()
    assert isinstance(failed, WebsocketFailed)


async def test_close_while_connecting_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        call = Call(listener.getsockname()[1])
        await asyncio.sleep(0)
        await call.end()


async def test_a_message_that_is_too_large_ends_the_leg() -> None:
    async def talk(ws: web.WebSocketResponse) -> None:
        await ws.send_bytes(bytes(MAX_MESSAGE + 1))
        async for _ in ws:
            pass

    async with serving(consumer(talk)) as port:
        call = Call(port)
        assert isinstance(await call.notice(), WebsocketOpened)
        closed = await call.notice()
    assert isinstance(closed, WebsocketClosed)
    assert closed.code == 1009


async def test_a_message_of_endless_fragments_ends_the_leg() -> None:
    async def talk(ws: web.WebSocketResponse) -> None:
        assert ws._req is not None
        assert ws._req.transport is not None
        ws._req.transport.write(b"\x02\x01a")
        for _ in range(MAX_MESSAGE // 1000 + 1):
            ws._req.transport.write(b"\x00\x7e\x03\xe8" + bytes(1000))
        async for _message in ws:
            pass

    async with serving(consumer(talk)) as port:
        call = Call(port)
        assert isinstance(await call.notice(), WebsocketOpened)
        closed = await call.notice()
    assert isinstance(closed, WebsocketClosed)
    assert closed.code == 1009
    assert not call.engine.waiting


async def test_a_connection_that_breaks_is_abnormal() -> None:
    async def talk(ws: web.WebSocketResponse) -> None:
        await ws.receive_str()
        transport = ws.get_extra_info("socket")
        transport.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.shutdown(socket.SHUT_RDWR)

    async with serving(consumer(talk)) as port:
        call = Call(port)
        assert isinstance(await call.notice(), WebsocketOpened)
        closed = await call.notice()
    assert isinstance(closed, WebsocketClosed)
    assert closed.code == 1006


async def test_a_consumer_that_never_reads_loses_audio_and_stops_nothing() -> None:
    deaf = asyncio.Event()

    async def talk(ws: web.WebSocketResponse) -> None:
        # Unread data fills the socket, as with an application that hangs.
        transport = ws.get_extra_info("socket")
        transport.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        assert ws._req is not None
        assert ws._req.transport is not None
        ws._req.transport.pause_reading()
        await deaf.wait()

    async with serving(consumer(talk)) as port:
        call = Call(port)
        assert isinstance(await call.notice(), WebsocketOpened)
        for _ in range(100_000):
            call.engine.heard.append(bytes(320))
            call.leg.tick()
            await asyncio.sleep(0)
            if call.leg.protocol.dropped_outgoing > 200:
                break
        assert call.leg.protocol.dropped_outgoing > 200
        assert len(call.leg.protocol.outgoing) == MAX_OUTGOING
        await call.end()
        deaf.set()


async def test_a_burst_of_tiny_messages_is_put_together() -> None:
    async def talk(ws: web.WebSocketResponse) -> None:
        for _ in range(320):
            await ws.send_bytes(b"\1")
        await ws.close()

    async with serving(consumer(talk)) as port:
        call = Call(port)
        assert isinstance(await call.notice(), WebsocketOpened)
        assert isinstance(await call.notice(), WebsocketClosed)
        call.leg.protocol.tick()
        assert list(call.engine.waiting) == [b"\1" * 320]
