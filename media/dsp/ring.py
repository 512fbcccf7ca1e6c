"""Samples in a ring by their time: what concealment and stretching have in common.

A ring's length is a power of two; a time is any integer, and samples at times that far apart share a place.
"""

from media.engine.compile import kernel
from media.engine.state import JITTER_SAMPLES, Samples

MISSING = -32768
"""Stands for a sample that has not come. No G.711 octet decodes to it."""
SHORTEST, LONGEST = 40, 120
"""Samples of a period that is looked for: voices of 66 to 200 Hz, and two or more periods of higher ones."""
SPAN = 80
"""Samples that are compared, 10 ms: as long as the longest sound that ought to be alike."""

INDEX = JITTER_SAMPLES - 1


@kernel
def erase(ring: Samples, at: int, count: int) -> None:
    """The samples from `at` on are not there."""
    for k in range(count):
        ring[(at + k) & INDEX] = MISSING


@kernel
def store(ring: Samples, at: int, samples: Samples) -> None:
    """These are the samples from `at` on; no more of them than the ring is long."""
    start = at & INDEX
    before = min(samples.size, ring.size - start)
    _copy(samples[:before], ring[start : start + before])
    _copy(samples[before:], ring[: samples.size - before])


@kernel
def _copy(source: Samples, target: Samples) -> None:
    for k in range(source.size):
        target[k] = source[k]


@kernel
def likeness(ring: Samples, one: int, other: int) -> float:
    """How alike the SPAN samples from `one` and from `other` on are: 1 one shape, 0 nothing in common."""
    both, first, second = 0, 1, 1
    for k in range(0, SPAN, 2):
        a, b = int(ring[(one + k) & INDEX]), int(ring[(other + k) & INDEX])
        both += a * b
        first += a * a
        second += b * b
    return float(both / (float(first) * float(second)) ** 0.5)


@kernel
def period(ring: Samples, one: int, direction: int, longest: int) -> int:
    """The shift from `one`, SHORTEST to `longest` samples, at which the signal is most like itself.

    `direction`: 1 looks later, -1 earlier. All the samples must be there.
    """
    best = _best(ring, one, direction, SHORTEST, longest, 4)
    return _best(ring, one, direction, max(best - 3, SHORTEST), min(best + 3, longest), 1)


@kernel
def _best(ring: Samples, one: int, direction: int, shortest: int, longest: int, step: int) -> int:
    found, most = shortest, -2.0
    for shift in range(shortest, longest + 1, step):
        alike = likeness(ring, one, one + direction * shift)
        if alike > most:
            found, most = shift, alike
    return found
