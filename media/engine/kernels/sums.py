"""Sums of frames of any rate."""

from media.engine.compile import kernel
from media.engine.state import Samples, Sums


@kernel
def add(total: Sums, frame: Samples) -> None:
    """Add a frame to a sum. 32 bits hold 65536 of them."""
    for k in range(total.size):
        total[k] += frame[k]


@kernel
def add_sums(total: Sums, line: Sums) -> None:
    """Add a sum to a sum."""
    for k in range(total.size):
        total[k] += line[k]


@kernel
def subtract(total: Sums, frame: Samples, rest: Sums) -> None:
    """What remains of a sum without a frame."""
    for k in range(total.size):
        rest[k] = total[k] - frame[k]


@kernel
def copy(source: Samples, target: Samples) -> None:
    """Copy a frame. Numba would take seconds to compile the same as an assignment of slices."""
    for k in range(source.size):
        target[k] = source[k]
