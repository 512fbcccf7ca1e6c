"""What the recognisers by pocketsphinx share: its models, and its decoders.

A decoder may be used by one thread at a time; it computes without holding up the others, except for what it
does at the end of an utterance, which is short after short ones.
"""

import importlib.util
import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from media.errors import Unrecognisable
from media.hearing.recognisers.recogniser import Sound, Word

MAX_IDLE = 4
"""Decoders that are kept for the next utterance: as many as threads use them."""
FRAME_S = 0.01
"""Seconds of one frame of a decoder."""
LOG_BASE = np.log(1.0001)
"""Decoders count probabilities in powers of this."""

Decoder = Any
"""pocketsphinx has no types."""


class Segment(NamedTuple):
    """A word, a phone or a silence; frames from the first to the last."""

    name: str
    """A further way to pronounce a word is `word(2)`."""
    first: int
    last: int
    score: float
    """How well the sound fits, as a logarithm."""
    probability: float

    @property
    def is_said(self) -> bool:
        """Whether it is speech: silence and noises stand in brackets of several kinds."""
        return self.name not in ("SIL", "(NULL)") and self.name[0] not in "<[+"

    @property
    def word(self) -> str:
        """The word, however it was pronounced."""
        return self.name.partition("(")[0]

    @property
    def frames(self) -> int:
        """How long it is."""
        return self.last - self.first + 1


def is_installed() -> bool:
    """Whether the package is there: it is not for every version of Python."""
    return importlib.util.find_spec("pocketsphinx") is not None


def model(name: str) -> Path:
    """A file of the American English models inside the package."""
    import pocketsphinx  # type: ignore[import-untyped]

    return Path(pocketsphinx.get_model_path("en-us")) / name


def decoder(**options: object) -> Decoder:
    """A new decoder. Raises Unrecognisable."""
    import pocketsphinx

    try:
        return pocketsphinx.Decoder(hmm=str(model("en-us")), cmn="batch", loglevel="FATAL", **options)
    except (RuntimeError, ValueError) as error:
        raise Unrecognisable(f"pocketsphinx does not start: {error}") from error


def decode(engine: Decoder, sound: Sound) -> list[Segment]:
    """What the decoder makes of a whole utterance; nothing when nothing fits. Raises Unrecognisable."""
    try:
        engine.start_utt()
        engine.process_raw(sound.tobytes(), full_utt=True)
        engine.end_utt()
        if engine.hyp() is None:
            return []
        return [
            Segment(part.word, part.start_frame, part.end_frame, _log_of(part.ascore), part.prob)
            for part in engine.seg()
        ]
    except RuntimeError as error:
        raise Unrecognisable(f"pocketsphinx failed: {error}") from error


def _log_of(probability: float) -> float:
    return float(np.log(max(probability, 1e-300)) / LOG_BASE)


def place(part: Segment, confidence: float) -> Word:
    """The word in seconds."""
    return Word(part.word, part.first * FRAME_S, (part.last + 1) * FRAME_S, confidence)


class Decoders:
    """Decoders of one kind, made when all the others are in use."""

    def __init__(self, make: Callable[[], Decoder]) -> None:
        self._make = make
        self._idle: queue.LifoQueue[Decoder] = queue.LifoQueue(MAX_IDLE)

    @contextmanager
    def borrowed(self) -> Iterator[Decoder]:
        """One for this thread alone; one that failed is not used again."""
        try:
            engine = self._idle.get_nowait()
        except queue.Empty:
            engine = self._make()
        yield engine
        try:
            self._idle.put_nowait(engine)
        except queue.Full:
            return
