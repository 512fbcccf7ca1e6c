"""A websocket application in a room, through a real worker. The application is the package websockets."""

import asyncio
import itertools
import json
import socket
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import numpy as np
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from media.control import CloseLeg, Join, LegQuality, OpenWebsocket, WebsocketOpened
from tests.contract.media.conftest import Call
from tests.contract.media.test_worker import ANNA, BELA, SPOKEN, UNHEARD, steady
from tests.support.media_exchange import level
from tests.support.media_worker import FRAME, PATIENCE_S, MediaWorker, Telephone, level_dbov

pytestmark = pytest.mark.contract

BOT = 1300
RECEIVE_BUFFER = 4096
"""Octets that the system takes for an application which does not read."""

Talk = Callable[[ServerConnection], Awaitable[None]]


def tone(samples: int, rate: int, at: int = 0) -> bytes:
    """The bot's tone, as little-endian 16-bit samples."""
    wave = 32768 * 10 ** (SPOKEN / 20) * np.sqrt(2)
    phase = 2 * np.pi * BOT * np.arange(at, at + samples) / rate
    return bytes((wave * np.sin(phase)).astype("<i2"))


@asynccontextmanager
async def bot(worker: MediaWorker, talk: Talk, rate: int = 8000, room: str = "r") -> AsyncIterator[None]:
    """A leg "bot" in the room, whose application does what `talk` says."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        async with serve(talk, sock=listener, ping_interval=None, close_timeout=0.1):
            worker.do(
                OpenWebsocket(
                    leg="bot",
                    uri="ws://bot.example/bot",
                    address="127.0.0.1",
                    port=listener.getsockname()[1],
                    rate=rate,  # type: ignore[arg-type]
                    first_message='{"event":"websocket:connected"}',
                )
            )
            await worker.told(WebsocketOpened, leg="bot")
            worker.do(Join(leg="bot", room=room))
            yield


class Talker:
    """An application that says a tone, in frames of 20 ms, and keeps what it hears and reads."""

    def __init__(self, rate: int) -> None:
        self.heard: deque[bytes] = deque(maxlen=1000)
        self.texts: list[dict[str, object]] = []
        self._rate = rate
        self._news = asyncio.Event()

    async def talk(self, ws: ServerConnection) -> None:
        mouth = asyncio.create_task(self._speak(ws))
        async for message in ws:
            if isinstance(message, bytes):
                self.heard.append(message)
            else:
                self.texts.append(json.loads(message))
            self._news.set()
        mouth.cancel()

    async def listen(self, frames: int) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
        """The next frames, at 8 kHz."""
        self.heard.clear()
        await self._until(lambda: len(self.heard) >= frames)
        assert {len(frame) for frame in self.heard} == {self._rate // 50 * 2}
        return np.frombuffer(b"".join(self.heard), "<i2")[:: self._rate // 8000]

    async def pressed(self) -> dict[str, object]:
        """The first digit that it was told of."""
        await self._until(lambda: bool(self._digits()))
        return self._digits()[0]

    def _digits(self) -> list[dict[str, object]]:
        return [text for text in self.texts if text["event"] == "websocket:dtmf"]

    async def _until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not reached():
                self._news.clear()
                await self._news.wait()

    async def _speak(self, ws: ServerConnection) -> None:
        loop, due, at = asyncio.get_running_loop(), asyncio.get_running_loop().time(), 0
        samples = self._rate // 50
        while True:
            await ws.send(tone(samples, self._rate, at))
            at += samples
            due += 0.02
            await asyncio.sleep(max(due - loop.time(), 0))


@pytest.mark.parametrize("rate", [8000, 16000, 24000])
async def test_a_bot_and_two_people(worker: MediaWorker, call: Call, rate: int) -> None:
    talker = Talker(rate)
    async with bot(worker, talker.talk, rate):
        anna, bela = await call("a", ANNA), await call("b", BELA)
        for leg in ("a", "b"):
            worker.do(Join(leg=leg, room="r"))
        audio = await steady(anna)
        assert level(audio, BOT) == pytest.approx(SPOKEN, abs=3)
        assert level(audio, BELA) == pytest.approx(SPOKEN, abs=2)
        audio = await talker.listen(50)
        assert level(audio, ANNA) == pytest.approx(SPOKEN, abs=2)
        assert level(audio, BELA) == pytest.approx(SPOKEN, abs=2)
        assert level_dbov(audio, BOT) < UNHEARD
        bela.press(4)
        pressed = await talker.pressed()
        assert pressed == {"event": "websocket:dtmf", "digit": "4", "duration": 120}
        worker.do(CloseLeg(leg="bot"))
        assert level_dbov(await steady(anna), BOT) < UNHEARD


def loud_frames(phone: Telephone) -> int:
    """How many of the frames so far hold the bot's tone."""
    frames = phone.heard().reshape(-1, FRAME)
    return sum(level_dbov(frame, BOT) > UNHEARD for frame in frames)


