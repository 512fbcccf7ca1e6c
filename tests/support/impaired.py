"""One stream over a bad network into the jitter buffer, in virtual time and the same each time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
import soxr
from numpy.typing import NDArray

from media.codecs.codec import FORMATS
from media.engine.memory import make_state
from media.engine.state import FRAME, RATE, Jitter, State
from media.legs.soft.inbound import Inbound
from media.rtp import jitter, playing, reception

TICK_MS = 20.0
START = 0xFFFFFF00
"""RTP timestamps wrap soon after the beginning of every stream."""

Delay = Callable[[np.random.Generator, float], float]
"""How long a packet sent at a time takes, both in ms."""


class Weather(NamedTuple):
    """What a network and a sender are like."""

    delay: Delay = lambda rng, _sent: 1.0 + rng.random()
    loss: float = 0.0
    in_a_row: float = 0.0
    """How likely the packet after a lost one is lost, where that is more than `loss`: losses in bursts."""
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
    rate: int
    counted: Jitter
    packets: int
    delay_ms: list[float] = field(default_factory=list)
    """Of each tick since the first packet: from when a packet was sent until its first sample was played."""


class Ear(Protocol):
    """Where packets go, and frames come from."""

    counted: Jitter
    rate: int
    """Of what it hears, in Hz."""

    def put(self, number: int) -> None:
        """The packet with that number has come."""
        ...

    def take(self) -> NDArray[np.int16]:
        """The next 20 ms."""
        ...


Listener = Callable[[NDArray[np.int16], int], Ear]
"""Makes the ear for a signal that is sent in packets of so many samples."""


class EngineEar:
    """The engine's buffer of a leg."""

    rate = RATE

    def __init__(self, signal: NDArray[np.int16], packet: int) -> None:
        self._signal, self._packet = signal, packet
        self._state = _state_of_a_leg()
        self.counted = self._state.jitter
        self._frame = np.zeros(FRAME, np.int16)

    def put(self, number: int) -> None:
        """The packet with that number has come."""
        row, ring = self.counted, self._state.frames.jitter[0]
        missing, is_known = _count(self._state, number)
        first = number * self._packet
        timestamp = (START + first) % 2**32
        if is_known and jitter.comes_again(row, 0, timestamp):
            row.duplicates[0] += 1
            return
        jitter.explain(row, 0, timestamp, missing)
        jitter.insert(row, 0, ring, timestamp, self._signal[first : first + self._packet])

    def take(self) -> NDArray[np.int16]:
        """The next 20 ms."""
        playing.take(self.counted, 0, self._state.frames.jitter[0], self._frame)
        return self._frame


class SoftEar:
    """The way in of a soft leg. All is encoded beforehand: packets come in any order."""

    def __init__(self, codec: str, signal: NDArray[np.int16], packet: int) -> None:
        kept = FORMATS[codec]
        self.rate = kept.rate
        self._span = packet * kept.clock // RATE
        self._state = _state_of_a_leg()
        self.counted = self._state.jitter
        self._inbound = Inbound(kept.make(), self.counted, 0)
        encoder, size = kept.make(), packet * kept.rate // RATE
        wide = soxr.resample(signal, RATE, kept.rate).astype("<i2")
        starts = range(0, wide.size - size + 1, size)
        self._payloads = [encoder.encode(wide[at : at + size].tobytes()) for at in starts]

    def put(self, number: int) -> None:
        """The packet with that number has come."""
        missing, is_known = _count(self._state, number)
        timestamp = (START + number * self._span) % 2**32
        self._inbound.put(timestamp, self._payloads[number], missing, is_known=is_known)

    def take(self) -> NDArray[np.int16]:
        """The next 20 ms."""
        return np.frombuffer(self._inbound.take(), "<i2")


def _state_of_a_leg() -> State:
    state = make_state(1, 1, 1)
    jitter.open_leg(state.jitter, 0, state.frames.jitter[0])
    reception.begin(state.reception, 0, 1, 0)
    return state


def _count(state: State, number: int) -> tuple[int, bool]:
    """How many packets before this one have not come, and whether this one has."""
    sequence = number & 0xFFFF
    is_known = bool(reception.is_known(state.reception, 0, sequence))
    return int(reception.count(state.reception, 0, sequence, 0, 0)), is_known


def hear(signal: NDArray[np.int16], weather: Weather, seed: int = 1, listener: Listener = EngineEar) -> Heard:
    """All that is heard of a signal, from its first packet's sending on."""
    ear = listener(signal, weather.packet)
    arrivals = _arrivals(signal.size // weather.packet, weather, seed)
    ticks, frame = signal.size // FRAME, ear.rate // 50
    heard = Heard(np.zeros(ticks * frame, np.int16), ear.rate, ear.counted, len(arrivals))
    waiting = iter([*arrivals, (float("inf"), 0)])
    arrival, number = next(waiting)
    began = None
    for tick in range(ticks):
        now = tick * TICK_MS
        while arrival <= now:
            if began is None:
                began = now - _sent_ms(number * weather.packet, weather)
            ear.put(number)
            arrival, number = next(waiting)
        heard.samples[tick * frame : (tick + 1) * frame] = ear.take()
        if began is not None:
            moved = int(ear.counted.inserted[0] - ear.counted.removed[0])
            drift = now * (1 - weather.clock)
            heard.delay_ms.append(began + moved * 1000 / RATE - drift)
    return heard


def _sent_ms(sample: int, weather: Weather) -> float:
    return weather.phase_ms + sample * 1000 / RATE / weather.clock


def _arrivals(packets: int, weather: Weather, seed: int) -> list[tuple[float, int]]:
    rng = np.random.default_rng(seed)
    again = max(weather.in_a_row, weather.loss)
    first = weather.loss * (1 - again) / (1 - weather.loss)
    arrivals, is_lost = [], False
    for number in range(packets):
        sent = _sent_ms(number * weather.packet, weather)
        is_lost = bool(rng.random() < (again if is_lost else first))
        if not is_lost:
            arrivals.append((sent + max(weather.delay(rng, sent), 0.0), number))
            if rng.random() < weather.repeated:
                arrivals.append((arrivals[-1][0] + 5.0, number))
    return sorted(arrivals)
