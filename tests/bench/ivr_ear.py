"""The sound of a plain call: an RTP port that speaks, and notices prompts."""

import asyncio
import struct
from collections import deque
from collections.abc import Iterable
from typing import Self

from tests.bench.caller import HOST
from tests.support.rtp_party import DECODED

FRAME_S = 0.02
FRAME = 160
SOUND = 32
"""Of 32768: sixty decibels below full scale, where a voice begins; the line itself is silent."""
QUIET_FRAMES = 25
"""So many quiet packets in a row are the end of a prompt; its pauses are shorter than this half a second."""
KEY_FRAMES, END_FRAMES = 5, 3
"""A key is held for 100 ms, and its end is told three times."""
PCMU, EVENT = 0, 101
SILENCE = b"\xff" * FRAME

_STEP = 8
_LOUDNESS = bytes(min(255, abs(int(sample)) // _STEP) for sample in DECODED)
"""How loud each byte of µ-law is, in steps."""


class Ear(asyncio.DatagramProtocol):
    """One UDP port. Says silence in PCMU, or what it is given to say."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._peer: tuple[str, int] | None = None
        self._sequence = 0
        self._to_say: deque[tuple[int, bytes, asyncio.Future[float] | None]] = deque()
        self._event_time = 0
        self._arrivals = 0
        self._first = self._last = 0.0
        self._quiet = 0
        self._waits: list[tuple[bool, asyncio.Future[float]]] = []

    async def __aenter__(self) -> Self:
        self._transport, _ = await self._loop.create_datagram_endpoint(lambda: self, local_addr=(HOST, 0))
        self.port: int = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._peer = None
        self._transport.close()

    @property
    def heard(self) -> float:
        """The share of the packets that came, of those that were due between the first and the last."""
        return self._arrivals / max(1.0, (self._last - self._first) / FRAME_S)

    def speak_to(self, port: int) -> None:
        """Send a packet to this port every 20 ms from now on."""
        self._peer = (HOST, port)
        self._send(self._loop.time())

    async def press(self, code: int) -> float:
        """Press a key and let it go (RFC 4733); when the first packet left that says that it was let go."""
        self._event_time = FRAME * (self._sequence + len(self._to_say))
        return await self._say(EVENT, _event_packets(code), KEY_FRAMES)

    async def say(self, frames: list[bytes]) -> float:
        """Say 20 ms of µ-law each; when the last of them left."""
        return await self._say(PCMU, frames, len(frames) - 1)

    async def hears_prompt(self) -> None:
        """Wait for a prompt and for its end."""
        await self.hears_sound()
        await self.hears_quiet()

    async def hears_sound(self) -> float:
        """Wait for sound; when its first packet came."""
        return await self._hears(is_loud=True)

    async def hears_quiet(self) -> float:
        """Wait until it has been quiet for QUIET_FRAMES; when the last of them came."""
        return await self._hears(is_loud=False)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if data[1] & 0x7F != PCMU:
            return
        self._last = self._loop.time()
        self._first = self._first or self._last
        self._arrivals += 1
        is_quiet = max(data[12:].translate(_LOUDNESS)) <= SOUND // _STEP
        self._quiet = self._quiet + 1 if is_quiet else 0
        for is_loud, wait in self._waits:
            if (not is_quiet if is_loud else self._quiet >= QUIET_FRAMES) and not wait.done():
                wait.set_result(self._last)
        self._waits = [each for each in self._waits if not each[1].done()]

    async def _hears(self, *, is_loud: bool) -> float:
        wait: asyncio.Future[float] = self._loop.create_future()
        self._waits.append((is_loud, wait))
        return await wait

    async def _say(self, payload_type: int, payloads: Iterable[bytes], marked: int) -> float:
        mark: asyncio.Future[float] = self._loop.create_future()
        for index, payload in enumerate(payloads):
            self._to_say.append((payload_type, payload, mark if index == marked else None))
        return await mark

    def _send(self, due: float) -> None:
        """The packet that is due, and in time the next one."""
        if self._peer is None:
            return
        kind, payload, mark = self._to_say.popleft() if self._to_say else (PCMU, SILENCE, None)
        timestamp = self._event_time if kind == EVENT else FRAME * self._sequence
        header = struct.pack("!BBHII", 0x80, kind, self._sequence, timestamp, self.port)
        self._transport.sendto(header + payload, self._peer)
        if mark is not None and not mark.done():
            mark.set_result(self._loop.time())
        self._sequence += 1
        self._loop.call_at(due + FRAME_S, self._send, due + FRAME_S)


def _event_packets(code: int) -> list[bytes]:
    """A held key with growing duration, then its end (RFC 4733 section 2.5.1)."""
    held = [struct.pack("!BBH", code, 0, frame * FRAME) for frame in range(1, KEY_FRAMES + 1)]
    return held + [struct.pack("!BBH", code, 0x80, (KEY_FRAMES + 1) * FRAME)] * END_FRAMES
