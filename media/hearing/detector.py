"""What tells machines from people: the seam between the hearing process and its detectors."""

from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

RATE = 8_000
"""Hz of the samples that a detector is fed with."""
CHUNK = 256
"""Samples in each feed: 32 ms, which is what the voice activity detector looks at."""


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

    def feed(self, samples: NDArray[np.int16], speech: float, at_s: float) -> list[Verdict | Beep]:
        """What is known after the next CHUNK of samples.

        `speech` is the probability (0 to 1) that they are somebody's voice; `at_s` the seconds from the
        first sample to the end of this chunk.
        """
        ...
