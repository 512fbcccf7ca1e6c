"""Keys as tones in the audio (ITU-T Q.23), made, and heard within the tolerances of Q.24.

A digit is a low and a high tone at once. What is heard is told when it is over, which leaves time for a peer
that sends telephone-events as well to have sent one.
"""

from collections import deque
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RATE = 8000
LOW = (697, 770, 852, 941)
HIGH = (1209, 1336, 1477, 1633)
PADS = (1, 2, 3, 12, 4, 5, 6, 13, 7, 8, 9, 14, 10, 0, 11, 15)
"""The code of RFC 4733 for each pair of tones, by low tone, then high tone."""
NONE = -1
TONE_FRAMES = 5
"""100 ms, as for telephone-events."""
GAP_FRAMES = 4
"""80 ms between digits; Q.24 asks for 65."""
LEVEL = 0.14
"""Of each tone, as a share of full scale: -17 dBov, some -9 dBm0 for both."""

WINDOW = 160
"""Samples that are looked at: 20 ms, which tells 697 Hz from 770."""
HOP = 80
"""Samples between looks."""
MIN_HOPS = 4
"""Windows in a row with the same digit, which fills half of the first and the last: more than the 23 ms that
Q.24 refuses, and no more than the 40 ms that it accepts."""
GAP_HOPS = 3
"""Windows without it after which it is over."""
LEAST_SHARE = 0.45
"""Of the energy that the two tones must have: all of it when they are alone, half when 1.5 % off pitch."""
DOMINANCE = 4.0
"""A tone has so many times the energy of the others of its group: 6 dB."""
TWIST = (0.1, 8.0)
"""High tone to low tone in energy: -6 to +6 dB, for lines that pass one of them badly, also off pitch."""
QUIETEST = 150.0
"""Root mean square of a window below which nothing is a digit: -47 dBov."""


class Digit(NamedTuple):
    """A key that was pressed, and for how long."""

    code: int
    """As RFC 4733 numbers them: 0-9, *, #, A-D."""
    duration_ms: int


def _waves() -> NDArray[np.complex128]:
    at = np.arange(WINDOW) / RATE
    waves: NDArray[np.complex128] = np.exp(-2j * np.pi * np.outer(at, LOW + HIGH))
    return waves


_WAVES = _waves()


class DtmfEar:
    """Listens to one leg, 20 ms at 8 kHz after the other."""

    def __init__(self) -> None:
        self._past = np.zeros(WINDOW - HOP, np.float64)
        self._heard = NONE
        """The digit in the newest windows."""
        self._hops = 0
        """How many windows it has been there."""
        self._missing = 0
        """Windows since then in which it was not."""

    def hear(self, frame: NDArray[np.float64]) -> list[Digit]:
        """Digits that are over with this frame."""
        line = np.concatenate([self._past, frame])
        self._past = line[-(WINDOW - HOP) :]
        windows = np.lib.stride_tricks.sliding_window_view(line, WINDOW)[::HOP]
        over = [self._follow(digit) for digit in _digits(windows)]
        return [digit for digit in over if digit is not None]

    def _follow(self, digit: int) -> Digit | None:
        if digit != NONE and digit == self._heard:
            self._hops += 1 + self._missing
            self._missing = 0
            return None
        self._missing += 1
        if self._heard != NONE and digit == NONE and self._missing < GAP_HOPS:
            return None
        over = None
        if self._hops >= MIN_HOPS:
            over = Digit(self._heard, (self._hops + 1) * HOP * 1000 // RATE)
        self._heard, self._hops, self._missing = digit, int(digit != NONE), 0
        return over


def _digits(windows: NDArray[np.float64]) -> list[int]:
    """The digit in each window, or NONE."""
    energies = np.abs(windows @ _WAVES) ** 2 * 2 / WINDOW**2
    return [
        _digit(energy[:4], energy[4:], float(np.mean(window**2)))
        for energy, window in zip(energies, windows, strict=True)
    ]


def _digit(low: NDArray[np.float64], high: NDArray[np.float64], whole: float) -> int:
    """`low` and `high`: the power at each tone; `whole`: that of everything."""
    if whole < QUIETEST**2:
        return NONE
    row, column = int(np.argmax(low)), int(np.argmax(high))
    if low[row] + high[column] < LEAST_SHARE * whole:
        return NONE
    if not TWIST[0] <= high[column] / max(low[row], 1e-9) <= TWIST[1]:
        return NONE
    if DOMINANCE * (np.sum(low) - low[row]) > 3 * low[row]:
        return NONE
    if DOMINANCE * (np.sum(high) - high[column]) > 3 * high[column]:
        return NONE
    return PADS[4 * row + column]


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
