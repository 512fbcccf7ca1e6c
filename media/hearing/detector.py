"""What tells machines from people: the seam between the hearing process and its detectors."""

from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

RATE = 8_000
"""Hz of the samples that are listened to."""
CHUNK = 256
"""Samples that are heard at a time: 32 ms, which is what the voice activity detector looks at."""


class Reading(NamedTuple):
    """What one window of a line sounds like."""

    level_db: float
    """Relative to full scale."""
    hertz: float | None
    """Its pitch, when it is one steady tone."""
    pair: tuple[float, float] | None
    """Its pitches, when it is two tones that telephone exchanges sound together."""
    is_tonal: bool
    """Whether it consists of tones, be it one or a chord. Voices do so too."""


class Sound(NamedTuple):
    """The next CHUNK of a line."""

    samples: NDArray[np.int16]
    speech: float
    """The probability (0 to 1) that it is somebody's voice."""
    tones: tuple[Reading, ...]
    """What the windows sound like that end in its middle and with it; empty for who does not want to know."""
    at_s: float
    """Seconds from the line's first sample to the end of this chunk."""


class Verdict(NamedTuple):
    """Who answered. `confidence` is 0 to 1, `at_s` the seconds after the first sample when it was sure."""

    verdict: Literal["human", "machine"]
    confidence: float
    at_s: float


class Beep(NamedTuple):
    """The machine's beep has ended at `at_s`; or, not `heard`, it did not come in time."""

    heard: bool
    at_s: float


class Detector(Protocol):
    """Listens to one callee, from the moment of the answer.

    It is over with the Beep; or with the Verdict, when that is `human` or no beep is waited for.
    """

    def feed(self, sound: Sound) -> list[Verdict | Beep]:
        """What is known after the next chunk."""
        ...
