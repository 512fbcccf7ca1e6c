"""What can speak: the seam behind which the engines stand."""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray


class Audio(NamedTuple):
    """Mono samples, shape [n], at `rate` Hz."""

    samples: NDArray[np.int16]
    rate: int


class Utterance(NamedTuple):
    """What an engine is to say in one breath."""

    text: str
    """Free of markup."""
    speed: float = 1.0
    """1.0 is the voice's own; 0.2 to 5.0. An engine that cannot go as far goes as far as it can."""
    ipa: str = ""
    """The pronunciation, for engines that can be told."""


class Provider(Protocol):
    """A speech engine. Both methods are called from several threads at a time."""

    @property
    def name(self) -> str:
        """A short word for logs, notices and the cache."""
        ...

    def voice(self, language: str, style: int) -> str | None:
        """The voice for a BCP 47 language and Vonage's style number, or None when it has none."""
        ...

    def speak(self, utterance: Utterance, voice: str) -> Audio:
        """Say it. Raises Unspeakable."""
        ...
