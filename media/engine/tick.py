"""The engine's loop: one tick every 20 ms, for as long as the worker lives."""

from media.engine.compile import kernel
from media.engine.kernels.mixing import mix_all
from media.engine.kernels.orders import obey
from media.engine.kernels.playing import play_all
from media.engine.kernels.receiving import receive_all
from media.engine.kernels.tapping import rest_all, tap_all
from media.engine.state import BUCKETS, FRAME, RTP, TICK_NS, Ints, State
from media.engine.syscalls import now, sleep_until, wake
from media.rtp import sending

MAX_LATE_NS = 5 * TICK_NS
"""A tick that ends this much late is not made up for: the ticks between are skipped."""
BUCKET_NS = 10_000


@kernel
def tick(state: State) -> None:
    """20 ms of everything."""
    obey(state)
    receive_all(state)
    play_all(state)
    mix_all(state)
    tap_all(state)
    state.meter.ticks[0] += 1


@kernel
def run(state: State) -> None:
    """Tick until `meter.stop` is set, in step with whoever ticked on this memory before."""
    meter, time = state.meter, state.work.time
    due = now(time)
    if meter.due[0]:
        passed = max(due - meter.due[0], 0) // TICK_NS
        due = meter.due[0] + _skip(state, passed) * TICK_NS
    while not meter.stop[0]:
        due += TICK_NS
        meter.due[0] = due
        sleep_until(due, time)
        began = now(time)
        tick(state)
        if _has_news(state):
            wake(meter.bell[0], time)
        ended = now(time)
        _measure(meter.late[0], began - due)
        _measure(meter.busy[0], ended - began)
        if ended - due > MAX_LATE_NS:
            due += _skip(state, (ended - due) // TICK_NS) * TICK_NS


@kernel
def _has_news(state: State) -> bool:
    """Whether the control thread has something to do: events, or ports to look after."""
    waiting = state.rings.events_put[0] - state.rings.events_taken[0]
    return int(waiting) > 0 or int(state.order.tally.ports[0]) > 0


@kernel
def _measure(histogram: Ints, nanoseconds: int) -> None:
    histogram[min(max(nanoseconds // BUCKET_NS, 0), BUCKETS - 1)] += 1


@kernel
def _skip(state: State, ticks: int) -> int:
    """Leave out ticks: the peers' clocks have gone on, and so must ours."""
    state.meter.skipped[0] += ticks
    for leg in range(state.legs.kind.size):
        state.jitter.clock[leg] += ticks * FRAME
        if state.legs.kind[leg] == RTP:
            sending.advance(state.sender, leg, ticks)
    rest_all(state, ticks)
    return ticks
