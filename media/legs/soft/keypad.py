"""Keys of a soft leg that are heard as tones, whatever the rate of its codec."""

from collections.abc import Callable

import numpy as np

from media.dsp.dtmf import RATE, DtmfEar


class Keypad:
    """Listens to frames of 20 ms at `rate`, a multiple of 8 kHz. `pressed`: RFC 4733's code, milliseconds."""

    def __init__(self, rate: int, pressed: Callable[[int, int], None]) -> None:
        self._times = rate // RATE
        self._pressed = pressed
        self._ear = DtmfEar()

    def hear(self, frame: bytes) -> None:
        """The next frame."""
        # The highest tone is 0.4 dB quieter in the mean of two samples, and no tone is folded onto another.
        samples = np.frombuffer(frame, "<i2").reshape(-1, self._times).mean(axis=1)
        for code, duration_ms in self._ear.hear(samples):
            self._pressed(code, duration_ms)
