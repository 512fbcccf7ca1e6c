"""What each leg hears: its room without itself, and what is played; and give it that.

Who hears whom is everybody everybody else, apart from exceptions. So a room has one sum for each rate that
somebody has, of those whom everybody may hear, and a leg hears it without itself. Those who are for some only
are noted meanwhile, and each leg is added those of them whom it may hear. A leg that hears only some has
nothing of the sum, and looks for them among all. So a restriction costs nothing in other rooms, and in its
own as much as it concerns.

What comes to one leg only, at another rate, goes through a filter of the leg's own. That works while it is
given something, and for a frame of silence behind it, which is longer than what it remembers. From then on
silence would come out, so it sleeps.
"""

from media.dsp.limiting import fit
from media.dsp.resampling import number
from media.engine.compile import inlined, kernel
from media.engine.kernels import buses
from media.engine.kernels.buses import bus_of, forget_own
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
    legs = state.legs
    room = legs.room[members[0]]
    guarded = _sum_room(state, members, state.rooms.buses[room])
    if buses.are_several(state.rooms.buses[room]):
        buses.let_in(state, room, state.work.voices)
    for place in range(members.size):
        leg = members[place]
        expect_to_send(state, members, place)
        line = state.work.line[: FRAME * legs.rate[leg]]
        if legs.earmuffed[leg]:
            line[:] = 0
            forget_own(legs, leg, state.filters.legs)
        elif legs.restricted[leg] & HEARS_SOME:
            line[:] = 0
            _add_own(state, leg, members, line)
        else:
            total, said = state.work.voices[bus_of(legs, leg)], state.frames.said[leg]
            _sum_others(total[: line.size], said[: line.size], line, legs.reach[leg] == TO_ROOM)
            if guarded or legs.resounds[leg]:
                _add_own(state, leg, state.work.guarded[:guarded], line)
        if legs.has_aside[leg] or state.rooms.has_aired[room]:
            _add_plays(legs, state.rooms, state.frames, leg, line)
        legs.ducked[leg] = fit(line, state.work.heard[: line.size], legs.ducked[leg])
        deliver(state, leg)


@inlined
def _sum_room(state: State, members: Ints, present: int) -> int:
    """The sums of those whom everybody may hear; those who are for some go into `Work.guarded`: how many."""
    legs, said, sums = state.legs, state.frames.said, state.work.voices
    buses.clear(sums, present)
    guarded = 0
    for leg in members:
        if legs.reach[leg] == TO_ROOM:
            size = FRAME * legs.rate[leg]
            add(sums[bus_of(legs, leg), :size], said[leg, :size])
        elif legs.reach[leg] == TO_SOME:
            state.work.guarded[guarded] = leg
            guarded += 1
    return guarded


@inlined
def _add_own(state: State, leg: int, others: Ints, line: Sums) -> None:
    """Add those of others whom this leg may hear, and what its filters still have of those before."""
    legs, own, may_hear = state.legs, state.work.guests, state.may_hear[leg]
    fed = 0
    for other in others:
        # The row first: it lies together, and many who hear only some look at everybody.
        if may_hear[other] and legs.reach[other] >= TO_SOME and other != leg:
            fed = _add_voice(legs.rate[other], state.frames.said[other], own, line, fed)
    ending = legs.resounds[leg] & ~fed
    if fed | ending:
        buses.clear(own, ending)
        buses.gather(own, fed | ending, line, state.filters.legs[leg], state.work.rows)
        legs.resounds[leg] = fed


# What is called for each leg is given tables, not the whole state: numba copies it into every call.


@kernel
def _sum_others(total: Sums, said: Samples, line: Sums, is_in: bool) -> None:
    """A sum without what the leg itself says, if that is in there."""
    if is_in:
        subtract(total, said, line)
    else:
        line[:] = 0
        add_sums(line, total)


@kernel
def _add_voice(rate: int, said: Samples, own: Sums, line: Sums, fed: int) -> int:
    """To the line where they have the same rate, else to the sum of its own; which of those are in use."""
    said = said[: FRAME * rate]
    if said.size == line.size:
        add(line, said)
        return fed
    bus = number(rate)
    if not fed >> bus & 1:
        buses.clear(own, 1 << bus)
    add(own[bus, : said.size], said)
    return fed | 1 << bus


@kernel
def _add_plays(legs: Legs, rooms: Rooms, frames: Frames, leg: int, line: Sums) -> None:
    if legs.has_aside[leg]:
        add_sums(line, frames.aside[leg, : line.size])
    room = legs.room[leg]
    if room >= 0 and rooms.has_aired[room]:
        add_sums(line, frames.aired[room, bus_of(legs, leg), : line.size])
