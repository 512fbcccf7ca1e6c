"""The ear and mouth of a SIPp call: SIPp signals, this says a tone and hears, as plain G.711 over UDP."""

import asyncio
import contextlib
import time
from typing import Self

import numpy as np
import numpy.typing as npt

from gateway.demo.hearing import Pcm

Samples = npt.NDArray[np.float64]
RATE_HZ = 8000
FRAME = 160
MAX_PACKETS = 5_000
"""A hundred seconds of sound; no scenario lasts a third of that."""


def _mulaw_table() -> Pcm:
    """Every µ-law byte as a 16-bit sample (ITU-T G.711)."""
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = (((code & 0x0F) << 3) + 0x84) << ((code >> 4) & 7)
    table: Pcm = np.where(code & 0x80, 0x84 - magnitude, magnitude - 0x84).astype(np.int16)
    return table


DECODED = _mulaw_table()


def mulaw_tone(hertz: int, level_dbov: float = -20.0) -> bytes:
    """One second of a sine in µ-law; 0 Hz is silence."""
    return mulaw(_sine(hertz, level_dbov))


def mulaw_key(low_hertz: int, high_hertz: int, sounds_s: float = 0.2) -> bytes:
    """One second in which a key sounds for so long (ITU-T Q.23), and then nothing."""
    both = _sine(low_hertz) + _sine(high_hertz)
    both[int(sounds_s * RATE_HZ) :] = 0
    return mulaw(both)


def _sine(hertz: int, level_dbov: float = -20.0) -> Samples:
    amplitude = 32768 * 10 ** (level_dbov / 20) * np.sqrt(2)
    samples: Samples = amplitude * np.sin(2 * np.pi * hertz * np.arange(RATE_HZ) / RATE_HZ)
    return samples


def mulaw(samples: Samples) -> bytes:
    """The nearest byte of each sample."""
    order = np.argsort(DECODED, kind="stable")
    nearest = np.clip(np.searchsorted(DECODED[order], samples), 0, 255)
    return bytes(order[nearest].astype(np.uint8))


class RtpParty(asyncio.DatagramProtocol):
    """One UDP port. Speaks as soon as it is told to whom."""

    def __init__(self, tone_hz: int = 0, *, loses_every: int = 0) -> None:
        """`loses_every`: which packets are numbered and never sent; none by default."""
        self.arrivals: list[tuple[float, bytes]] = []
        self._tone = mulaw_tone(tone_hz)
        self._peer: tuple[str, int] | None = None
        self._loses_every = loses_every

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self.port: int = self._transport.get_extra_info("sockname")[1]
        self._speaker = asyncio.create_task(self._speak())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._speaker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._speaker
        self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if len(data) > 12 and data[1] & 0x7F == 0 and len(self.arrivals) < MAX_PACKETS:
            self.arrivals.append((time.monotonic(), data[12:]))

    def speak_to(self, port: int) -> None:
        """Send the tone to this port from now on."""
        self._peer = ("127.0.0.1", port)

    def heard(self) -> Pcm:
        """Everything heard on one time line: packets where they arrived, silence where none came."""
        if not self.arrivals:
            return np.zeros(0, np.int16)
        first = self.arrivals[0][0]
        line = np.zeros(int((self.arrivals[-1][0] - first + 1) * RATE_HZ), np.int16)
        free = 0
        for at, payload in self.arrivals:
            start = max(free, int((at - first) * RATE_HZ) // FRAME * FRAME)
            sound = DECODED[np.frombuffer(payload, np.uint8)][: max(0, len(line) - start)]
            line[start : start + len(sound)] = sound
            free = start + len(sound)
        return line

    def say(self, second: bytes) -> None:
        """Send this second of µ-law over and over, in place of the tone."""
        self._tone = second

    async def _speak(self) -> None:
        start = time.monotonic()
        for sequence in range(MAX_PACKETS):
            await asyncio.sleep(max(0.0, start + sequence * 0.02 - time.monotonic()))
            is_lost = self._loses_every and sequence % self._loses_every == 0
            if self._peer is not None and not is_lost:
                offset = sequence * FRAME % RATE_HZ
                header = (
                    b"\x80\x00"
                    + sequence.to_bytes(2, "big")
                    + (sequence * FRAME).to_bytes(4, "big")
                    + b"tone"
                )
                self._transport.sendto(header + self._tone[offset : offset + FRAME], self._peer)
