"""What each leg hears: its room without itself, and what is played; and give it that.

Who hears whom is everybody everybody else, apart from exceptions. So a room has one sum for each rate that
somebody has, of those whom everybody may hear, and a leg hears it without itself. In a room with restricted
legs, those who are for some only are added for each of these, and a leg that hears only some gets sums of its
own.
"""

from media.dsp.limiting import fit
from media.engine.compile import inlined, kernel
from media.engine.kernels import buses
from media.engine.kernels.buses import bus_of
from media.engine.kernels.delivering import deliver
from media.engine.kernels.expecting import expect_to_send
from media.engine.kernels.sums import add, add_sums, subtract
from media.engine.state import (
    FRAME,
    HEARS_SOME,
    TO_ROOM,
    TO_SOME,
    Frames,
    Ints,
    Legs,
    Rooms,
    Samples,
    State,
    Sums,
)


@inlined
def mix_all(state: State, members: Ints) -> None:
    """Fill `Work.heard` for each leg of a room, or outside rooms, and deliver it at once."""
    if members.size and state.legs.room[members[0]] >= 0:
        _mix(state, members)
    else:
        for leg in members:
            line = state.work.line[: FRAME * state.legs.rate[leg]]
            line[:] = 0
            _add_plays(state.legs, state.rooms, state.frames, leg, line)
            state.legs.ducked[leg] = fit(line, state.work.heard[: line.size], state.legs.ducked[leg])
            deliver(state, leg)


@inlined
def _mix(state: State, members: Ints) -> None:
    """One room."""
    legs, frames, voices = state.legs, state.frames, state.work.voices
    room = legs.room[members[0]]
    restricted = _sum_room(legs, frames, members, voices, state.rooms.buses[room])
    if buses.are_several(state.rooms.buses[room]):
        buses.let_in(state, room, voices)
    for place in range(members.size):
        leg = members[place]
        expect_to_send(state, members, place)
        line = state.work.line[: FRAME * legs.rate[leg]]
        if legs.earmuffed[leg]:
            line[:] = 0
        elif restricted:
            _sum_allowed(state, leg, members, line)
        else:
            total, said = voices[bus_of(legs, leg), : line.size], frames.said[leg, : line.size]
            _sum_others(total, said, line, legs.reach[leg] == TO_ROOM)
        if legs.has_aside[leg] or state.rooms.has_aired[room]:
            _add_plays(legs, state.rooms, frames, leg, line)
        legs.ducked[leg] = fit(line, state.work.heard[: line.size], legs.ducked[leg])
        deliver(state, leg)


# What is called for each leg is given tables, not the whole state: numba copies it into every call.


@kernel
def _sum_room(legs: Legs, frames: Frames, members: Ints, voices: Sums, present: int) -> bool:
    """The sums of those whom everybody may hear; whether the room has legs that are restricted."""
    buses.clear(voices, present)
    restricted = False
    for leg in members:
        if legs.reach[leg] == TO_ROOM:
            size = FRAME * legs.rate[leg]
            add(voices[bus_of(legs, leg), :size], frames.said[leg, :size])
        if legs.restricted[leg]:
            restricted = True
    return restricted


@kernel
def _sum_others(total: Sums, said: Samples, line: Sums, is_in: bool) -> None:
    """A sum without what the leg itself says, if that is in there."""
    if is_in:
        subtract(total, said, line)
    else:
        line[:] = 0
        add_sums(line, total)


@kernel
def _sum_allowed(state: State, leg: int, members: Ints, line: Sums) -> None:
    """What a leg hears in a room where somebody is restricted."""
    legs, may_hear, own = state.legs, state.may_hear[leg], state.work.guests
    present = state.rooms.buses[legs.room[leg]]
    widest = TO_SOME
    if legs.restricted[leg] & HEARS_SOME:
        line[:] = 0
        widest = TO_ROOM
    else:
        total = state.work.voices[bus_of(legs, leg), : line.size]
        _sum_others(total, state.frames.said[leg, : line.size], line, legs.reach[leg] == TO_ROOM)
    buses.clear(own, present)
    for other in members:
        if TO_SOME <= legs.reach[other] <= widest and may_hear[other] and other != leg:
            size = FRAME * legs.rate[other]
            add(own[bus_of(legs, other), :size], state.frames.said[other, :size])
    buses.gather(own, present, line, state.filters.legs[leg], state.work.rows)


@kernel
def _add_plays(legs: Legs, rooms: Rooms, frames: Frames, leg: int, line: Sums) -> None:
    if legs.has_aside[leg]:
        add_sums(line, frames.aside[leg, : line.size])
    room = legs.room[leg]
    if room >= 0 and rooms.has_aired[room]:
        add_sums(line, frames.aired[room, bus_of(legs, leg), : line.size])
