"""Garbage at every door of a running gateway: it says no where somebody listens, and lives on."""

import asyncio
import json
import random
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from io import BytesIO

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from gateway.demo.phone import Phone
from tests.conftest import StartGateway, StartPhone
from tests.support.gateway import RunningGateway
from tests.support.line import Line, talk
from tests.support.webhook_app import Hook, WebhookApp

pytestmark = pytest.mark.security

HUGE = 3 * 2**20
BAD_SDP = b"Content-Type: application/sdp\r\nContent-Length: 22\r\n\r\nv=0\r\nm=audio x y z\r\n"


@pytest.fixture
async def gateway(start_gateway: StartGateway) -> AsyncIterator[RunningGateway]:
    """A gateway that must be the same healthy process after the test, its log without exceptions of ours."""
    running = await start_gateway()
    pid = running.pid
    yield running
    assert running.pid == pid
    assert (await running.rest.request("GET", "/health")).status == 200
    assert re.search(r'File ".*/(gateway|signalling|media)/\w', running.words()) is None, running.words()


@pytest.fixture
async def line(gateway: RunningGateway, webhooks: WebhookApp) -> Line:
    return await Line.rent(gateway, webhooks)


# SIP


def options_request(call_id: str, transport: str) -> bytes:
    lines = [
        "OPTIONS sip:127.0.0.1 SIP/2.0",
        f"Via: SIP/2.0/{transport} 127.0.0.1:5099;rport;branch=z9hG4bK{call_id}",
        "From: <sip:tester@127.0.0.1>;tag=1",
        "To: <sip:127.0.0.1>",
        f"Call-ID: {call_id}",
        "CSeq: 1 OPTIONS",
        "Max-Forwards: 70",
        "Content-Length: 0",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def sip_garbage() -> list[bytes]:
    """Noise, and messages that are wrong in one place."""
    noise = random.Random(7)
    good = options_request("good", "UDP")
    invite = good.replace(b"OPTIONS", b"INVITE")
    return [
        b"",
        b"\0" * 1000,
        b"\r\n\r\n",
        *(noise.randbytes(size) for size in (1, 20, 300, 1400)),
        *(with_flipped_bits(good, noise) for _ in range(50)),
        *(good[:size] for size in range(0, len(good), 17)),
        good.replace(b"CSeq: 1", b"CSeq: 99999999999999999999"),
        good.replace(b"Content-Length: 0", b"Content-Length: -1"),
        good.replace(b"Content-Length: 0", b"Content-Length: 999999999999"),
        good.replace(b"Max-Forwards: 70", b"Max-Forwards: seventy"),
        good.replace(b"Via:", b"Via: ;;;;,,,," * 100 + b"\r\nVia:"),
        good.replace(b"From: ", b"From: " + b"(" * 1000),
        good.replace(b"Call-ID: good\r\n", b""),
        b"SIP/2.0 200 OK\r\n" + good.split(b"\r\n", 1)[1],
        b"SIP/2.0 999999 " + b"A" * 60_000,
        invite.replace(b"Content-Length: 0\r\n\r\n", BAD_SDP),
        invite.replace(b"Call-ID: good", b"Call-ID: " + b"x" * 50_000),
    ]


def with_flipped_bits(message: bytes, noise: random.Random) -> bytes:
    """About one byte in fifty is wrong by one bit."""
    return bytes(byte ^ (1 << noise.randrange(8)) if noise.random() < 0.02 else byte for byte in message)


async def ask_by_udp(port: int, *datagrams: bytes) -> bytes:
    """Send them all, then a good OPTIONS; the response to that one."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.bind(("127.0.0.1", 0))
        for datagram in datagrams:
            await loop.sock_sendto(sock, datagram, ("127.0.0.1", port))
        for _ in range(5):
            await loop.sock_sendto(sock, options_request("afterwards", "UDP"), ("127.0.0.1", port))
            try:
                async with asyncio.timeout(2):
                    while b"Call-ID: afterwards" not in (response := await loop.sock_recv(sock, 65_536)):
                        pass
            except TimeoutError:
                continue
            return response
    raise AssertionError("SIP is silent")


async def test_sip_over_udp(gateway: RunningGateway) -> None:
    response = await ask_by_udp(gateway.sip_port, *sip_garbage())
    assert response.startswith(b"SIP/2.0 200")


async def test_sip_over_tcp(gateway: RunningGateway) -> None:
    for garbage in sip_garbage():
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.sip_port)
        try:
            writer.write(garbage)
            writer.write_eof()
            async with asyncio.timeout(5):
                while await reader.read(65_536):
                    pass
        except ConnectionError:
            pass
        finally:
            writer.close()
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.sip_port)
    writer.write(b"\r\n\r\n" + options_request("whole", "TCP"))
    async with asyncio.timeout(5):
        response = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    assert response.startswith(b"SIP/2.0 200")


# HTTP


BAD_REQUESTS = [
    ("POST", "/v1/calls", b"{", 400),
    ("POST", "/v1/calls", b"[]", 400),
    ("POST", "/v1/calls", b"null", 400),
    ("POST", "/v1/calls", b"\xff\xfe\x00", 400),
    ("POST", "/v1/calls", json.dumps({"to": 7, "ncco": []}).encode(), 400),
    (
        "POST",
        "/v1/calls",
        json.dumps({"to": [{"type": "sip", "uri": "sip:"}], "ncco": [{}]}).encode(),
        400,
    ),
    ("POST", "/v1/calls", b"[" * 50_000, 400),
    ("POST", "/v1/calls", b'{"to":"' + b"x" * HUGE + b'"}', 413),
    ("PUT", "/v1/calls/not-a-uuid", b'{"action":"hangup"}', 404),
    ("GET", "/v1/calls/63f61863-4a51-4f6b-86e1-46edebcf9356", b"", 404),
    ("GET", "/v1/calls?page_size=many", b"", 400),
    ("GET", "/beta/conversations/CON-%00%ff/events", b"", 404),
    ("POST", "/beta/conversations/CON-x/events", b'{"type":5}', 404),
    ("GET", "/v1/files/..%2f..%2fetc%2fpasswd", b"", 404),
    ("GET", "/nothing/here", b"", 404),
    ("DELETE", "/health", b"", 405),
]


async def test_http_requests(line: Line) -> None:
    headers = {"Authorization": f"Bearer {line.app.token()}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as session:
        for method, path, body, status in BAD_REQUESTS:
            url = URL(line.gateway.url + path, encoded=True)
            async with session.request(method, url, data=BytesIO(body)) as response:
                told = f"{method} {path} {body[:40]!r}: {response.status} {await response.text()}"
                assert response.status == status, told
                assert response.content_type.endswith("json"), told
                assert await response.json(content_type=None), "an error has a body that says what is wrong"


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b.c", "." * 5000, "eyJhbGciOiJub25lIn0.eyJhcHBsaWNhdGlvbl9pZCI6IngifQ."],
)
async def test_http_tokens(gateway: RunningGateway, token: str) -> None:
    async with aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bearer {token}"}
        async with session.get(f"{gateway.url}/v1/calls", headers=headers) as response:
            assert response.status == 401


async def test_bytes_that_are_not_http(gateway: RunningGateway) -> None:
    noise = random.Random(7)
    for garbage in (b"\0" * 100, noise.randbytes(2000), b"GET / HTTP/9.9\r\n\r\n", b"GET " + b"/" * 100_000):
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.http_port)
        writer.write(garbage)
        writer.write_eof()
        try:
            async with asyncio.timeout(5):
                await reader.read()
        except ConnectionError:
            pass
        finally:
            writer.close()


# NCCO


def page(text: str, content_type: str = "application/json", status: int = 200) -> web.Response:
    return web.Response(text=text, content_type=content_type, status=status)


BAD_NCCOS: dict[str, Callable[[], object]] = {
    "syntax": lambda: page('[{"action": "talk"'),
    "not a list": lambda: {"action": "talk", "text": "x"},
    "not objects": lambda: ["talk"],
    "no action": lambda: [{"text": "x"}],
    "unknown action": lambda: [{"action": "dance"}],
    "wrong type": lambda: [{"action": "talk", "text": 5}],
    "missing option": lambda: [{"action": "connect"}],
    "wrong endpoint": lambda: [{"action": "connect", "endpoint": [{"type": "sip", "uri": "http://x"}]}],
    "out of range": lambda: [{"action": "talk", "text": "x", "level": 99}],
    "html": lambda: page("<html>404 somewhere</html>", "text/html"),
    "error": lambda: page("oops", "text/plain", 500),
    "not text": lambda: web.Response(body=b"\xff\xfe\x00\x01", content_type="application/json"),
    "huge": lambda: [{"action": "talk", "text": "x" * HUGE}],
    "deep": lambda: page("[" * 50_000),
}


async def test_nccos_of_the_answer_webhook(line: Line, start_phone: StartPhone) -> None:
    anna = await start_phone("447700000001")
    for name, bad_ncco in BAD_NCCOS.items():
        line.webhooks.on("/answer", lambda _: bad_ncco())  # noqa: B023 - replaced before the next one
        await expect_an_end_with_a_reason(line, anna, name)


async def expect_an_end_with_a_reason(line: Line, anna: Phone, name: str) -> None:
    """The call ends, and the application is told why."""
    await anna.call(line.uri)
    answer = await line.webhooks.wait("/answer")
    await anna.wait("closed", timeout=20)
    conversation_id = answer.fields["conversation_uuid"]

    def tells_why(hook: Hook) -> bool:
        return bool(hook.fields.get("reason")) and hook.fields["conversation_uuid"] == conversation_id

    await line.webhooks.wait_for(tells_why, f"error webhook for the NCCO {name!r}")
    await line.webhooks.wait(status="completed", uuid=answer.fields["uuid"])


async def test_a_bad_first_answer_and_a_good_fallback(
    gateway: RunningGateway, webhooks: WebhookApp, start_phone: StartPhone
) -> None:
    rest = gateway.rest
    app = await rest.create_application(webhooks.answer_url, webhooks.event_url, f"{webhooks.url}/fallback")
    number = await gateway.number_for(app)
    webhooks.on("/answer", lambda _: [{"action": "dance"}])
    webhooks.on("/fallback", lambda _: [talk("Good bye.")])
    anna = await start_phone("447700000001")
    await anna.call(gateway.sip_uri(number))
    fallback = await webhooks.wait("/fallback")
    await anna.wait("established")
    await anna.wait("closed", timeout=20)

    assert fallback.fields["reason"]
    assert "original_request" in fallback.fields


# Websocket


async def test_a_websocket_application_that_talks_nonsense(
    line: Line, start_phone: StartPhone, running: AsyncExitStack
) -> None:
    done = asyncio.Event()

    async def take(request: web.Request) -> web.WebSocketResponse:
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        await websocket.receive()
        texts = (
            "",
            "ok",
            "{",
            "[]",
            "null",
            '{"action": 5}',
            '{"action": "dance"}',
            '{"action":"notify"}',
            "x" * 60_000,
        )
        for text in texts:
            await websocket.send_str(text)
        for size in (0, 1, 7, 639, 641, 64_000):
            await websocket.send_bytes(b"\x01" * size)
        await websocket.send_str('{"action":"notify","payload":{"still":"here"}}')
        async for message in websocket:
            if message.type is aiohttp.WSMsgType.TEXT and "still" in message.data:
                done.set()
                break
        await websocket.close()
        return websocket

    app = web.Application()
    app.router.add_get("/ws", take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    running.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    uri = f"ws://127.0.0.1:{runner.addresses[0][1]}/ws"
    endpoint = {"type": "websocket", "uri": uri, "content-type": "audio/l16;rate=16000"}
    line.webhooks.answer({"action": "connect", "endpoint": [endpoint]})
    anna = await start_phone("447700000001", 440)
    await anna.call(line.uri)
    async with asyncio.timeout(20):
        await done.wait()

    await line.webhooks.wait(to=uri, status="disconnected")
    over = await line.webhooks.wait(to=uri, status="completed")
    await anna.wait("closed")
    assert over.fields["disconnected_by"] == "user"
