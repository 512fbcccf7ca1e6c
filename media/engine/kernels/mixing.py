"""Phases 5 and 6: what each leg hears: its room without itself, and what is played; and give it that."""

from media.engine.compile import kernel
from media.engine.kernels.delivering import deliver
from media.engine.kernels.sums import add, add_sums, clip, subtract
from media.engine.state import Frames, Ints, Legs, Rooms, State, Sums


@kernel
def mix_all(state: State) -> None:
    """Fill `heard` of every leg, room by room, and deliver it at once, while it is in the caches."""
    order, frames = state.order, state.frames
    total, line = state.work.total, state.work.line
    groups = order.tally.groups[0]
    for group in range(groups):
        members = order.legs[order.first[group] : order.first[group + 1]]
        _sum_room(frames, members, total)
        for leg in members:
            if state.legs.earmuffed[leg]:
                line[:] = 0
            else:
                subtract(total, frames.said[leg], line)
            _finish(state, leg, line)
    for leg in order.legs[order.first[groups] : order.tally.legs[0]]:
        line[:] = 0
        _finish(state, leg, line)


@kernel
def _sum_room(frames: Frames, members: Ints, total: Sums) -> None:
    total[:] = 0
    for leg in members:
        add(total, frames.said[leg])


@kernel
def _finish(state: State, leg: int, line: Sums) -> None:
    _add_plays(state.legs, state.rooms, state.frames, leg, line)
    clip(line, state.frames.heard[leg])
    deliver(state, leg)


@kernel
def _add_plays(legs: Legs, rooms: Rooms, frames: Frames, leg: int, line: Sums) -> None:
    if legs.has_aside[leg]:
        add_sums(line, frames.aside[leg])
    room = legs.room[leg]
    if room >= 0 and rooms.has_aired[room]:
        add_sums(line, frames.aired[room])
