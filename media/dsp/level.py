"""How loud a frame is, on the scale of RFC 6464 section 3: 0 (as loud as can be) to 127 (silence) in -dBov.

Compared with a table of powers, in whole numbers: the same on every processor, compiled or not.
"""

import numpy as np

from media.engine.compile import kernel
from media.engine.state import Ints, Samples

SILENCE = 127
"""The level of a frame without a sound, and of all that is quieter than 126.5 dB below full scale."""

_SCALE = 256
"""Powers are counted in so many parts of a sample's square: one faint sample in a frame is not silence."""
_FULL = _SCALE * 32768**2


def _least_powers() -> Ints:
    levels = np.arange(SILENCE)
    return np.maximum(np.ceil(_FULL * 10 ** (-(levels + 0.5) / 10)), 1).astype(np.int64)


LEAST_POWERS = _least_powers()
"""[level] the least mean power of a frame of that level: half a decibel to each side belongs to it."""


@kernel
def level(frame: Samples) -> int:
    """The level of a frame of any length."""
    power = 0
    for k in range(frame.size):
        power += int(frame[k]) * int(frame[k])
    mean = power * _SCALE // frame.size
    below, above = -1, SILENCE
    while above - below > 1:
        middle = (below + above) // 2
        if mean >= LEAST_POWERS[middle]:
            above = middle
        else:
            below = middle
    return above
