"""The engine as the control thread sees it: a thread that ticks, commands for it, events from it."""

import os
import threading
import time
from collections import deque
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from media.engine import tick
from media.engine.records import Event, put_command, take_events
from media.engine.state import BUCKETS, PORT, TICK_NS, Ints, State
from media.errors import MediaError

PRIORITY = 5
"""Of the ticking thread among real-time threads, where the system lets us have one."""
LOOKS = 12
"""Of the last looks, how busy the engine is: three seconds, at four a second."""
PATIENCE_S = 1.0
"""A ring of commands that stays full for so long means that the engine has stopped."""


class Stalled(MediaError):
    """The engine does not take commands any more."""


class Pulse(NamedTuple):
    """What the engine did since the last look."""

    ticks: int
    late_p99_us: float
    busy_p99_us: float
    dropped_packets: int
    load: float
    """How much of 20 ms a tick took in the last seconds: 95 of 100 took less."""


class Engine:
    """The tables, the thread that ticks on them, and the wake-up `bell`, a descriptor to be read."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.state.meter.bell[0] = self.bell
        self._thread = threading.Thread(target=self._tick, name="engine", daemon=True)
        self._heard = state.ports.heard.copy()
        self._seen = self._counters()
        self._busy: deque[Ints] = deque([self._seen[3]], maxlen=LOOKS)

    def compile(self) -> None:
        """Compile the loop, or load it: no tick takes place."""
        self.state.meter.stop[0] = 1
        tick.run(self.state)
        self.state.meter.stop[0] = 0

    def start(self) -> None:
        """Start to tick."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, after the current tick."""
        self.state.meter.stop[0] = 1
        if self._thread.ident is not None:
            self._thread.join()
        os.close(self.bell)

    @property
    def alive(self) -> bool:
        """Whether the thread ticks."""
        return self._thread.is_alive()

    def command(self, *words: int) -> None:
        """Ask for something, from the next tick on. Raises Stalled."""
        deadline = time.monotonic() + PATIENCE_S
        while not put_command(self.state.rings, *words):
            if time.monotonic() > deadline:
                raise Stalled("the engine has stopped taking commands")
            time.sleep(0.001)

    def events(self) -> list[Event]:
        """What has happened since the last call."""
        with suppress(BlockingIOError):
            os.eventfd_read(self.bell)
        return take_events(self.state.rings)

    def served_ports(self) -> list[int]:
        """The ports that have been given a frame since the last call: each has its beat of the tick."""
        ports = np.flatnonzero(self.state.legs.kind == PORT)
        heard = self.state.ports.heard[ports]
        served = ports[heard != self._heard[ports]]
        self._heard[ports] = heard
        rows: list[int] = served.tolist()
        return rows

    def pulse(self) -> Pulse:
        """The figures since the last call."""
        ticks, dropped, late, busy = counters = self._counters()
        ticks_before, dropped_before, late_before, busy_before = self._seen
        self._seen = counters
        self._busy.append(busy)
        lately = _percentile(busy - self._busy[0], 0.95)
        return Pulse(
            ticks - ticks_before,
            _percentile(late - late_before, 0.99),
            _percentile(busy - busy_before, 0.99),
            dropped - dropped_before,
            lately * 1000 / TICK_NS,
        )

    def _counters(self) -> tuple[int, int, Ints, Ints]:
        meter = self.state.meter
        return int(meter.ticks[0]), int(meter.dropped[0]), meter.late[0].copy(), meter.busy[0].copy()

    def _tick(self) -> None:
        with suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
        tick.run(self.state)


def _percentile(histogram: Ints, share: float) -> float:
    """The upper edge, in microseconds, of the bucket in which this share of the ticks is reached."""
    total = histogram.sum()
    if total == 0:
        return 0.0
    bucket = int(np.searchsorted(np.cumsum(histogram), share * total))
    return (min(bucket, BUCKETS - 1) + 1) * tick.BUCKET_NS / 1000
