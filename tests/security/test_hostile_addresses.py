"""Addresses that no application may name: whatever leads there and however it is spelled, nobody connects."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from gateway.demo.consumer import Consumer
from tests.conftest import StartGateway
from tests.support.ports import free_ports
from tests.support.rude_server import RudeServer, http, says
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp

pytestmark = pytest.mark.security

ALLOWED = "127.0.0.1/32"
FORBIDDEN = (
    "127.0.0.2",
    "127.2",
    "2130706434",
    "0x7f.2",
    "0x7f000002",
    "0177.0.0.2",
    "127。0。0。2",
    "１２７.0.0.2",
    "127.0.0.2.",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.2]",
    "[::ffff:7f00:2]",
    "shop.example@127.0.0.2",
    "127.0.0.1@127.0.0.2",
    "169.254.169.254",
)
"""Spellings of 127.0.0.2 and of ::1, on which somebody listens, and where clouds keep their secrets."""
SPEAKERS = {"content-type": "audio/l16;rate=16000"}


class Trap:
    """Listens where nobody may connect to, and counts who does."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connections = 0

    def count(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.close()


@pytest.fixture
async def trap(running: AsyncExitStack) -> AsyncIterator[Trap]:
    (port,) = free_ports(1)
    opened = Trap(port)
    hosts = ["127.0.0.2", "::1"] if _has_ipv6() else ["127.0.0.2"]
    async with await asyncio.start_server(opened.count, hosts, port):
        yield opened
        assert opened.connections == 0
        _, writer = await asyncio.open_connection("127.0.0.2", port)
        writer.close()
        await until(lambda: opened.connections, "the trap works")


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


async def test_no_action_leads_there(
    start_gateway: StartGateway, webhooks: WebhookApp, trap: Trap, running: AsyncExitStack
) -> None:
    gateway = await start_gateway(egress=[ALLOWED])
    app = await gateway.application(webhooks)
    bot = Consumer(tone_hz=0)
    running.push_async_callback(bot.stop)
    await bot.start()
    moved = says(http(302, b"", Location=f"http://127.0.0.2:{trap.port}/moved.wav"))
    async with RudeServer(moved) as mover:
        hosts = [f"{host}:{trap.port}" for host in FORBIDDEN]
        files = [_stream(url) for url in (*(f"http://{host}/" for host in hosts), mover.url)]
        questions = [_notify(url) for url in (*(f"http://{host}/" for host in hosts), mover.url)]
        sockets = [_connect(f"ws://127.0.0.2:{trap.port}/"), _connect(f"ws://[::1]:{trap.port}/")]
        last = [_speech(hosts[0]), _notify(f"{webhooks.url}/last")]
        callee = {"type": "websocket", "uri": bot.url, **SPEAKERS}
        caller = {"type": "phone", "number": "447700900000"}
        body = {"to": [callee], "from": caller, "ncco": [*files, *questions, *sockets, *last]}
        await gateway.rest.expect(201, "POST", "/v1/calls", app=app, body=body)
        await webhooks.wait("/last")
        assert len(mover.requests) == 2

    def complaints() -> int:
        return len([each for each in webhooks.hooks if "cannot be played" in each.fields.get("reason", "")])

    def failed() -> int:
        return len([each for each in webhooks.hooks if each.fields.get("status") == "failed"])

    await until(lambda: complaints() == len(files), "every file is told of")
    await until(lambda: failed() == len(sockets), "every socket is told of")


def _stream(url: str) -> dict[str, object]:
    return {"action": "stream", "streamUrl": [url]}


def _connect(uri: str) -> dict[str, object]:
    return {"action": "connect", "endpoint": [{"type": "websocket", "uri": uri, **SPEAKERS}]}


def _notify(url: str) -> dict[str, object]:
    return {"action": "notify", "payload": {}, "eventUrl": [url]}


def _speech(host: str) -> dict[str, object]:
    return {"action": "talk", "text": "Hi.", "provider": f"http://{host}/", "providerOptions": {"url": host}}
