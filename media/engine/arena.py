"""Where arrays lie: in memory of one's own, or one behind the other in memory that several processes see.

What is laid out in shared memory outlives the process that writes it. Whoever comes after lays out the same,
and finds everything as it was.
"""

import hashlib
import mmap
import os
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from media.errors import MediaError

T = TypeVar("T")

PAGE = 4096
ALIGNMENT = 64
"""Octets: a line of the caches, so that no two arrays share one."""


class ForeignLayout(MediaError):
    """The memory was laid out by other sources, or for another size."""


class Plots:
    """Places of equal size for arrays whose shape is known when they are needed."""

    def __init__(self, memory: mmap.mmap | None, offset: int, octets: int) -> None:
        self._memory = memory
        self._offset = offset
        self._octets = octets

    def array(self, plot: int, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """The array that begins a plot; the same as before where it was there before."""
        if self._memory is None:
            return np.zeros(shape, dtype)
        return np.ndarray(shape, dtype, self._memory, self._offset + plot * self._octets)

    def clear(self, plot: int) -> None:
        """Give the pages of a plot back: it is all zeros, and costs nothing."""
        if self._memory is not None:
            self._memory.madvise(mmap.MADV_REMOVE, self._offset + plot * self._octets, self._octets)


class Arena:
    """Gives out arrays of zeros. `memory` None: each on its own, and what is counted is a measure."""

    def __init__(self, memory: mmap.mmap | None = None) -> None:
        self._memory = memory
        self._layout = hashlib.blake2b(digest_size=8)
        self.size = PAGE
        """Octets so far; the first ones name the layout."""

    @property
    def layout(self) -> bytes:
        """What tells one layout from another, never all zeros."""
        return self._layout.digest()

    def zeros(self, shape: int | tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """An array that is all zeros, or what was written into it before."""
        kind = np.dtype(dtype)
        self._layout.update(repr((shape, kind)).encode())
        octets = int(np.prod(shape)) * kind.itemsize
        offset, self.size = self.size, self.size + round_up(octets, ALIGNMENT)
        if self._memory is None:
            return np.zeros(shape, kind)
        return np.ndarray(shape, kind, self._memory, offset)

    def plots(self, count: int, octets: int) -> Plots:
        """That many places of at least so many octets."""
        each = round_up(octets, PAGE)
        self._layout.update(repr((count, each)).encode())
        offset = round_up(self.size, PAGE)
        self.size = offset + count * each
        return Plots(self._memory, offset, each)


def share(fd: int, lay_out: Callable[[Arena], T]) -> tuple[T, bool]:
    """Lay out what the descriptor (of a memfd) holds, and whether it is new. Raises ForeignLayout.

    Pages that nobody touches cost nothing.
    """
    measure = Arena()
    lay_out(measure)
    is_new = os.fstat(fd).st_size == 0
    if is_new:
        os.ftruncate(fd, measure.size)
    elif os.fstat(fd).st_size != measure.size:
        raise ForeignLayout("the memory has another size")
    memory = mmap.mmap(fd, measure.size)
    if not is_new and memory[: len(measure.layout)] != measure.layout:
        raise ForeignLayout("the memory is laid out in another way")
    contents = lay_out(Arena(memory))
    memory[: len(measure.layout)] = measure.layout
    return contents, is_new


def round_up(octets: int, unit: int) -> int:
    """The next multiple of a unit."""
    return -(-octets // unit) * unit
