"""Loss concealment for codecs that bring none: the last pitch period, fading, as in `media.dsp.conceal`."""

import numpy as np
from numpy.typing import NDArray

from media.dsp.conceal import HISTORY, JOIN, MADE, WHOLE
from media.dsp.ring import LONGEST, SPAN, period
from media.engine.state import FRAME, JITTER_SAMPLES


class Repeater:
    """Remembers the end of a stream. `frame` is the number of samples in 20 ms."""

    def __init__(self, frame: int) -> None:
        self._times = frame // FRAME
        self._heard = self._before = np.zeros(2 * frame, np.int16)
        """What was heard last, and what before the samples that are being made up."""
        self._ring = np.zeros(JITTER_SAMPLES, np.int16)
        self._period = 1
        self._made = 0
        """Samples made up since the last true one."""

    def hear(self, samples: bytes) -> bytes:
        """These came: they are to be played, after what was made up."""
        true = np.frombuffer(samples, "<i2")
        if self._made:
            true = self._led_over(true)
            self._made = 0
        return self._play(true)

    def make_up(self, samples: int) -> bytes:
        """The next ones, in their place."""
        if self._made >= MADE * self._times:
            return bytes(2 * samples)
        if not self._made:
            self._before = self._heard
            self._period = self._find()
        made_up = self._guess(samples)
        self._made += samples
        return self._play(made_up)

    def _play(self, samples: NDArray[np.int16]) -> bytes:
        self._heard = np.concatenate([self._heard, samples])[-self._heard.size :]
        return samples.astype("<i2").tobytes()

    def _find(self) -> int:
        """The pitch period at the end of what was heard."""
        self._ring[:HISTORY] = self._before[self._times - 1 :: self._times][-HISTORY:]
        return int(period(self._ring, HISTORY - SPAN, -1, LONGEST)) * self._times

    def _guess(self, samples: int) -> NDArray[np.int16]:
        at = np.arange(self._made, self._made + samples)
        within, join = at % self._period, JOIN * self._times
        last, before = int(self._before[-1]), int(self._before[-self._period - 1])
        wave = self._before[-self._period :][within] + (last - before) * np.maximum(join - within, 0) / join
        gain = np.clip((MADE * self._times - at) / ((MADE - WHOLE) * self._times), 0, 1)
        made_up: NDArray[np.int16] = np.clip(wave * gain, -32767, 32767).astype(np.int16)
        return made_up

    def _led_over(self, true: NDArray[np.int16]) -> NDArray[np.int16]:
        """What came, mixed at its beginning with what would have gone on."""
        join = min(JOIN * self._times, true.size)
        guess, part = self._guess(join), np.arange(1, join + 1) / join
        mixed = guess * (1 - part) + true[:join] * part
        return np.concatenate([mixed.astype(np.int16), true[join:]])
