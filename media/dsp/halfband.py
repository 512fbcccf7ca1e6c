"""8 kHz to 16 kHz and back, one frame after the other, with a half-band filter.

The filter is a windowed sinc with its edge at 4 kHz; every second tap of it is zero and the middle one is a
half, so that of the samples at 16 kHz every second is copied and the others cost TAPS multiplications. It
is flat up to 3.4 kHz and takes away more than 50 dB from 4.6 kHz on. Arithmetic is in integers with SHIFT
fractional bits. Both directions delay by half of TAPS samples at 8 kHz: 1.5 ms.

A filter keeps its last samples in `line`, int16 [LINE] or, for `down`, [2, LINE], zeros at the start.
"""

import numpy as np
from numpy.typing import NDArray

from media.engine.compile import kernel
from media.engine.state import FRAME, TAPS, Samples

SHIFT = 14
_HALF = TAPS // 2
_ROUND = 1 << (SHIFT - 1)


def _design() -> NDArray[np.int32]:
    """The taps beside the middle one, scaled so that a constant passes unchanged."""
    distance = np.arange(TAPS) * 2 - (TAPS - 1)
    taps = np.sinc(distance / 2) * np.kaiser(2 * TAPS + 1, 5.5)[1::2]
    scaled: NDArray[np.int32] = np.rint(taps / taps.sum() * (1 << SHIFT)).astype(np.int32)
    scaled[_HALF] += (1 << SHIFT) - scaled.sum()
    return scaled


FILTER = _design()


@kernel
def up(frame: Samples, wide: Samples, line: Samples) -> None:
    """160 samples at 8 kHz into 320 at 16 kHz."""
    for k in range(FRAME):
        line[TAPS + k] = frame[k]
    for k in range(FRAME):
        wide[2 * k] = line[k + _HALF]
        wide[2 * k + 1] = _clip((_filter(line, k) + _ROUND) >> SHIFT)
    _move_on(line)


@kernel
def down(wide: Samples, frame: Samples, lines: Samples) -> None:
    """320 samples at 16 kHz into 160 at 8 kHz."""
    even, odd = lines[0], lines[1]
    for k in range(FRAME):
        even[TAPS + k] = wide[2 * k]
        odd[TAPS + k] = wide[2 * k + 1]
    for k in range(FRAME):
        middle = int(even[k + _HALF + 1]) << SHIFT
        frame[k] = _clip((_filter(odd, k) + middle + 2 * _ROUND) >> (SHIFT + 1))
    _move_on(even)
    _move_on(odd)


@kernel
def _filter(line: Samples, k: int) -> int:
    """The filter's sum over the TAPS samples up to number k of this frame."""
    total = 0
    for tap in range(TAPS):
        total += int(FILTER[tap]) * int(line[k + tap + 1])
    return total


@kernel
def _move_on(line: Samples) -> None:
    """Keep what the next frame needs of this one."""
    for k in range(TAPS):
        line[k] = line[FRAME + k]


@kernel
def _clip(sample: int) -> int:
    return min(max(sample, -32768), 32767)
