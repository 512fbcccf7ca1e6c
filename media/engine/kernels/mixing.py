"""Phases 5 and 6: what each leg hears: its room without itself, and what is played; and give it that.

Who hears whom is everybody everybody else, apart from exceptions. So a room has one sum, of those whom
everybody may hear, and a leg hears it without itself. In a room with restricted legs, those who are for some
only are added for each of these, and a leg that hears only some gets a sum of its own.
"""

from media.engine.compile import kernel
from media.engine.kernels.delivering import deliver
from media.engine.kernels.sums import add, add_sums, clip, subtract
from media.engine.state import (
    HEARS_SOME,
    TO_ROOM,
    TO_SOME,
    Frames,
    Ints,
    Legs,
    Rooms,
    State,
    Sums,
)


@kernel
def mix_all(state: State, beat: int) -> None:
    """Fill `heard` of a beat's legs, room by room, and deliver it at once, while it is in the caches."""
    order, frames = state.order, state.frames
    total, line = state.work.total, state.work.line
    outside = order.beats.group[beat + 1] - 1
    for group in range(order.beats.group[beat], outside):
        members = order.legs[order.first[group] : order.first[group + 1]]
        restricted = _sum_room(state.legs, frames, members, total)
        for leg in members:
            if state.legs.earmuffed[leg]:
                line[:] = 0
            elif restricted:
                _sum_allowed(state, leg, members, line)
            else:
                _sum_others(state.legs, frames, leg, total, line)
            _finish(state, leg, line)
    for leg in order.legs[order.first[outside] : order.first[outside + 1]]:
        line[:] = 0
        _finish(state, leg, line)


@kernel
def _sum_room(legs: Legs, frames: Frames, members: Ints, total: Sums) -> bool:
    """The sum of those whom everybody may hear; whether the room has legs that are restricted."""
    total[:] = 0
    restricted = False
    for leg in members:
        if legs.reach[leg] == TO_ROOM:
            add(total, frames.said[leg])
        if legs.restricted[leg]:
            restricted = True
    return restricted


@kernel
def _sum_others(legs: Legs, frames: Frames, leg: int, total: Sums, line: Sums) -> None:
    """The room's sum without the leg itself, if it is in there."""
    if legs.reach[leg] == TO_ROOM:
        subtract(total, frames.said[leg], line)
    else:
        line[:] = 0
        add_sums(line, total)


@kernel
def _sum_allowed(state: State, leg: int, members: Ints, line: Sums) -> None:
    """What a leg hears in a room where somebody is restricted."""
    legs, frames, may_hear = state.legs, state.frames, state.may_hear[leg]
    widest = TO_SOME
    if legs.restricted[leg] & HEARS_SOME:
        line[:] = 0
        widest = TO_ROOM
    else:
        _sum_others(legs, frames, leg, state.work.total, line)
    for other in members:
        if TO_SOME <= legs.reach[other] <= widest and may_hear[other] and other != leg:
            add(line, frames.said[other])


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
