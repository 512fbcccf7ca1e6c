"""Keys as tones in the audio (ITU-T Q.23): a digit is a low and a high tone at once."""

from collections import deque

import numpy as np

RATE = 8000
LOW = (697, 770, 852, 941)
HIGH = (1209, 1336, 1477, 1633)
PADS = (1, 2, 3, 12, 4, 5, 6, 13, 7, 8, 9, 14, 10, 0, 11, 15)
"""The code of RFC 4733 for each pair of tones, by low tone, then high tone."""
TONE_FRAMES = 5
"""100 ms, as for telephone-events."""
GAP_FRAMES = 4
"""80 ms between digits; Q.24 asks for 65."""
LEVEL = 0.14
"""Of each tone, as a share of full scale: -17 dBov, some -9 dBm0 for both."""


class DtmfMouth:
    """Digits as frames of 20 ms that take the place of what a leg would hear. `rate`: 8000 or 16000 Hz."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._frames: deque[bytes] = deque()

    def type(self, code: int) -> None:
        """Make a digit, and the gap after it, ready."""
        size = self._rate // 50
        at = np.arange(TONE_FRAMES * size) / self._rate
        row, column = divmod(PADS.index(code), 4)
        wave = np.sin(2 * np.pi * LOW[row] * at) + np.sin(2 * np.pi * HIGH[column] * at)
        octets = (wave * LEVEL * 32767).astype("<i2").tobytes()
        self._frames += [octets[k : k + 2 * size] for k in range(0, len(octets), 2 * size)]
        self.wait(GAP_FRAMES)

    def wait(self, frames: int) -> None:
        """Say nothing for so long."""
        self._frames += [bytes(self._rate // 25)] * frames

    def take(self) -> bytes | None:
        """The next frame, or None when there is nothing to be said."""
        return self._frames.popleft() if self._frames else None
