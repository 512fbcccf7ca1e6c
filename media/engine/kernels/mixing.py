"""Phases 5 and 6: what each leg hears: its room without itself, and what is played; and give it that.

Who hears whom is everybody everybody else, apart from exceptions. So a room has one sum for each rate that
somebody has, of those whom everybody may hear, and a leg hears it without itself. In a room with restricted
legs, those who are for some only are added for each of these, and a leg that hears only some gets sums of its
own.
"""

from media.dsp.limiting import fit
from media.engine.compile import kernel
from media.engine.kernels import buses
from media.engine.kernels.buses import bus_of
from media.engine.kernels.delivering import deliver
from media.engine.kernels.sums import add, add_sums, subtract
from media.engine.state import FRAME, HEARS_SOME, TO_ROOM, TO_SOME, Frames, Ints, Legs, Rooms, State, Sums


@kernel
def mix_all(state: State, members: Ints) -> None:
    """Fill `heard` of all legs of a room, or of some outside rooms, and deliver it at once."""
    if members.size and state.legs.room[members[0]] >= 0:
        _mix(state, members)
    else:
        for leg in members:
            line = state.work.line[: FRAME * state.legs.rate[leg]]
            line[:] = 0
            _finish(state, leg, line)


@kernel
def _mix(state: State, members: Ints) -> None:
    """One room."""
    restricted = _sum_room(state, members)
    for leg in members:
        line = state.work.line[: FRAME * state.legs.rate[leg]]
        if state.legs.earmuffed[leg]:
            line[:] = 0
        elif restricted:
            _sum_allowed(state, leg, members, line)
        else:
            _sum_others(state, leg, line)
        _finish(state, leg, line)


@kernel
def _sum_room(state: State, members: Ints) -> bool:
    """The sums of those whom everybody may hear; whether the room has legs that are restricted."""
    legs, voices = state.legs, state.work.voices
    room = legs.room[members[0]]
    buses.clear(voices, state.rooms.buses[room])
    restricted = False
    for leg in members:
        if legs.reach[leg] == TO_ROOM:
            size = FRAME * legs.rate[leg]
            add(voices[bus_of(legs, leg), :size], state.frames.said[leg, :size])
        if legs.restricted[leg]:
            restricted = True
    buses.let_in(state, room, voices)
    return restricted


@kernel
def _sum_others(state: State, leg: int, line: Sums) -> None:
    """The room's sum without the leg itself, if it is in there."""
    legs = state.legs
    total = state.work.voices[bus_of(legs, leg), : line.size]
    if legs.reach[leg] == TO_ROOM:
        subtract(total, state.frames.said[leg, : line.size], line)
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
        _sum_others(state, leg, line)
    buses.clear(own, present)
    for other in members:
        if TO_SOME <= legs.reach[other] <= widest and may_hear[other] and other != leg:
            size = FRAME * legs.rate[other]
            add(own[bus_of(legs, other), :size], state.frames.said[other, :size])
    buses.gather(own, present, line, state.filters.legs[leg], state.work.rows)


@kernel
def _finish(state: State, leg: int, line: Sums) -> None:
    _add_plays(state.legs, state.rooms, state.frames, leg, line)
    heard = state.frames.heard[leg, : line.size]
    state.legs.ducked[leg] = fit(line, heard, state.legs.ducked[leg])
    deliver(state, leg)


@kernel
def _add_plays(legs: Legs, rooms: Rooms, frames: Frames, leg: int, line: Sums) -> None:
    if legs.has_aside[leg]:
        add_sums(line, frames.aside[leg, : line.size])
    room = legs.room[leg]
    if room >= 0 and rooms.has_aired[room]:
        add_sums(line, frames.aired[room, bus_of(legs, leg), : line.size])
