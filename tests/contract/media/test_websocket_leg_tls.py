"""The websocket leg over TLS: whom it believes, and servers that speak it badly."""

import asyncio
import functools
import socket
import ssl
from pathlib import Path

import pytest
import trustme
from aiohttp import WSMsgType, web

from media.control import WebsocketClosed, WebsocketFailed, WebsocketOpened
from media.legs import websocket
from tests.support.websocket_consumer import Call, consumer, serving

pytestmark = pytest.mark.contract


async def test_a_silent_server_that_is_to_speak_tls_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "HANDSHAKE_S", 2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        failed = await Call(listener.getsockname()[1], "wss://app.example/audio").notice()
    assert isinstance(failed, WebsocketFailed)
    assert failed.reason == "no TLS with the application: it says nothing within 2 s"
    assert not failed.timed_out


async def test_a_server_that_speaks_plain_http_is_no_tls() -> None:
    async with serving(consumer(until_first)) as port:
        failed = await Call(port, "wss://app.example/audio").notice()
    assert isinstance(failed, WebsocketFailed)
    assert failed.reason.startswith("no TLS with the application: [SSL: ")


async def test_who_closes_in_the_middle_of_tls_is_named_plainly() -> None:
    async def close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(close, "127.0.0.1", 0)
    async with server:
        failed = await Call(server.sockets[0].getsockname()[1], "wss://app.example/audio").notice()
    assert isinstance(failed, WebsocketFailed)
    assert "object at" not in failed.reason


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """A certificate authority that SSL_CERT_FILE names."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.crt")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.crt"))
    monkeypatch.setattr(websocket, "_tls", functools.cache(websocket._tls.__wrapped__))
    return authority


def server_tls(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context


async def until_first(ws: web.WebSocketResponse) -> None:
    message = await ws.receive()
    assert message.type is WSMsgType.TEXT
    await ws.close()


async def test_wss_is_verified_with_the_name_of_the_uri(authority: trustme.CA) -> None:
    tls = server_tls(authority, "app.example")
    names: list[str | None] = []
    tls.sni_callback = lambda _socket, name, _context: names.append(name)
    async with serving(consumer(until_first), tls) as port:
        call = Call(port, "wss://app.example/audio")
        assert isinstance(await call.notice(), WebsocketOpened)
        assert isinstance(await call.notice(), WebsocketClosed)
    assert names == ["app.example"]


async def test_wss_with_another_name_is_refused(authority: trustme.CA) -> None:
    async with serving(consumer(until_first), server_tls(authority, "other.example")) as port:
        failed = await Call(port, "wss://app.example/audio").notice()
    assert isinstance(failed, WebsocketFailed)
    assert "certificate" in failed.reason.lower()


@pytest.mark.usefixtures("authority")
async def test_wss_of_an_unknown_authority_is_refused() -> None:
    async with serving(consumer(until_first), server_tls(trustme.CA(), "app.example")) as port:
        failed = await Call(port, "wss://app.example/audio").notice()
    assert isinstance(failed, WebsocketFailed)
    assert "certificate" in failed.reason.lower()
