"""What can understand speech: the seam behind which the engines stand."""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
"""Hz of the sound that recognisers are given: what their models were trained with."""

Sound = NDArray[np.int16]
"""Mono samples at RATE, shape [n]."""


class Word(NamedTuple):
    """A word, and where it is: seconds after the first sample. `confidence` is 0 to 1."""

    text: str
    start_s: float
    end_s: float
    confidence: float


class Understood(NamedTuple):
    """What was said, as the engine writes it; `confidence` is 0 to 1."""

    text: str
    confidence: float
    words: tuple[Word, ...] = ()


class Recogniser(Protocol):
    """A speech engine. It is called from several threads at a time."""

    @property
    def name(self) -> str:
        """A short word for logs and notices."""
        ...

    def wants(self, context: tuple[str, ...]) -> bool:
        """Whether it is of use where these phrases are expected."""
        ...

    def recognise(
        self, sound: Sound, context: tuple[str, ...] = (), *, timed: bool = False
    ) -> Understood | None:
        """What is said, None when it is nothing that it understands; with `timed`, each word's place.

        Raises Unrecognisable when the engine fails.
        """
        ...
