"""A media worker with telephones at its legs, and what they hear of each other."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import numpy as np

from media.control import CloseLeg, Codec, Join, LegQuality, OpenRtp, RtpOpened, SdesKeys
from tests.support.media_worker import MediaWorker, level_dbov
from tests.support.soft_phone import Samples, SoftPhone

SPOKEN, UNHEARD = -20.0, -38.0
"""A codec that is not a table leaves some noise at the pitch of another voice."""
TOLERANCE = 2.0
WINDOW_S = 0.5
HEARINGS = 40
"""Windows after which what is not heard as it should be never will: only a fault reaches the last."""


class Exchange:
    """The legs of one test."""

    def __init__(self, worker: MediaWorker, stack: AsyncExitStack) -> None:
        self.worker = worker
        self.ports: dict[str, int] = {}
        self._stack = stack

    async def open(self, leg: str) -> int:
        """Open an RTP leg, unless it is open; its port."""
        if leg not in self.ports:
            self.worker.do(OpenRtp(leg=leg))
            self.ports[leg] = (await self.worker.told(RtpOpened, leg=leg)).port
        return self.ports[leg]

    async def phone(
        self, codec: Codec, tone_hz: int, keys: SdesKeys | None = None, ptime_ms: int = 20
    ) -> SoftPhone:
        """A telephone that says nothing yet."""
        return await self._stack.enter_async_context(SoftPhone(codec, tone_hz, keys, ptime_ms))

    async def call(
        self,
        leg: str,
        codec: Codec,
        tone_hz: int,
        keys: SdesKeys | None = None,
        ptime_ms: int = 20,
        **changes: object,
    ) -> SoftPhone:
        """A telephone that talks to a leg in the room."""
        phone = await self.phone(codec, tone_hz, keys, ptime_ms)
        port = await self.open(leg)
        self.worker.do(phone.start(leg, **changes))
        self.worker.do(Join(leg=leg, room="r"))
        phone.speak_to(port)
        return phone

    async def hang_up(self, leg: str) -> LegQuality:
        """Close a leg: what was counted on it."""
        self.ports.pop(leg, None)
        self.worker.do(CloseLeg(leg=leg))
        return await self.worker.told(LegQuality, leg=leg)


@asynccontextmanager
async def exchange_of(worker: MediaWorker) -> AsyncIterator[Exchange]:
    """An exchange whose legs are gone when it ends, so that a worker serves one after the other."""
    async with AsyncExitStack() as stack:
        exchange = Exchange(worker, stack)
        yield exchange
        for leg in list(exchange.ports):
            await exchange.hang_up(leg)
    worker.forget()


def levels(audio: Samples, hertz: int) -> list[float]:
    """How loud a tone is in each 100 ms."""
    return [level_dbov(part, hertz) for part in audio[: len(audio) // 800 * 800].reshape(-1, 800)]


def level(audio: Samples, hertz: int) -> float:
    """How loud a tone is most of the time: a busy machine may tear a hole, which shifts the phase."""
    return float(np.median(levels(audio, hertz)))


async def hears(phone: SoftPhone, *tones_hz: int) -> None:
    """Wait until a telephone hears these tones as loud as they are said."""
    await _listen(phone, tones_hz, lambda loudness: abs(loudness - SPOKEN) <= TOLERANCE)


async def misses(phone: SoftPhone, *tones_hz: int) -> None:
    """Wait until a telephone hears none of these tones."""
    await _listen(phone, tones_hz, lambda loudness: loudness < UNHEARD)


async def _listen(phone: SoftPhone, tones_hz: tuple[int, ...], is_right: Callable[[float], bool]) -> None:
    heard: dict[int, float] = {}
    for _ in range(HEARINGS):
        audio = await phone.listen(WINDOW_S)
        heard = {hertz: level(audio, hertz) for hertz in tones_hz}
        if all(map(is_right, heard.values())):
            return
    raise AssertionError(f"{phone.sort} with {phone.tone_hz} Hz hears {heard}")


async def all_hear_each_other(phones: list[SoftPhone]) -> None:
    """Wait until each telephone hears all the others, and not itself."""
    others = [[other.tone_hz for other in phones if other is not phone] for phone in phones]
    await asyncio.gather(*(hears(phone, *tones) for phone, tones in zip(phones, others, strict=True)))
    await asyncio.gather(*(misses(phone, phone.tone_hz) for phone in phones))
