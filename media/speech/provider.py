"""What can speak: the seam behind which the engines stand."""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray


class Audio(NamedTuple):
    """Mono samples, shape [n], at `rate` Hz."""

    samples: NDArray[np.int16]
    rate: int


class Provider(Protocol):
    """A speech engine. `speak` is called from one thread at a time, `voice` from any."""

    @property
    def name(self) -> str:
        """A short word for logs, notices and the cache."""
        ...

    def voice(self, language: str, style: int) -> str | None:
        """The voice for a BCP 47 language and Vonage's style number, or None when it has none."""
        ...

    def speak(self, text: str, voice: str) -> Audio:
        """Say a text, free of markup. Raises Unspeakable."""
        ...
