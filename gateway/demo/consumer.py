"""A websocket that takes part in a conversation: it says a tone and keeps what it hears."""

import asyncio
import contextlib
import itertools
import json
from typing import Any

import numpy as np
from aiohttp import WSMsgType, web

RATE_HZ = 16_000
FRAME_S = 0.02
FRAME_SAMPLES = int(RATE_HZ * FRAME_S)
MAX_HEARD_BYTES = 120 * RATE_HZ * 2
"""Two minutes: twice what a demonstration lasts."""


class Consumer:
    """A websocket server for one connection after the other."""

    def __init__(self, tone_hz: int, level_dbov: float = -20.0) -> None:
        self.tone_hz = tone_hz
        self.url = ""
        self.messages: list[dict[str, Any]] = []
        """The text messages, `websocket:connected` first."""
        self.connected = asyncio.Event()
        self.closed = asyncio.Event()
        self._heard = bytearray()
        self._tone = _tone(tone_hz, level_dbov)
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen on any free port; `url` is the address afterwards."""
        app = web.Application()
        app.router.add_get("/audio", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"ws://127.0.0.1:{self._runner.addresses[0][1]}/audio"

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def heard(self) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
        """Everything heard so far: mono samples at 16 kHz."""
        return np.frombuffer(bytes(self._heard), dtype="<i2").astype(np.int16)

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connected.set()
        speaking = asyncio.create_task(self._speak(socket))
        try:
            async for message in socket:
                if message.type is WSMsgType.BINARY and len(self._heard) < MAX_HEARD_BYTES:
                    self._heard += message.data
                elif message.type is WSMsgType.TEXT:
                    self.messages.append(json.loads(message.data))
        finally:
            speaking.cancel()
            self.closed.set()
        return socket

    async def _speak(self, socket: web.WebSocketResponse) -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        with contextlib.suppress(ConnectionError):
            for number, frame in enumerate(itertools.cycle(self._tone)):
                await socket.send_bytes(frame)
                await asyncio.sleep(max(0.0, start + (number + 1) * FRAME_S - loop.time()))


def _tone(hertz: int, level_dbov: float) -> list[bytes]:
    """One second of the tone as frames: whole hertz make it seamless when repeated."""
    amplitude = 32768 * np.sqrt(2) * 10 ** (level_dbov / 20)
    wave = np.round(amplitude * np.sin(2 * np.pi * hertz * np.arange(RATE_HZ) / RATE_HZ)).astype("<i2")
    return [wave[at : at + FRAME_SAMPLES].tobytes() for at in range(0, RATE_HZ, FRAME_SAMPLES)]
