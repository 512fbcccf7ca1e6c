"""The rows that are needed next, on their way into the caches meanwhile.

A leg is served once in 20 ms, and many others between: all that it has must come from afar. That takes
longer than what is done with it, one line after the other; but many can come at a time, while the system
works for another leg.
"""

from typing import Any

from media.dsp.ring import INDEX
from media.engine.compile import inlined, kernel
from media.engine.state import FRAME, Ints, State
from media.engine.syscalls import prefetch

_OCTETS = 2 * FRAME


@inlined
def expect_to_receive(state: State, members: Ints, place: int) -> None:
    """The rows of the leg after the next, and where the next one's samples will be.

    That stands in its rows, which were asked for a leg ago.
    """
    if place + 2 < members.size:
        leg = members[place + 2]
        _row(state.legs, leg)
        _row(state.stream, leg)
        _row(state.reception, leg)
        _row(state.jitter, leg)
        _row(state.keys, leg)
        _row(state.voices, leg)
        prefetch(state.tones.wanted[leg:].ctypes.data, 1)
    if place + 1 < members.size:
        leg = members[place + 1]
        prefetch(state.frames.jitter[leg, state.jitter.end[leg] & INDEX :].ctypes.data, _OCTETS)
        prefetch(state.frames.said[leg].ctypes.data, _OCTETS)


@inlined
def expect_to_send(state: State, members: Ints, place: int) -> None:
    """The next leg's rows, and what it has said."""
    if place + 1 < members.size:
        leg = members[place + 1]
        _row(state.legs, leg)
        _row(state.stream, leg)
        _row(state.sender, leg)
        prefetch(state.frames.said[leg].ctypes.data, _OCTETS)


@kernel
def _row(table: Any, leg: int) -> None:  # noqa: ANN401 - any table is an array to numba
    prefetch(table.ctypes.data + leg * table.itemsize, table.itemsize)
