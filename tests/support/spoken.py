"""Words for phones to say: WAV files as `Phone.say` takes them."""

import wave
from pathlib import Path

import numpy as np
import soxr
from hibari import Hibari  # type: ignore[import-untyped]
from numpy.typing import NDArray

RATE_HZ = 8000
_LOUDNESS = 0.3


def write_spoken(path: Path, text: str) -> Path:
    """Have the text said, as loud as people speak, at the rate of telephones. Where it is."""
    voice = Hibari(threads=1)
    speech = soxr.resample(np.asarray(voice(text, seed=0)), voice.sample_rate, RATE_HZ)
    samples = speech / np.max(np.abs(speech)) * _LOUDNESS * 32767
    return _write(path, samples)


def write_silence(path: Path, seconds: float) -> Path:
    """Nothing, for so long. Where it is."""
    return _write(path, np.zeros(round(seconds * RATE_HZ)))


def _write(path: Path, samples: NDArray[np.float64]) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.astype("<i2").tobytes())
    return path
