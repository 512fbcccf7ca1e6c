"""Phase 5: what each leg hears: its room without itself, what is played to the room, what is played to it."""

from media.engine.compile import kernel
from media.engine.state import FRAME, Ints, Legs, Rooms, Samples, State, Sums


@kernel
def mix_all(state: State) -> None:
    """Fill `heard` of every leg."""
    legs, rooms, order = state.legs, state.rooms, state.order
    total, line = state.work.total[0], state.work.line[0]
    groups = order.tally.groups[0]
    for group in range(groups):
        members = order.legs[order.first[group] : order.first[group + 1]]
        _sum_room(legs, members, total)
        for leg in members:
            _hear_room(legs, leg, total, line)
            _hear_plays(legs, rooms, leg, line)
            clip(line, legs.heard[leg])
    for leg in order.legs[order.first[groups] : order.tally.legs[0]]:
        line[:] = 0
        _hear_plays(legs, rooms, leg, line)
        clip(line, legs.heard[leg])


@kernel
def _sum_room(legs: Legs, members: Ints, total: Sums) -> None:
    total[:] = 0
    for leg in members:
        add(total, legs.said[leg])


@kernel
def _hear_room(legs: Legs, leg: int, total: Sums, line: Sums) -> None:
    if legs.earmuffed[leg]:
        line[:] = 0
        return
    said = legs.said[leg]
    for k in range(FRAME):
        line[k] = total[k] - said[k]


@kernel
def _hear_plays(legs: Legs, rooms: Rooms, leg: int, line: Sums) -> None:
    if legs.has_aside[leg]:
        for k in range(FRAME):
            line[k] += legs.aside[leg, k]
    room = legs.room[leg]
    if room >= 0 and rooms.has_aired[room]:
        for k in range(FRAME):
            line[k] += rooms.aired[room, k]


@kernel
def add(total: Sums, frame: Samples) -> None:
    """Add a frame to a sum. 32 bits hold 65536 of them."""
    for k in range(FRAME):
        total[k] += frame[k]


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
