"""The sound of a phone behind a bad network: lost, doubled, delayed and overtaken, by a seed."""

import asyncio
import contextlib
import random
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tests.support.rtp_party import FRAME, RATE_HZ, mulaw
from tests.support.weather import Weather

TICK_S = FRAME / RATE_HZ
SSRC = b"line"


class BadLine(asyncio.DatagramProtocol):
    """Says the same sound over and over; an async context."""

    def __init__(self, sound: NDArray[np.int16], weather: Weather, seed: int) -> None:
        self.lost = 0
        octets = mulaw(sound[: sound.size // FRAME * FRAME].astype(np.float64))
        self._frames = [octets[at : at + FRAME] for at in range(0, len(octets), FRAME)]
        self._weather, self._dice = weather, random.Random(seed)
        self._peer: tuple[str, int] | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self.port: int = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._peer is not None:
            self._mouth.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._mouth
        self._transport.close()

    def speak_to(self, port: int) -> None:
        """Begin."""
        self._peer = ("127.0.0.1", port)
        self._mouth = asyncio.create_task(self._speak())

    async def _speak(self) -> None:
        loop = asyncio.get_running_loop()
        due, number = loop.time(), 0
        while True:
            await asyncio.sleep(max(due - loop.time(), 0))
            head = b"\x80\x00" + (number & 0xFFFF).to_bytes(2, "big")
            time = (number * FRAME & 0xFFFFFFFF).to_bytes(4, "big")
            self._carry(head + time + SSRC + self._frames[number % len(self._frames)], due)
            number += 1
            due += TICK_S

    def _carry(self, packet: bytes, sent_at: float) -> None:
        copies = self._weather.copies(self._dice)
        self.lost += not copies
        for delay in copies:
            asyncio.get_running_loop().call_at(sent_at + delay, self._arrive, packet)

    def _arrive(self, packet: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.sendto(packet, self._peer)
