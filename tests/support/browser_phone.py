"""What a browser is at a call: ICE, DTLS-SRTP and codecs by aiortc; only who carries its SDP is ours."""

import asyncio
import contextlib
from collections.abc import Iterator
from fractions import Fraction
from typing import Self
from unittest.mock import patch

import aioice.ice
import aiortc
import av
import numpy as np
from aiortc.mediastreams import MediaStreamError
from numpy.typing import NDArray

RATE_HZ = 48_000
FRAME = RATE_HZ // 50
KEPT_S = 60


class Tone(aiortc.MediaStreamTrack):
    """A sine for ever."""

    kind = "audio"

    def __init__(self, hertz: int) -> None:
        super().__init__()
        self._hertz = hertz
        self._at = 0
        self._began = asyncio.get_running_loop().time()

    async def recv(self) -> av.AudioFrame:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(self._began + self._at / RATE_HZ - loop.time(), 0))
        times = np.arange(self._at, self._at + FRAME) / RATE_HZ
        samples = (4634 * np.sin(2 * np.pi * self._hertz * times)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, self._at, Fraction(1, RATE_HZ)
        self._at += FRAME
        return frame


class BrowserPhone:
    """One peer connection on loopback that says a tone and keeps what it hears."""

    def __init__(self, tone_hz: int) -> None:
        self._connection = aiortc.RTCPeerConnection(aiortc.RTCConfiguration(iceServers=[]))
        self._connection.addTrack(Tone(tone_hz))
        self._connection.on("track", self._listen)
        self._heard: list[NDArray[np.int16]] = []
        self._ear: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._connection.close()
        if self._ear is not None:
            await asyncio.gather(self._ear, return_exceptions=True)

    @property
    def state(self) -> str:
        """Of the connection: new, connecting, connected, failed, closed."""
        return self._connection.connectionState

    async def offer(self) -> str:
        """A description with candidates on loopback alone."""
        with _on_loopback():
            await self._connection.setLocalDescription(await self._connection.createOffer())
        return self._connection.localDescription.sdp

    async def take_answer(self, sdp: str) -> None:
        """Connect as the answer says."""
        await self._connection.setRemoteDescription(aiortc.RTCSessionDescription(sdp, "answer"))

    def heard(self, seconds: float = 1.0) -> NDArray[np.int16]:
        """The last of what was heard, at 8 kHz."""
        parts = self._heard[-int(seconds * 50) :]
        return np.concatenate(parts) if parts else np.zeros(0, np.int16)

    def forget(self) -> None:
        """Be as if nothing had been heard so far."""
        self._heard.clear()

    def _listen(self, track: aiortc.MediaStreamTrack) -> None:
        self._ear = asyncio.create_task(self._keep(track))

    async def _keep(self, track: aiortc.MediaStreamTrack) -> None:
        to_8k = av.AudioResampler("s16", "mono", 8000)
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                assert isinstance(frame, av.AudioFrame)
                self._heard += [
                    out.to_ndarray().reshape(-1).astype(np.int16) for out in to_8k.resample(frame)
                ]
                del self._heard[: -KEPT_S * 50]


@contextlib.contextmanager
def _on_loopback() -> Iterator[None]:
    """Have candidates gathered on loopback, which browsers and aiortc leave out."""
    with patch.object(aioice.ice, "get_host_addresses", lambda **_: ["127.0.0.1"]):
        yield
