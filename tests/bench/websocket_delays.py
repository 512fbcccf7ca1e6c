"""How soon `clear` is silence on a phone, and how long an echo takes: the phone is this process."""

import asyncio
import statistics
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

import numpy as np
from aiohttp import web

from media.control import CloseLeg, Join, OpenRtp, RtpOpened
from tests.bench.effort import Effort
from tests.bench.report import Aim, Figure, Yardstick
from tests.bench.websocket_peers import Echo, connect, serving, worker_for
from tests.support.media_worker import MediaWorker, plain
from tests.support.rtp_party import DECODED

TIMES = 20
SETTLE_S = 1.0
FRAME_S = 0.02
PATIENCE_S = 10.0
AIM_CLEAR_MS = 40.0
"""Two frames: one that is on its way already, and the rest of the tick."""
LOUD = 2000
"""Amplitude of a sample that is no silence."""


async def delays(effort: Effort) -> list[Figure]:
    """Medians of each repetition."""
    count = effort.count(TIMES)
    clears, echoes, rooms = [], [], []
    for _ in effort.rounds("clear and echo"):
        clears.append(statistics.median(await _clear_ms(count)))
        echoes.append(statistics.median(await _echo_ms(count)))
        rooms.append(statistics.median(await _room_ms(count)))
    clear = Aim(AIM_CLEAR_MS, of="value")
    room = Yardstick("phone, room, phone", tuple(rooms))
    return [
        Figure("From clear to silence on the phone", "ms", tuple(clears), aim=clear),
        Figure("Phone, echoing websocket, phone", "ms", tuple(echoes), room),
    ]


class Phone(asyncio.DatagramProtocol):
    """One RTP leg's peer. It says silence, and one loud frame when asked; it knows when it heard sound."""

    def __init__(self) -> None:
        self.sound: asyncio.Queue[tuple[float, bool]] = asyncio.Queue()
        """When each packet came, and whether it was loud."""
        self._loud = False
        self._clicked: asyncio.Future[float] | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self.port: int = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._speaking.cancel()
        self._transport.close()

    def datagram_received(self, data: bytes, _source: tuple[str, int]) -> None:
        loud = np.abs(DECODED[np.frombuffer(data[12:], np.uint8)].astype(int)).max() > LOUD
        self.sound.put_nowait((time.monotonic(), bool(loud)))

    async def click(self) -> float:
        """Say something loud for one frame; when it was said."""
        self._clicked = asyncio.get_running_loop().create_future()
        return await self._clicked

    async def hears(self, *, loud: bool, since: float = 0.0) -> float:
        """When the next packet came that is so."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                at, is_loud = await self.sound.get()
                if at >= since and is_loud is loud:
                    return at

    def speak_to(self, port: int) -> None:
        """Begin."""
        self._speaking = asyncio.create_task(self._speak(("127.0.0.1", port)))

    async def _speak(self, peer: tuple[str, int]) -> None:
        due = time.monotonic()
        for number in range(1 << 16):
            clicked, self._clicked = self._clicked, None
            header = struct.pack("!BBHII", 0x80, 0, number, number * 160, self.port)
            payload = (b"\x80\x00" * 80) if clicked else b"\xff" * 160
            self._transport.sendto(header + payload, peer)
            if clicked:
                clicked.set_result(time.monotonic())
            due += FRAME_S
            await asyncio.sleep(max(due - time.monotonic(), 0))


async def _clear_ms(count: int) -> list[float]:
    """From the moment when an application sends `clear` to the first packet without its voice."""
    took = []
    opened: asyncio.Future[web.WebSocketResponse] = asyncio.get_running_loop().create_future()

    async def keep(socket: web.WebSocketResponse) -> None:
        opened.set_result(socket)
        async for _ in socket:
            pass

    square = np.where(np.arange(16_000 * 2) // 16 % 2, 8000, -8000).astype("<i2").tobytes()
    async with serving(keep) as port, worker_for(4) as worker, _phone(worker, "a") as phone:
        await connect(worker, "bot", port, 16_000, room="r")
        socket = await opened
        for number in range(count):
            await socket.send_bytes(square)
            await phone.hears(loud=True)
            # Another place within the 20 ms of a tick every time.
            await asyncio.sleep(0.2 + FRAME_S * number / count)
            at = time.monotonic()
            await socket.send_str('{"action":"clear"}')
            took.append(1000 * (await phone.hears(loud=False, since=at) - at))
    return took


async def _echo_ms(count: int) -> list[float]:
    """From a click of the phone to its return from an application that sends back what it gets."""
    async with (
        serving(Echo().talk) as port,
        worker_for(4) as worker,
        _phone(worker, "a") as phone,
    ):
        await connect(worker, "bot", port, 16_000, room="r")
        return await _clicks_ms(phone, phone, count)


async def _room_ms(count: int) -> list[float]:
    """From a click of one phone to another's ear."""
    async with worker_for(4) as worker, _phone(worker, "a") as anna, _phone(worker, "b") as bela:
        return await _clicks_ms(anna, bela, count)


async def _clicks_ms(speaker: Phone, listener: Phone, count: int) -> list[float]:
    await listener.hears(loud=False)
    await asyncio.sleep(SETTLE_S)
    took = []
    for _ in range(count):
        at = await speaker.click()
        took.append(1000 * (await listener.hears(loud=True, since=at) - at))
        await asyncio.sleep(0.1)
    return took


@asynccontextmanager
async def _phone(worker: MediaWorker, leg: str) -> AsyncIterator[Phone]:
    """An RTP leg in the room "r"."""
    async with Phone() as phone:
        worker.do(OpenRtp(leg=leg))
        opened = await worker.told(RtpOpened, leg=leg)
        worker.do(plain(leg, phone.port))
        phone.speak_to(opened.port)
        worker.do(Join(leg=leg, room="r"))
        yield phone
        worker.do(CloseLeg(leg=leg))
