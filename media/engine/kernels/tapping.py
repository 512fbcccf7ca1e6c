"""Copy what is said and played in a room, or said by a leg, into the rings of recordings."""

from media.dsp.limiting import fit
from media.engine.compile import kernel
from media.engine.kernels import buses
from media.engine.kernels.buses import bus_of
from media.engine.kernels.grouping import beat_of, used
from media.engine.kernels.sums import add, add_sums
from media.engine.records import publish
from media.engine.state import (
    FRAME,
    RATES,
    TAP_FRAMES,
    TO_RECORDERS,
    TO_SOME,
    Ints,
    Samples,
    State,
    Taps,
)
from media.engine.syscalls import samples_at


@kernel
def tap_all(state: State, beat: int) -> None:
    """Write a frame for each recording of a beat's legs and rooms: it never waits for the ring to be read."""
    taps, count = state.taps, state.order.taps
    count[0] = used(taps.active, count[0])
    for tap in range(count[0]):
        if not taps.active[tap] or beat_of(state, taps.leg[tap], taps.room[tap]) != beat:
            continue
        present = _present(state, tap)
        # Who has left is still to be heard with the end of what was said, which the filters remember.
        heard = present | taps.present[tap]
        for channel in range(taps.channels[tap]):
            buses.clear(state.work.channels[channel], heard)
        if taps.leg[tap] >= 0:
            _gather_leg(state, taps.leg[tap])
        elif present:
            _gather_room(state, tap, present)
        _write(state, tap, heard)
        taps.present[tap] = present
        publish(taps.written, tap, taps.written[tap] + 1)


@kernel
def _present(state: State, tap: int) -> int:
    """Which rates there are in what is recorded."""
    leg = state.taps.leg[tap]
    return 1 << bus_of(state.legs, leg) if leg >= 0 else int(state.rooms.buses[state.taps.room[tap]])


@kernel
def _gather_leg(state: State, leg: int) -> None:
    """What the leg says, also while the others do not hear it."""
    line, bus = state.work.channels[0], bus_of(state.legs, leg)
    if state.legs.reach[leg] >= TO_RECORDERS:
        size = FRAME * state.legs.rate[leg]
        add(line[bus, :size], state.frames.said[leg, :size])


@kernel
def _gather_room(state: State, tap: int, present: int) -> None:
    """Sum each channel; the last one has what is played beside its legs."""
    legs, frames, order, channels = state.legs, state.frames, state.order, state.work.channels
    room, last = state.taps.room[tap], state.taps.channels[tap] - 1
    if state.rooms.has_aired[room]:
        bus = buses.widest(present)
        size = FRAME * RATES[bus]
        add_sums(channels[last, bus, :size], frames.aired[room, bus, :size])
    group = order.group[room]
    for leg in order.legs[order.first[group] : order.first[group + 1]]:
        bus, size = bus_of(legs, leg), FRAME * legs.rate[leg]
        if legs.reach[leg] >= TO_SOME:
            add(channels[state.channel[tap, leg], bus, :size], frames.said[leg, :size])
        if legs.has_aside[leg]:
            add_sums(channels[last, bus, :size], frames.aside[leg, :size])


@kernel
def _write(state: State, tap: int, heard: int) -> None:
    """Put the channels, interleaved and 1.5 ms late, at the ring's next place."""
    taps, work = state.taps, state.work
    channels, length = taps.channels[tap], FRAME * taps.rate[tap]
    ring = samples_at(taps.address[tap], TAP_FRAMES * length * channels)
    start = taps.written[tap] % TAP_FRAMES * length * channels
    line, mixed = work.line[:length], work.mixed[:length]
    for channel in range(channels):
        line[:] = 0
        memory = state.filters.taps[tap, channel]
        buses.gather_aligned(work.channels[channel], heard, line, memory, work.rows)
        taps.ducked[tap, channel] = fit(line, mixed, taps.ducked[tap, channel])
        _interleave(mixed, ring, start + channel, channels)


@kernel
def rest_all(state: State, missed: Ints) -> None:
    """Beats that are left out, [beat] so often, are silence in their recordings: these keep time."""
    taps = state.taps
    for tap in range(state.order.taps[0]):
        if not taps.active[tap]:
            continue
        ticks = missed[beat_of(state, taps.leg[tap], taps.room[tap])]
        for _ in range(min(ticks, TAP_FRAMES)):
            _be_silent(taps, tap)
            publish(taps.written, tap, taps.written[tap] + 1)
        # The whole ring is silent now, and so is what it would hold of the others.
        publish(taps.written, tap, taps.written[tap] + max(ticks - TAP_FRAMES, 0))


@kernel
def _be_silent(taps: Taps, tap: int) -> None:
    size = FRAME * taps.rate[tap] * taps.channels[tap]
    ring = samples_at(taps.address[tap], TAP_FRAMES * size)
    start = taps.written[tap] % TAP_FRAMES * size
    for k in range(size):
        ring[start + k] = 0


@kernel
def _interleave(frame: Samples, ring: Samples, start: int, channels: int) -> None:
    for k in range(frame.size):
        ring[start + k * channels] = frame[k]
