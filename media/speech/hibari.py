"""English from the hibari package: its voice and model are inside the package, nothing is downloaded.

The model is loaded at the first text, about half a second, and then speaks some forty times faster than life.
"""

import importlib.util
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from media.errors import Unspeakable
from media.speech.digits import spell_digits
from media.speech.provider import Audio

_VOICE = "en-us"
"""The one voice that the package carries; the others would be fetched from the network."""
_SEED = 0
"""Of the voice's breath noise, so that a text sounds the same each time."""


class _Engine(Protocol):
    sample_rate: int

    def __call__(self, text: str, *, seed: int) -> NDArray[np.float32]: ...


class Hibari:
    """All of English, with an American accent. There is one style."""

    name = "hibari"

    def __init__(self) -> None:
        self._engine: _Engine | None = None

    def voice(self, language: str, style: int) -> str | None:
        """The voice, when the language is any English and the package is installed."""
        english = language.lower().split("-")[0] == "en"
        return _VOICE if english and importlib.util.find_spec("hibari") else None

    def speak(self, text: str, voice: str) -> Audio:
        """Say an English text. Raises Unspeakable for whatever the engine raises."""
        try:
            engine = self._engine = self._engine or _load()
            samples = engine(spell_digits(text), seed=_SEED)
        except Exception as error:
            raise Unspeakable(f"hibari failed: {error}") from error
        return Audio((np.clip(samples, -1.0, 1.0) * 32767.0).astype(np.int16), engine.sample_rate)


def _load() -> _Engine:
    from hibari import Hibari as Engine  # type: ignore[import-untyped]

    engine: _Engine = Engine(threads=1)
    return engine
