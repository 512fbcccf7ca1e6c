"""The engine's loop: one tick every 20 ms, in beats, for as long as the worker lives."""

from media.engine.compile import kernel
from media.engine.kernels.buses import settle
from media.engine.kernels.grouping import make_order
from media.engine.kernels.mixing import mix_all
from media.engine.kernels.orders import obey
from media.engine.kernels.prompting import forget_all, play_all
from media.engine.kernels.receiving import receive_all
from media.engine.kernels.tapping import rest_all, tap_all
from media.engine.state import BEAT_NS, BEATS, BUCKETS, FRAME, RTP, TICK_NS, Beats, Ints, Order, State
from media.engine.syscalls import now, sleep_until, wake
from media.rtp import sending

MAX_LATE_NS = 5 * TICK_NS
"""A beat that ends this much late is not made up for: those between are left out."""
BUCKET_NS = 10_000
BATCH = 64
"""Legs that are all received from before the first of them is given anything."""


@kernel
def serve(state: State, beat: int) -> None:
    """20 ms of everything, for the legs and rooms of one beat; the first of a tick takes commands before.

    A few rooms at a time: enough that what the system runs to receive stays in the caches, and to send after
    it; few enough that the legs' rows do, too.
    """
    if beat == 0:
        state.meter.ticks[0] += 1
        obey(state)
    order, groups = state.order, state.order.beats.group
    play_all(state, beat)
    group = groups[beat]
    while group < groups[beat + 1]:
        after = _batch(order, group, groups[beat + 1])
        receive_all(state, order.legs[order.first[group] : order.first[after]])
        for room in range(group, after):
            mix_all(state, order.legs[order.first[room] : order.first[room + 1]])
        group = after
    tap_all(state, beat)
    forget_all(state)


@kernel
def _batch(order: Order, group: int, end: int) -> int:
    """The group after those that are served together."""
    after = group + 1
    while after < end and order.first[after + 1] - order.first[group] <= BATCH:
        after += 1
    return after


@kernel
def run(state: State) -> None:
    """Serve beat after beat until `meter.stop` is set, in step with whoever did on this memory before."""
    meter, beats, time = state.meter, state.order.beats, state.work.time
    if state.order.stale[0]:
        make_order(state.legs, state.rooms, state.order)
        settle(state)
    due = now(time)
    if meter.due[0]:
        _skip(state, due)
    due = _next_due(beats, due)
    spent = 0
    while not meter.stop[0]:
        meter.due[0] = due
        sleep_until(due, time)
        began = now(time)
        beat = _beat_at(due)
        serve(state, beat)
        if _has_news(state, beat):
            wake(meter.bell[0], time)
        ended = now(time)
        spent += ended - began
        _measure(meter.late[0], began - due)
        if ended - due > MAX_LATE_NS:
            _skip(state, ended)
            due = ended
        due = _next_due(beats, due)
        if _beat_at(due) == 0:
            _measure(meter.busy[0], spent)
            spent = 0


@kernel
def _beat_at(moment: int) -> int:
    return moment // BEAT_NS % BEATS


@kernel
def _next_due(beats: Beats, moment: int) -> int:
    """When the next beat with legs is due after a moment; the first of a tick always is."""
    due = (moment // BEAT_NS + 1) * BEAT_NS
    while _beat_at(due) and not beats.legs[_beat_at(due)]:
        due += BEAT_NS
    return due


@kernel
def _has_news(state: State, beat: int) -> bool:
    """Whether the control thread has something to do: events, or ports to look after."""
    waiting = state.rings.events_put[0] - state.rings.events_taken[0]
    return int(waiting) > 0 or int(state.order.beats.ports[beat]) > 0


@kernel
def _measure(histogram: Ints, nanoseconds: int) -> None:
    histogram[min(max(nanoseconds // BUCKET_NS, 0), BUCKETS - 1)] += 1


@kernel
def _skip(state: State, until: int) -> None:
    """Leave out the beats up to a moment: the peers' clocks have gone on, and so must ours."""
    since, missed = state.meter.due[0], state.work.missed
    state.meter.due[0] = until
    for beat in range(BEATS):
        offset = beat * BEAT_NS
        missed[beat] = (until - offset) // TICK_NS - (since - offset) // TICK_NS
    state.meter.skipped[0] += missed[0]
    for leg in range(state.legs.kind.size):
        ticks = missed[state.legs.beat[leg]]
        state.jitter.clock[leg] += ticks * FRAME
        if state.legs.kind[leg] == RTP:
            sending.advance(state.sender, leg, ticks)
    rest_all(state, missed)
