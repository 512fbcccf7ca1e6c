"""A leg at 24 kHz, on an engine that knows 8 and 16."""

import numpy as np

from media.dsp.triple import Downsampler, Upsampler
from media.legs.port import FramePort


class TripleRatePort:
    """A FramePort at 24 kHz, 960 octets a frame, before one at 8 kHz."""

    def __init__(self, port: FramePort) -> None:
        self._port = port
        self._up = Upsampler()
        self._down = Downsampler()
        self._converted: bytes | None = None
        """The frame that found no room. It comes again, and must not go through the filter twice."""

    @property
    def pushed(self) -> int:
        """See FramePort."""
        return self._port.pushed

    @property
    def played(self) -> int:
        """See FramePort."""
        return self._port.played

    def push(self, frame: bytes) -> bool:
        """See FramePort. After False the same frame is to be given again, or `clear` is called."""
        if self._converted is None:
            self._converted = self._down(np.frombuffer(frame, "<i2")).astype("<i2").tobytes()
        if not self._port.push(self._converted):
            return False
        self._converted = None
        return True

    def pop(self) -> bytes | None:
        """See FramePort."""
        frame = self._port.pop()
        return None if frame is None else self._up(np.frombuffer(frame, "<i2")).astype("<i2").tobytes()

    def clear(self) -> None:
        """See FramePort. The next frame begins after silence."""
        self._converted = None
        self._down = Downsampler()
        self._port.clear()