async def until_heard(phone: Telephone, frames: int) -> None:
    """Wait until the phone has heard so many frames of the bot."""
    async with asyncio.timeout(PATIENCE_S):
        while loud_frames(phone) < frames:
            await phone.listen(1)


async def text(ws: ServerConnection, event: str) -> dict[str, object]:
    """The next text of that event; audio and other texts are passed over."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            message = await ws.recv()
            if isinstance(message, str) and json.loads(message)["event"] == event:
                told: dict[str, object] = json.loads(message)
                return told


async def test_a_burst_is_played_at_its_own_pace_and_whole(worker: MediaWorker, call: Call) -> None:
    frames = 60
    played = asyncio.Event()

    async def burst(ws: ServerConnection) -> None:
        speech = tone(frames * FRAME, 8000)
        for at in range(0, len(speech), 2 * FRAME):
            await ws.send(speech[at : at + 2 * FRAME])
        await ws.send('{"action":"notify","payload":{"sentence":1}}')
        assert (await text(ws, "websocket:notify"))["payload"] == {"sentence": 1}
        played.set()
        await ws.wait_closed()

    anna = await call("a")
    worker.do(Join(leg="a", room="r"))
    await anna.listen(1)
    async with bot(worker, burst):
        async with asyncio.timeout(PATIENCE_S):
            await played.wait()
        await anna.listen(3)
        assert loud_frames(anna) == frames


@pytest.mark.parametrize("rate", [8000, 16000, 24000])
async def test_after_clear_not_one_frame_more_is_heard(worker: MediaWorker, call: Call, rate: int) -> None:
    anna = await call("a")
    worker.do(Join(leg="a", room="r"))
    await anna.listen(1)
    cleared: asyncio.Future[dict[str, object]] = asyncio.get_running_loop().create_future()

    async def speak_and_stop(ws: ServerConnection) -> None:
        await ws.send(tone(rate // 2, rate))
        await ws.send(tone(rate // 2, rate))
        await ws.send('{"action":"cordboard:report","interval":60000}')
        await text(ws, "cordboard:report")
        await until_heard(anna, 10)
        await ws.send('{"action":"clear"}')
        await text(ws, "websocket:cleared")
        cleared.set_result(await text(ws, "cordboard:report"))
        await ws.wait_closed()

    async with bot(worker, speak_and_stop, rate):
        report = await asyncio.wait_for(cleared, PATIENCE_S)
        await anna.listen(15)
        after = loud_frames(anna)
        # What the mixer took while `clear` was on its way, and the filter's tail.
        assert 0 <= after - int(str(report["played"])) // 20 <= 2
        await anna.listen(10)
        assert loud_frames(anna) == after
    assert report["waiting"] == 0
    assert int(str(report["cleared"])) > 0


async def test_an_application_that_stops_reading_delays_nobody(worker: MediaWorker, call: Call) -> None:
    over = asyncio.Event()

    async def deaf(ws: ServerConnection) -> None:
        # The library reads 16 messages ahead, and then no more.
        await over.wait()
        await ws.close()

    anna, _ = await call("a", ANNA), await call("b", BELA)
    async with bot(worker, deaf, 24000):
        for leg in ("a", "b"):
            worker.do(Join(leg=leg, room="r"))
        await steady(anna)
        before = len(anna.packets)
        audio = await anna.listen(250)
        sequences = [int.from_bytes(packet[2:4], "big") for packet in list(anna.packets)[before:]]
        assert level(audio, BELA) == pytest.approx(SPOKEN, abs=2)
        assert {(b - a) & 0xFFFF for a, b in itertools.pairwise(sequences)} == {1}
        worker.do(CloseLeg(leg="bot"))
        await worker.told(LegQuality, leg="bot")
        over.set()


async def test_what_is_no_audio_and_no_request_changes_nothing(worker: MediaWorker, call: Call) -> None:
    async def babble(ws: ServerConnection) -> None:
        for nonsense in ("ok", "{", "[]", '{"action":"explode"}', '{"action":["clear"]}', "\0", b"", b"\1"):
            await ws.send(nonsense)
        await Talker(8000).talk(ws)

    anna = await call("a", ANNA)
    worker.do(Join(leg="a", room="r"))
    async with bot(worker, babble):
        assert level(await steady(anna), BOT) == pytest.approx(SPOKEN, abs=3)


async def test_a_huge_message_ends_that_leg_alone(worker: MediaWorker, call: Call) -> None:
    closed: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()

    async def shout(ws: ServerConnection) -> None:
        try:
            await ws.send(bytes(10 << 20))
            await ws.wait_closed()
        except ConnectionClosed:
            pass
        closed.set_result(ws.close_code)

    anna, bela = await call("a", ANNA), await call("b", BELA)
    for leg in ("a", "b"):
        worker.do(Join(leg=leg, room="r"))
    async with bot(worker, shout):
        assert await asyncio.wait_for(closed, PATIENCE_S) in (1009, 1006)
        assert level(await steady(anna), BELA) == pytest.approx(SPOKEN, abs=2)
    assert bela.packets
