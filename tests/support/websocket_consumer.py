"""Websocket servers on loopback, and a leg that calls them."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from media.control import Notice, OpenWebsocket
from media.legs.websocket import WebsocketLeg
from tests.support.frame_port import FakePort

FIRST = '{"event":"websocket:connected","content-type":"audio/l16;rate=8000","customer":"42"}'
PATIENCE_S = 20

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Talk = Callable[[web.WebSocketResponse], Awaitable[None]]


def consumer(talk: Talk) -> Handler:
    """A handler that upgrades and then talks."""

    async def handle(request: web.Request) -> web.StreamResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        await talk(ws)
        return ws

    return handle


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """The port of an HTTP server that sends everything to the handler."""
    app = web.Application()
    app.router.add_get("/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    listener = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listener, ssl_context=tls).start()
    try:
        yield listener.getsockname()[1]
    finally:
        await runner.cleanup()


class Call:
    """A leg with its port and what it told."""

    def __init__(self, port: int, uri: str = "ws://app.example/audio", **headers: str) -> None:
        command = OpenWebsocket(
            leg="L", uri=uri, address="127.0.0.1", port=port, rate=8000, first_message=FIRST, headers=headers
        )
        self.engine = FakePort()
        self.told: asyncio.Queue[Notice] = asyncio.Queue()
        self.leg = WebsocketLeg(command, self.engine, self.told.put_nowait)
        self.life = asyncio.create_task(self.leg.run())

    async def notice(self) -> Notice:
        return await asyncio.wait_for(self.told.get(), PATIENCE_S)

    async def end(self) -> None:
        self.leg.close()
        await asyncio.wait_for(self.life, PATIENCE_S)
        assert self.told.empty()


async def read(queue: "asyncio.Queue[str | bytes]") -> str | bytes:
    return await asyncio.wait_for(queue.get(), PATIENCE_S)
