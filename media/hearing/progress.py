"""Call-progress tones: what exchanges and machines say in tones instead of words. Pure.

A signal is known by its pitch and by its cadence (ITU-T E.180, E.182, Q.35; T.30 and V.25 for fax). The table
has what countries have published of theirs (E.180 Supplement 2, TIA-464). What is missing
is not heard, and that is all.
"""

from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from media.hearing.detector import RATE, Reading
from media.hearing.tone import WINDOW, with_times

Signal = Literal["dial", "ringing", "busy", "congestion", "fax", "unobtainable"]
Pitch = float | tuple[float, float]
"""Hz: of one tone, or of two at once."""

STRAY_HZ = 15.0
"""How far from its pitch a tone may be (E.180)."""
STRAY = 0.15
"""Of a duration, how much it may be longer or shorter."""
BLUR_S = 0.04
"""How much more than that: a window at an edge has only some of the tone."""
EDGE_S = 0.05
"""A tone that is gone for less is not over."""
DROP_DB = 12.0
"""How much quieter it is between tones."""
PAUSE_S = 1.0
"""So much of the last pause is enough to know a signal; it is over when the pause has lasted for too long."""
FOREVER_S = 2.5
"""A tone that lasts for so long goes on: longer than any beep or ring. A fax machine's is longer still."""


class Burst(NamedTuple):
    """One tone of a signal: how long it sounds, and how long it is quiet then."""

    pitch: Pitch
    on_s: float
    off_s: float


class Plan(NamedTuple):
    """How a signal sounds somewhere."""

    signal: Signal
    bursts: tuple[Burst, ...]


def _repeated(signal: Signal, pitch: Pitch, on_s: float, off_s: float, times: int = 2) -> Plan:
    return Plan(signal, (Burst(pitch, on_s, off_s),) * times)


def _special(on_s: float) -> Plan:
    """Three tones that rise, before words that a number cannot be had (E.180, special information tone)."""
    return Plan("unobtainable", tuple(Burst(hertz, on_s, 0.0) for hertz in (950.0, 1400.0, 1800.0)))


PLANS = (
    _repeated("ringing", (440.0, 480.0), 2.0, 4.0, 1),  # North America
    _repeated("ringing", 425.0, 1.0, 4.0, 1),  # most of Europe
    _repeated("ringing", 425.0, 1.5, 3.0, 1),  # Spain
    _repeated("ringing", 440.0, 1.5, 3.5, 1),  # France
    _repeated("ringing", 450.0, 1.0, 4.0, 1),  # China
    Plan("ringing", (Burst((400.0, 450.0), 0.4, 0.2), Burst((400.0, 450.0), 0.4, 2.0))),  # Britain
    _repeated("busy", (480.0, 620.0), 0.5, 0.5),
    _repeated("busy", 425.0, 0.5, 0.5),
    _repeated("busy", 440.0, 0.5, 0.5),
    _repeated("busy", 400.0, 0.375, 0.375),
    _repeated("busy", 450.0, 0.35, 0.35),
    _repeated("congestion", (480.0, 620.0), 0.25, 0.25, 3),
    _repeated("congestion", 425.0, 0.25, 0.25, 3),
    Plan("congestion", (Burst(400.0, 0.4, 0.35), Burst(400.0, 0.225, 0.525))),
    _repeated("fax", 1100.0, 0.5, 3.0, 1),  # a calling machine (T.30)
    _special(0.33),
    _special(0.276),
)
ENDLESS: tuple[tuple[Signal, Pitch], ...] = (
    ("dial", (350.0, 440.0)),
    ("dial", (350.0, 450.0)),
    ("dial", 425.0),
    ("fax", 2100.0),  # an answering machine (V.25)
)
MOST_BURSTS = max(len(plan.bursts) for plan in PLANS)


class _Heard:
    """One tone as it was heard."""

    def __init__(self, pitch: Pitch, level_db: float, began_s: float, ended_s: float) -> None:
        self.pitch = pitch
        self.level_db = level_db
        self.began_s = began_s
        self.ended_s = ended_s

    def fits(self, burst: Burst) -> bool:
        return _same(self.pitch, burst.pitch) and _lasts(self.ended_s - self.began_s, burst.on_s)


class ProgressFinder:
    """Listens for signals."""

    def __init__(self) -> None:
        self._heard: deque[_Heard] = deque(maxlen=MOST_BURSTS)
        """The newest tones with nothing but quiet between; the last one may still sound."""
        self._quiet_s = 0.0
        """Until when there was nothing else."""

    def feed(self, readings: Sequence[Reading], at_s: float) -> Signal | None:
        """The signal of the newest tones, from when it is known until it is over; up to `at_s`."""
        for reading, ended_s in with_times(readings, at_s):
            self._take(reading, ended_s)
        return self._signal(at_s)

    def _take(self, reading: Reading, now_s: float) -> None:
        pitch = reading.hertz if reading.pair is None else reading.pair
        last = self._heard[-1] if self._heard else None
        if pitch is not None:
            if last is None or not _same(pitch, last.pitch) or now_s - last.ended_s > EDGE_S:
                self._heard.append(_Heard(pitch, reading.level_db, now_s - WINDOW / RATE, now_s))
            else:
                last.ended_s = now_s
            self._quiet_s = now_s
        elif last is None or reading.level_db <= last.level_db - DROP_DB:
            self._quiet_s = now_s
        elif now_s - self._quiet_s > EDGE_S:
            self._heard.clear()

    def _signal(self, at_s: float) -> Signal | None:
        if not self._heard:
            return None
        last = self._heard[-1]
        if last.ended_s - last.began_s >= FOREVER_S:
            return next((signal for signal, pitch in ENDLESS if _same(last.pitch, pitch)), None)
        return next((plan.signal for plan in PLANS if self._fits(plan, at_s)), None)

    def _fits(self, plan: Plan, at_s: float) -> bool:
        """Whether the newest tones are the plan's, and the pause after the last has been long enough."""
        heard = list(self._heard)[-len(plan.bursts) :]
        if len(heard) < len(plan.bursts) or not all(map(_Heard.fits, heard, plan.bursts)):
            return False
        pauses = [after.began_s - before.ended_s for before, after in pairwise(heard)]
        if not all(_lasts(pause, burst.off_s) for pause, burst in zip(pauses, plan.bursts[:-1], strict=True)):
            return False
        quiet_s, planned_s = at_s - heard[-1].ended_s, plan.bursts[-1].off_s
        enough_s = min((1 - STRAY) * planned_s, PAUSE_S)
        return enough_s <= quiet_s <= max((1 + STRAY) * planned_s, PAUSE_S)


def _same(heard: Pitch, pitch: Pitch) -> bool:
    if isinstance(heard, tuple) or isinstance(pitch, tuple):
        return heard == pitch
    return abs(heard - pitch) <= STRAY_HZ


def _lasts(seconds: float, planned: float) -> bool:
    return abs(seconds - planned) <= STRAY * planned + BLUR_S
