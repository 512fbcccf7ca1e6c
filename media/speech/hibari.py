"""English from the hibari package: its voice and model are inside the package, nothing is downloaded.

The model is loaded by `warm`, or at the first text, about half a second, and then speaks some forty times
faster than life. It says a sentence of each text in turn, so that a short text need not wait for the end of a
long one. The package carries one voice; styles are that voice made higher or lower.

The package's dictionaries take a hundred megabytes as Python keeps them; they are in a file here.
"""

import importlib.util
import logging
from collections.abc import Callable
from pathlib import Path
from subprocess import SubprocessError
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from media.errors import Unspeakable
from media.speech.dictionaries import pronouncing
from media.speech.digits import spell_digits
from media.speech.phonemes import for_hibari
from media.speech.pieces import pieces
from media.speech.provider import Audio, Utterance
from media.speech.shaping import pitched
from media.speech.turns import Turns
from media.thrift import give_back

VOICES = {"en-us": 1.0, "en-us low": 0.84, "en-us high": 1.1, "en-us deep": 0.76, "en-us soft": 0.93}
"""Names, and pitches as factors of the package's voice: those that Vonage's style numbers count round."""
SLOWEST, FASTEST = 0.4, 2.5
"""Beyond that the model slurs."""
_SEED = 0
"""Of the voice's breath noise, so that a text sounds the same each time."""

_log = logging.getLogger(__name__)

_Samples = NDArray[np.float32]


class _Engine(Protocol):
    sample_rate: int

    def __call__(self, text: str, speed: float, seed: int) -> _Samples: ...

    def from_phonemes(self, phonemes: str, speed: float, seed: int) -> _Samples: ...

    def split_sentences(self, text: str) -> list[str]: ...


class Hibari:
    """All of English, with an American accent."""

    name = "hibari"

    def __init__(self, folder: Path | None = None) -> None:
        """`folder`: for the file of the dictionaries."""
        self._folder = folder
        self._engine: _Engine | None = None
        self._turns = Turns()

    def voice(self, language: str, style: int) -> str | None:
        """The voice, when the language is any English and the package is installed."""
        english = language.lower().split("-")[0] == "en"
        return [*VOICES][style % len(VOICES)] if english and importlib.util.find_spec("hibari") else None

    def warm(self) -> None:
        """Load the model now. Raises Unspeakable."""
        # In sounds: who looks up words has the pages of the dictionaries that they are on.
        self.speak(Utterance("Hello.", ipa="həˈləʊ"), next(iter(VOICES)))

    def speak(self, utterance: Utterance, voice: str) -> Audio:
        """Say something English. Raises Unspeakable for whatever the engine raises."""
        pitch = VOICES[voice]
        speed = min(max(utterance.speed / pitch, SLOWEST), FASTEST)
        try:
            engine = self._loaded()
            samples = self._said(engine, utterance, speed)
        except Exception as error:
            raise Unspeakable(f"hibari failed: {error}") from error
        spoken = Audio((np.clip(samples, -1.0, 1.0) * 32767.0).astype(np.int16), engine.sample_rate)
        return pitched(spoken, pitch)

    def _loaded(self) -> _Engine:
        with self._turns.turn():
            self._engine = self._engine or _load(self._folder)
            return self._engine

    def _said(self, engine: _Engine, utterance: Utterance, speed: float) -> _Samples:
        """The samples, piece by piece."""
        say: Callable[[str, float, int], _Samples]
        if utterance.ipa:
            say, sentences = engine.from_phonemes, [for_hibari(utterance.ipa)]
        else:
            say, sentences = engine, engine.split_sentences(spell_digits(utterance.text))
        said = [np.zeros(0, np.float32)]
        for piece in pieces(sentences):
            with self._turns.turn():
                said.append(say(piece, speed, _SEED))
        return np.concatenate(said)


def _load(folder: Path | None) -> _Engine:
    from hibari import Hibari as Engine  # type: ignore[import-untyped]

    engine = Engine(threads=1, g2p=_words(folder))
    give_back()
    loaded: _Engine = engine
    return loaded


def _words(folder: Path | None) -> object | None:
    """None: the package reads its dictionaries itself, and they stay large."""
    try:
        return pronouncing(folder)
    except (OSError, SubprocessError) as error:
        _log.warning("dictionaries_not_packed", extra={"reason": str(error)})
        return None
