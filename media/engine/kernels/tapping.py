"""Phase 7: copy what is said and played in a room, or said by a leg, into the rings of recordings."""

from media.dsp import halfband
from media.engine.compile import kernel
from media.engine.kernels.grouping import beat_of
from media.engine.kernels.sums import add, add_sums, clip
from media.engine.records import publish
from media.engine.state import (
    FRAME,
    TAP_FRAMES,
    TO_RECORDERS,
    TO_SOME,
    WIDE,
    Ints,
    Samples,
    State,
    Taps,
    Work,
)
from media.engine.syscalls import samples_at


@kernel
def tap_all(state: State, beat: int) -> None:
    """Write a frame for each recording of a beat's legs and rooms: it never waits for the ring to be read."""
    taps = state.taps
    for tap in range(taps.active.size):
        if not taps.active[tap] or beat_of(state, taps.leg[tap], taps.room[tap]) != beat:
            continue
        if taps.leg[tap] >= 0:
            _gather_leg(state, taps.leg[tap])
        else:
            _gather_room(state, tap)
        _write(taps, tap, state.work, state.frames.taps[tap])
        publish(taps.written, tap, taps.written[tap] + 1)


@kernel
def _gather_leg(state: State, leg: int) -> None:
    """What the leg says, also while the others do not hear it."""
    channels = state.work.channels
    channels[0] = 0
    if state.legs.reach[leg] >= TO_RECORDERS:
        add(channels[0], state.frames.said[leg])


@kernel
def _gather_room(state: State, tap: int) -> None:
    """Sum each channel; the last one has what is played beside its legs."""
    frames, order, channels = state.frames, state.order, state.work.channels
    count = state.taps.channels[tap]
    channels[:count] = 0
    room = state.taps.room[tap]
    if state.rooms.has_aired[room]:
        add_sums(channels[count - 1], frames.aired[room])
    group = order.group[room]
    if group < 0:
        return
    for leg in order.legs[order.first[group] : order.first[group + 1]]:
        if state.legs.reach[leg] >= TO_SOME:
            add(channels[state.channel[tap, leg]], frames.said[leg])
        if state.legs.has_aside[leg]:
            add_sums(channels[count - 1], frames.aside[leg])


@kernel
def _write(taps: Taps, tap: int, work: Work, lines: Samples) -> None:
    """Put the channels, interleaved, at the ring's next place."""
    channels = taps.channels[tap]
    length = WIDE if taps.wide[tap] else FRAME
    ring = samples_at(taps.address[tap], TAP_FRAMES * length * channels)
    start = taps.written[tap] % TAP_FRAMES * length * channels
    narrow, broad = work.narrow, work.broad
    for channel in range(channels):
        clip(work.channels[channel], narrow)
        if taps.wide[tap]:
            halfband.up(narrow, broad, lines[channel])
            _interleave(broad, ring, start + channel, channels)
        else:
            _interleave(narrow, ring, start + channel, channels)


@kernel
def rest_all(state: State, missed: Ints) -> None:
    """Beats that are left out, [beat] so often, are silence in their recordings: these keep time."""
    taps = state.taps
    for tap in range(taps.active.size):
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
    size = (WIDE if taps.wide[tap] else FRAME) * taps.channels[tap]
    ring = samples_at(taps.address[tap], TAP_FRAMES * size)
    start = taps.written[tap] % TAP_FRAMES * size
    for k in range(size):
        ring[start + k] = 0


@kernel
def _interleave(frame: Samples, ring: Samples, start: int, channels: int) -> None:
    for k in range(frame.size):
        ring[start + k * channels] = frame[k]
