"""Between the 8 kHz mono of a phone's files and what its codec takes. Rough, and enough for tones."""

import numpy as np

RATE_HZ = 8000


def to_call(pcm: bytes, rate: int, channels: int) -> bytes:
    """16-bit samples at 8 kHz, each as often as the call's rate, a multiple, and its channels want it."""
    return np.repeat(np.frombuffer(pcm, "<i2"), rate // RATE_HZ * channels).tobytes()


def from_call(pcm: bytes, rate: int, channels: int) -> bytes:
    """The mean of what the call has for each sample at 8 kHz; an incomplete one at the end is left out."""
    times = rate // RATE_HZ * channels
    samples = np.frombuffer(pcm, "<i2")
    whole = samples[: len(samples) // times * times].reshape(-1, times)
    mean: bytes = whole.mean(axis=1).astype("<i2").tobytes()
    return mean
