"""The applications at the other end of websocket legs, and the worker between them and a phone."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from aiohttp import ClientConnectionResetError, WSMsgType, web

from media.control import Join, OpenWebsocket, WebsocketOpened
from tests.bench import machine
from tests.support.media_worker import MediaWorker

Talk = Callable[[web.WebSocketResponse], Awaitable[None]]


class Echo:
    """Applications that send back every frame that they get."""

    def __init__(self) -> None:
        self.heard = 0
        """Frames of all of them together."""

    async def talk(self, socket: web.WebSocketResponse) -> None:
        """One of them."""
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                self.heard += 1
                await socket.send_bytes(message.data)


@asynccontextmanager
async def worker_for(max_legs: int) -> AsyncIterator[MediaWorker]:
    """A worker on the CPU of what is measured, and the bench on the other."""
    with machine.pinned(machine.SERVED_CPU):
        worker = await MediaWorker("--max-legs", str(max_legs)).__aenter__()
    try:
        with machine.pinned(machine.BENCH_CPU):
            yield worker
    finally:
        await worker.__aexit__(None, None, None)


@asynccontextmanager
async def serving(talk: Talk) -> AsyncIterator[int]:
    """The port of a server whose websockets do what `talk` says."""

    async def handle(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        # The end of a measurement is the worker's, often in the middle of an answer.
        with suppress(ClientConnectionResetError):
            await talk(socket)
        return socket

    app = web.Application()
    app.router.add_get("/", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def connect(worker: MediaWorker, leg: str, port: int, rate: int, room: str) -> None:
    """A websocket leg in a room."""
    worker.do(
        OpenWebsocket(
            leg=leg,
            uri="ws://bot.example/",
            address="127.0.0.1",
            port=port,
            rate=rate,  # type: ignore[arg-type]
            first_message='{"event":"websocket:connected"}',
        )
    )
    await worker.told(WebsocketOpened, leg=leg)
    worker.do(Join(leg=leg, room=room))
