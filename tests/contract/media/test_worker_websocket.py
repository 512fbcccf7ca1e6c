"""A websocket application in a room, through a real worker."""

import asyncio
import json
from collections import deque

import numpy as np
import pytest
from aiohttp import WSMsgType, web

from media.control import CloseLeg, Join, OpenWebsocket, WebsocketOpened
from tests.contract.media.conftest import Call
from tests.contract.media.test_worker import ANNA, BELA, SPOKEN, UNHEARD, steady
from tests.support.media_worker import PATIENCE_S, MediaWorker, level_dbov

pytestmark = pytest.mark.contract

BOT = 1300


class Bot:
    """An application that says a tone, in frames of 20 ms, and keeps what it hears and reads."""

    def __init__(self, rate: int) -> None:
        self.heard: deque[bytes] = deque(maxlen=1000)
        self.texts: list[dict[str, object]] = []
        self._rate = rate
        self._news = asyncio.Event()

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        mouth = asyncio.create_task(self._speak(ws))
        async for message in ws:
            if message.type is WSMsgType.BINARY:
                self.heard.append(message.data)
            else:
                self.texts.append(json.loads(message.data))
            self._news.set()
        mouth.cancel()
        return ws

    async def listen(self, frames: int) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
        """The next frames, at 8 kHz."""
        self.heard.clear()
        async with asyncio.timeout(PATIENCE_S):
            while len(self.heard) < frames:
                self._news.clear()
                await self._news.wait()
        return np.frombuffer(b"".join(self.heard), "<i2")[:: self._rate // 8000]

    async def pressed(self) -> dict[str, object]:
        """The first digit that it was told of."""
        async with asyncio.timeout(PATIENCE_S):
            while not (digits := [text for text in self.texts if text["event"] == "websocket:dtmf"]):
                self._news.clear()
                await self._news.wait()
        return digits[0]

    async def _speak(self, ws: web.WebSocketResponse) -> None:
        loop, due, at = asyncio.get_running_loop(), asyncio.get_running_loop().time(), 0
        samples = self._rate // 50
        while True:
            wave = 32768 * 10 ** (SPOKEN / 20) * np.sqrt(2)
            phase = 2 * np.pi * BOT * np.arange(at, at + samples) / self._rate
            await ws.send_bytes((wave * np.sin(phase)).astype("<i2").tobytes())
            at += samples
            due += 0.02
            await asyncio.sleep(max(due - loop.time(), 0))


@pytest.mark.parametrize("rate", [8000, 16000])
async def test_a_bot_and_two_people(worker: MediaWorker, call: Call, rate: int) -> None:
    bot = Bot(rate)
    app = web.Application()
    app.router.add_get("/bot", bot.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        worker.do(
            OpenWebsocket(
                leg="bot",
                uri="ws://bot.example/bot",
                address="127.0.0.1",
                port=port,
                rate=rate,  # type: ignore[arg-type]
                first_message='{"event":"websocket:connected"}',
            )
        )
        await worker.told(WebsocketOpened, leg="bot")
        anna, bela = await call("a", ANNA), await call("b", BELA)
        for leg in ("bot", "a", "b"):
            worker.do(Join(leg=leg, room="r"))
        audio = await steady(anna)
        assert level_dbov(audio, BOT) == pytest.approx(SPOKEN, abs=3)
        assert level_dbov(audio, BELA) == pytest.approx(SPOKEN, abs=2)
        audio = await bot.listen(50)
        assert level_dbov(audio, ANNA) == pytest.approx(SPOKEN, abs=2)
        assert level_dbov(audio, BELA) == pytest.approx(SPOKEN, abs=2)
        assert level_dbov(audio, BOT) < UNHEARD
        bela.press(4)
        assert (await bot.pressed())["digit"] == "4"
        worker.do(CloseLeg(leg="bot"))
        assert level_dbov(await steady(anna), BOT) < UNHEARD
    finally:
        await runner.cleanup()
