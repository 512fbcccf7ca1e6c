"""Frames of a soft leg made of a little more, or less, than their time: see `media.dsp.stretch`."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from media.dsp import stretch
from media.dsp.ring import LONGEST, SHORTEST, SPAN
from media.engine.state import FRAME, JITTER_SAMPLES, RATE

Line = NDArray[np.int16]

LOOK = FRAME + LONGEST
"""Samples at 8 kHz that a period is looked for in."""


class Tempo:
    """For samples at `rate`, a multiple of 8 kHz. Shifts are samples at 8 kHz."""

    def __init__(self, rate: int) -> None:
        self._times = rate // RATE
        self._needed = LOOK * self._times
        self._ring = np.zeros(JITTER_SAMPLES, np.int16)

    def find(self, line: Line, surplus: int, *, urgent: bool) -> int:
        """How much of `line` to leave out, or to repeat where `surplus` is less than 0; 0 for nothing."""
        narrow = line[:: self._times][:LOOK]
        longest = narrow.size - FRAME if surplus > 0 else narrow.size - SPAN
        longest = min(longest, surplus, LONGEST) if surplus > 0 else min(longest, LONGEST)
        if longest < SHORTEST:
            return 0
        self._ring[: narrow.size] = narrow
        shift = int(stretch.best_shift(self._ring, 0, longest))
        return shift if urgent or stretch.suits(self._ring, 0, shift) else 0

    def shorten(self, line: Line, shift: int) -> Line:
        """A frame of a frame and `shift`."""
        return self._make(stretch.shorten, line, shift)

    def lengthen(self, line: Line, shift: int) -> Line:
        """A frame of a frame less `shift`."""
        return self._make(stretch.lengthen, line, shift)

    def _make(self, change: Callable[[Line, int, int, Line], None], line: Line, shift: int) -> Line:
        self._ring[: min(line.size, self._needed)] = line[: self._needed]
        frame = np.zeros(FRAME * self._times, np.int16)
        change(self._ring, 0, shift, frame)
        return frame
