"""Sums of frames, and samples made of them again."""

from media.engine.compile import kernel
from media.engine.state import FRAME, Samples, Sums


@kernel
def add(total: Sums, frame: Samples) -> None:
    """Add a frame to a sum. 32 bits hold 65536 of them."""
    for k in range(FRAME):
        total[k] += frame[k]


@kernel
def add_sums(total: Sums, line: Sums) -> None:
    """Add a sum to a sum."""
    for k in range(FRAME):
        total[k] += line[k]


@kernel
def subtract(total: Sums, frame: Samples, rest: Sums) -> None:
    """What remains of a sum without a frame."""
    for k in range(FRAME):
        rest[k] = total[k] - frame[k]


@kernel
def clip(line: Sums, frame: Samples) -> None:
    """A sum as samples."""
    for k in range(FRAME):
        frame[k] = min(max(line[k], -32768), 32767)


@kernel
def copy(source: Samples, target: Samples) -> None:
    """Copy a frame at 8 kHz. Numba would take seconds to compile the same as an assignment of slices."""
    for k in range(FRAME):
        target[k] = source[k]
