"""Loss concealment for codecs that bring none: the last frame again, ever quieter, then silence."""

import numpy as np

REPEATS = 4
"""Frames over which it fades: 80 ms, as the engine does."""


class Repeater:
    """Remembers the last frame of a stream. `frame` is the number of samples in 20 ms."""

    def __init__(self, frame: int) -> None:
        self._last = np.zeros(frame, np.int16)
        self._faded = 0
        """Samples made up since the last true one."""

    def hear(self, samples: bytes) -> None:
        """These came, and were played."""
        frame = len(self._last)
        self._last = np.concatenate([self._last, np.frombuffer(samples, "<i2")])[-frame:]
        self._faded = 0

    def make_up(self, samples: int) -> bytes:
        """The next ones, in their place."""
        frame = len(self._last)
        at = np.arange(self._faded, self._faded + samples)
        self._faded += samples
        gain = np.maximum(1 - (at + 1) / (REPEATS * frame), 0)
        return (self._last[at % frame] * gain).astype("<i2").tobytes()
