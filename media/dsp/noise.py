"""Comfort noise (RFC 3389): white, of the level that the peer says; its spectrum is left aside."""

from media.engine.compile import kernel
from media.engine.state import Ints, Octets

UNTOLD = -1
"""The amplitude where nothing was said of noise."""
SILENT = 0
"""Where it is to be silent."""

_MASK32 = 0xFFFFFFFF


@kernel
def amplitude(payload: Octets) -> int:
    """What a packet of comfort noise asks for: the greatest sample of noise of that level (section 3.1).

    The level is in -dBov, the power of noise against a square wave at full scale.
    """
    if payload.size == 0:
        return SILENT
    # Samples spread evenly up to A have the power of A / sqrt(3).
    return min(int(32768 * 3**0.5 * 10 ** (-float(payload[0] & 0x7F) / 20)), 32767)


@kernel
def sample(seed: Ints, leg: int, loudest: int) -> int:
    """The next sample, evenly spread between -`loudest` and `loudest`. `seed[leg]` is any number."""
    # The multiplier and increment of Numerical Recipes' generator of 32 bits; its high bits are good noise.
    seed[leg] = (int(seed[leg]) * 1664525 + 1013904223) & _MASK32
    return ((int(seed[leg]) >> 16) * (2 * loudest + 1) >> 16) - loudest
