"""8 kHz to 24 kHz and back, one frame after the other.

Both directions go through one low-pass filter at 24 kHz, a windowed sinc with its edge at 4 kHz: flat up to
3.4 kHz, and more than 55 dB down from 4.6 kHz on. On the way up two zeros stand between samples before it, on
the way down every third sample is kept after it. Each direction delays by 13 samples at 8 kHz: 1.6 ms.
"""

import numpy as np
from numpy.typing import NDArray

FACTOR = 3
TAPS = 79
"""An odd number, so that its middle is a sample; (TAPS - 1) / 2 is whole samples at 8 kHz, too."""
KAISER = 6.0
"""The window's parameter: how far down, against how steep."""

Samples = NDArray[np.int16]


def _design() -> NDArray[np.float32]:
    distance = np.arange(TAPS) - TAPS // 2
    taps = np.sinc(distance / FACTOR) * np.kaiser(TAPS, KAISER)
    scaled: NDArray[np.float32] = (taps / taps.sum()).astype(np.float32)
    return scaled


FILTER = _design()


class Upsampler:
    """From 8 kHz to 24 kHz: three samples for each."""

    def __init__(self) -> None:
        self._filter = _LowPass()

    def __call__(self, frame: Samples) -> Samples:
        """The next frame, at 24 kHz."""
        stuffed = np.zeros(FACTOR * len(frame), np.float32)
        stuffed[::FACTOR] = frame
        return _rounded(self._filter(stuffed) * FACTOR)


class Downsampler:
    """From 24 kHz to 8 kHz: one sample for three."""

    def __init__(self) -> None:
        self._filter = _LowPass()

    def __call__(self, frame: Samples) -> Samples:
        """The next frame, at 8 kHz; its length is a multiple of FACTOR."""
        return _rounded(self._filter(frame.astype(np.float32))[::FACTOR])


class _LowPass:
    """Remembers what the filter's next output needs of the past; silence in the beginning."""

    def __init__(self) -> None:
        self._past = np.zeros(TAPS - 1, np.float32)

    def __call__(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        line = np.concatenate([self._past, samples])
        self._past = line[-(TAPS - 1) :]
        filtered: NDArray[np.float32] = np.correlate(line, FILTER, "valid")
        return filtered


def _rounded(samples: NDArray[np.float32]) -> Samples:
    limits = np.iinfo(np.int16)
    return np.clip(np.rint(samples), limits.min, limits.max).astype(np.int16)
