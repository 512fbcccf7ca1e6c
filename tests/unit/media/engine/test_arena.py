"""Memory that outlives a process: laid out twice, it is the same."""

import os
from collections.abc import Iterator

import numpy as np
import pytest

from media.engine.arena import Arena, ForeignLayout, share
from media.engine.memory import make_state
from media.engine.state import State
from media.worker.ledger import Size, open_memory, size_for

pytestmark = pytest.mark.unit


@pytest.fixture
def fd() -> Iterator[int]:
    descriptor = os.memfd_create("test")
    yield descriptor
    os.close(descriptor)


def lay_out(arena: Arena) -> State:
    return make_state(3, 2, 2, arena)


def test_what_one_writes_another_finds(fd: int) -> None:
    one, is_new = share(fd, lay_out)
    assert is_new
    one.sender.sequence[2] = 77
    one.rings.commands[0, 5, 3] = -1
    one.frames.said[1, 159] = -5
    other, is_new = share(fd, lay_out)
    assert not is_new
    assert (other.sender.sequence[2], other.rings.commands[0, 5, 3], other.frames.said[1, 159]) == (
        77,
        -1,
        -5,
    )
    other.legs.kind[0] = 1
    assert one.legs.kind[0] == 1


def test_no_two_arrays_overlap(fd: int) -> None:
    """Each gets a number that its neighbours have not, and has it still when all have theirs."""
    state, _ = share(fd, lay_out)
    arrays = list(_arrays(state))
    for number, array in enumerate(arrays):
        array[...] = number % 100 + 1
    for number, array in enumerate(arrays):
        assert (np.asarray(array) == number % 100 + 1).all()


def _arrays(value: object) -> Iterator[np.ndarray[tuple[int, ...], np.dtype[np.generic]]]:
    if isinstance(value, tuple):
        for each in value:
            yield from _arrays(each)
    elif isinstance(value, np.ndarray) and value.dtype.names:
        for name in value.dtype.names:
            yield np.asarray(value[name])
    elif isinstance(value, np.ndarray):
        yield value


def test_another_layout_is_refused(fd: int) -> None:
    share(fd, lay_out)
    with pytest.raises(ForeignLayout, match="size"):
        share(fd, lambda arena: make_state(300, 2, 2, arena))
    with pytest.raises(ForeignLayout, match="another way"):
        share(fd, _turned)


def _turned(arena: Arena) -> None:
    """As much memory, for something else."""
    measure = Arena()
    lay_out(measure)
    arena.zeros(measure.size - arena.size, np.uint8)


def test_rows_that_nobody_touches_cost_nothing(fd: int) -> None:
    memory = open_memory(fd, size_for(1000))
    assert os.fstat(fd).st_size > 1 << 30
    assert os.fstat(fd).st_blocks * 512 < 40 << 20
    assert memory.is_new


def test_the_ring_of_a_recording_costs_nothing_once_it_is_given_back(fd: int) -> None:
    memory = open_memory(fd, Size(2, 2, 3))
    before = os.fstat(fd).st_blocks
    ring = memory.ledger.rings.array(1, (250, 320, 32), np.int16)
    ring[:] = 1
    assert open_memory(fd, Size(2, 2, 3)).ledger.rings.array(1, (250, 320, 32), np.int16).min() == 1
    assert os.fstat(fd).st_blocks > before
    memory.ledger.rings.clear(1)
    assert os.fstat(fd).st_blocks == before
    assert not ring.any()
