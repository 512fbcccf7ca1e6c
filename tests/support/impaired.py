"""One stream over a bad network into the jitter buffer, in virtual time and the same each time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

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
    """Of each tick since the first packet: from when a packet was sent until its first sample was played."""


class Ear(Protocol):
    """Where packets go, and frames come from."""

    counted: Jitter

    def put(self, timestamp: int, samples: NDArray[np.int16]) -> None:
        """A packet has come."""
        ...

    def take(self) -> NDArray[np.int16]:
        """The next 20 ms."""
        ...


class EngineEar:
    """The engine's buffer of a leg."""

    def __init__(self) -> None:
        self._state = make_state(1, 1, 1)
        self.counted = self._state.jitter
        self._frame = np.zeros(FRAME, np.int16)
        jitter.open_leg(self.counted, 0, self._state.frames.jitter[0])

    def put(self, timestamp: int, samples: NDArray[np.int16]) -> None:
        """A packet has come."""
        jitter.insert(self.counted, 0, self._state.frames.jitter[0], timestamp, samples)

    def take(self) -> NDArray[np.int16]:
        """The next 20 ms."""
        playing.take(self.counted, 0, self._state.frames.jitter[0], self._frame)
        return self._frame


def hear(signal: NDArray[np.int16], weather: Weather, seed: int = 1, ear: Ear | None = None) -> Heard:
    """All that is heard of a signal, from its first packet's sending on."""
    ear = ear or EngineEar()
    arrivals = _arrivals(signal.size // weather.packet, weather, seed)
    ticks = signal.size // FRAME
    heard = Heard(np.zeros(ticks * FRAME, np.int16), ear.counted, len(arrivals))
    waiting = iter([*arrivals, (float("inf"), 0)])
    arrival, number = next(waiting)
    began = None
    for tick in range(ticks):
        now = tick * TICK_MS
        while arrival <= now:
            first = number * weather.packet
            if began is None:
                began = now - _sent_ms(first, weather)
            ear.put((START + first) % 2**32, signal[first : first + weather.packet])
            arrival, number = next(waiting)
        heard.samples[tick * FRAME : (tick + 1) * FRAME] = ear.take()
        if began is not None:
            moved = int(ear.counted.inserted[0] - ear.counted.removed[0])
            drift = now * (1 - weather.clock)
            heard.delay_ms.append(began + moved * 1000 / RATE - drift)
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
