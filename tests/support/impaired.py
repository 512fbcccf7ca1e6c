"""One stream over a bad network into the jitter buffer, in virtual time and the same each time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from media.engine.memory import make_state
from media.engine.state import FRAME, RATE, Jitter
from media.rtp import jitter, playing

TICK_MS = 20.0
START = 0xFFFFFF00
"""RTP timestamps wrap soon after the beginning of every stream."""

Delay = Callable[[np.random.Generator, float], float]
"""How long a packet sent at a time takes, both in ms."""


class Weather(NamedTuple):
    """What a network and a sender are like."""

    delay: Delay = lambda rng, _sent: 1.0 + rng.random()
    loss: float = 0.0
    repeated: float = 0.0
    packet: int = FRAME
    """Samples in each."""
    clock: float = 1.0
    """How fast the sender's clock is."""
    phase_ms: float = 7.4
    """When it sends, after our tick."""


@dataclass(slots=True)
class Heard:
    """What came of it."""

    samples: NDArray[np.int16]
    counted: Jitter
    packets: int
    delay_ms: list[float] = field(default_factory=list)
    """Of each tick: from when its first sample's packet was sent until it was played."""


def hear(signal: NDArray[np.int16], weather: Weather, seed: int = 1) -> Heard:
    """All that is heard of a signal, from its first packet's sending on."""
    arrivals = _arrivals(signal.size // weather.packet, weather, seed)
    state = make_state(1, 1, 1)
    ring, frame = state.frames.jitter[0], np.zeros(FRAME, np.int16)
    jitter.open_leg(state.jitter, 0, ring)
    ticks = signal.size // FRAME
    heard = Heard(np.zeros(ticks * FRAME, np.int16), state.jitter, len(arrivals))
    waiting = iter([*arrivals, (float("inf"), 0)])
    arrival, number = next(waiting)
    for tick in range(ticks):
        now = tick * TICK_MS
        while arrival <= now:
            first = number * weather.packet
            payload = signal[first : first + weather.packet]
            jitter.insert(state.jitter, 0, ring, (START + first) % 2**32, payload)
            arrival, number = next(waiting)
        if state.jitter.phase[0] != jitter.EMPTY:
            at = (int(state.jitter.head[0]) - START + 2**31) % 2**32 - 2**31
            heard.delay_ms.append(now - _sent_ms(at, weather))
        playing.take(state.jitter, 0, ring, frame)
        heard.samples[tick * FRAME : (tick + 1) * FRAME] = frame
    return heard


def _sent_ms(sample: int, weather: Weather) -> float:
    return weather.phase_ms + sample * 1000 / RATE / weather.clock


def _arrivals(packets: int, weather: Weather, seed: int) -> list[tuple[float, int]]:
    rng = np.random.default_rng(seed)
    arrivals = []
    for number in range(packets):
        sent = _sent_ms(number * weather.packet, weather)
        if rng.random() >= weather.loss:
            arrivals.append((sent + max(weather.delay(rng, sent), 0.0), number))
            if rng.random() < weather.repeated:
                arrivals.append((arrivals[-1][0] + 5.0, number))
    return sorted(arrivals)
