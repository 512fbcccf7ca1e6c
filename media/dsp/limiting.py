"""A sum of voices as samples that fit, turned down where it would not.

A frame is seen whole before it is heard. One that would be too loud is turned down by no more than it needs,
evenly from its beginning to its loudest sample, and stays there; what still sticks out on the way is cut
off. Afterwards RELEASE of what is missing comes back with each frame, evenly within the frame: half of it in
130 ms, so that the gain does not follow the syllables. Where a sum fits and nothing is turned down, nothing
is touched.
"""

import numpy as np

from media.engine.compile import kernel
from media.engine.state import Samples, Sums

LOUDEST = 32767
RELEASE = 0.1
"""Of what is missing, in 20 ms: two thirds in 200 ms."""
NEARLY = 1 / 256
"""What is missing in the end, 0.03 dB, comes back at once."""


@kernel
def fit(line: Sums, frame: Samples, ducked: float) -> float:
    """Write the sum's samples; by how much the next frame begins turned down: 0 not at all, to 1.

    `ducked`: what the frame before returned, 0 in the beginning.
    """
    extreme = _extreme(line)
    if extreme > LOUDEST or ducked > 0.0:
        return _turn_down(line, frame, extreme, 1.0 - ducked)
    for k in range(line.size):
        frame[k] = line[k]
    return 0.0


@kernel
def _extreme(line: Sums) -> int:
    """The greatest of the samples, one below 0 counting as the one above that is as loud."""
    # As numbers of 32 bits, so that the processor compares eight at a time.
    least, most = np.int32(0), np.int32(0)
    for k in range(line.size):
        least, most = min(least, line[k]), max(most, line[k])
    return max(int(most), -1 - int(least))


@kernel
def _turn_down(line: Sums, frame: Samples, extreme: int, before: float) -> float:
    fits = LOUDEST / max(extreme, LOUDEST)
    if fits < before:
        after, length = fits, _loudest(line, extreme) + 1
    else:
        after, length = min(fits, before + (1.0 - before) * RELEASE), line.size
        if after >= 1.0 - NEARLY:
            after = 1.0
    for k in range(line.size):
        gain = before + (after - before) * min(k + 1, length) / length
        frame[k] = min(max(int(line[k] * gain), -LOUDEST - 1), LOUDEST)
    return 1.0 - after


@kernel
def _loudest(line: Sums, extreme: int) -> int:
    """Where the sample is that is as loud as that."""
    at = 0
    while max(line[at], -1 - line[at]) < extreme:
        at += 1
    return at
