"""Packet loss concealment: the last frame again, quieter each time, then silence."""

from media.engine.compile import kernel
from media.engine.state import FRAME, Samples

MISSING = -32768
"""Stands for a sample that has not come. No G.711 octet decodes to it."""

REPEATS = 4
"""Frames that are made up before there is silence: 80 ms, about the length of a vowel."""


@kernel
def fade(frame: Samples, already: int) -> None:
    """Turn the frame just played into the next one, when `already` frames in a row were made up before."""
    if already >= REPEATS:
        frame[:] = 0
        return
    # The volume falls in a straight line from 1 at the last true sample to 0 at the last made-up one.
    steps = REPEATS * FRAME
    for k in range(FRAME):
        was = steps - max(already - 1, 0) * FRAME - (k if already else 0)
        becomes = steps - already * FRAME - k
        frame[k] = int(frame[k]) * becomes // was
