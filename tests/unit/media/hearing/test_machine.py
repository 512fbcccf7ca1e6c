"""Who answers, by the cadence of what is said: tables of cadences under virtual time."""

from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from media.hearing.detector import CHUNK, RATE, Beep, Sound, Verdict
from media.hearing.machine import DECIDED_S, LONGEST_RINGING_S, PATIENCE_S, MachineDetector
from media.hearing.tone import ToneReader

pytestmark = pytest.mark.unit

Noise = Literal["voice", "still", "tone", "chord", "ringing", "busy"]
Cadence = list[tuple[Noise, float]]
"""What sounds, and for how many seconds."""

_AT = np.arange(CHUNK) / RATE
_PITCHES: dict[Noise, tuple[float, ...]] = {
    "tone": (1000.0,),
    "chord": (437.5, 562.5, 656.25),
    "ringing": (440.0, 480.0),
    "busy": (480.0, 620.0),
}
"""Those of the chord end with a chunk where they began."""


class Callee:
    """Feeds a detector, chunk after chunk; the voice activity detector is never in doubt."""

    def __init__(self, beep_timeout_s: float | None = None) -> None:
        self.detector = MachineDetector(beep_timeout_s)
        self.chunks = 0
        self._reader = ToneReader()
        self._dice = np.random.default_rng(0)

    def hears(self, cadence: Cadence) -> list[Verdict | Beep]:
        """What is told meanwhile."""
        told: list[Verdict | Beep] = []
        for sound, seconds in cadence:
            for _ in range(round(seconds * RATE / CHUNK)):
                self.chunks += 1
                speech = 0.95 if sound == "voice" else 0.02
                samples = self._samples(sound)
                tones = self._reader.hear({"line": samples})["line"]
                told += self.detector.feed(Sound(samples, speech, tones, self.chunks * CHUNK / RATE))
        return told

    def _samples(self, sound: Noise) -> NDArray[np.int16]:
        if sound == "voice":
            return (self._dice.standard_normal(CHUNK) * 2000).astype(np.int16)
        at = _AT + self.chunks * CHUNK / RATE
        wave = sum((np.sin(2 * np.pi * hertz * at) for hertz in _PITCHES.get(sound, ())), np.zeros(CHUNK))
        return (wave * 4000).astype(np.int16)


def verdict_on(cadence: Cadence) -> Verdict:
    """Who it is that answers so, and then is silent."""
    (verdict,) = Callee().hears([*cadence, ("still", 6.0)])
    assert isinstance(verdict, Verdict)
    return verdict


PEOPLE: dict[str, Cadence] = {
    "hello": [("still", 0.5), ("voice", 0.5)],
    "at once": [("voice", 0.4)],
    "name": [("still", 0.5), ("voice", 1.3)],
    "hello, hello": [("still", 0.5), ("voice", 0.4), ("still", 0.5), ("voice", 0.4)],
    "business": [("still", 0.6), ("voice", 0.9), ("still", 0.3), ("voice", 1.2)],
    "late": [("still", 3.5), ("voice", 0.5)],
    "too late": [("still", 4.5), ("voice", 0.6)],
    "silent": [],
    "clicks": [("voice", 0.06), ("still", 0.5)] * 5,
    "ringing first": [("chord", 1.5), ("still", 0.7), ("voice", 0.5)],
}
MACHINES: dict[str, Cadence] = {
    "long": [("still", 0.4), ("voice", 6.0)],
    "sentences": [
        ("still", 0.4),
        ("voice", 1.2),
        ("still", 0.5),
        ("voice", 2.0),
        ("still", 0.6),
        ("voice", 2),
    ],
    "many phrases": [("voice", 0.3), ("still", 0.3)] * 6,
    "late": [("still", 2.8), ("voice", 4.0)],
    "music": [("chord", 5.0)],
    "music, then words": [("chord", 3.0), ("voice", 3.0)],
    "a word and a beep": [("still", 0.4), ("voice", 1.0), ("still", 0.3), ("tone", 0.5)],
}


@pytest.mark.parametrize("cadence", PEOPLE.values(), ids=PEOPLE.keys())
def test_who_says_little_and_waits_is_human(cadence: Cadence) -> None:
    assert verdict_on(cadence).verdict == "human"


@pytest.mark.parametrize("cadence", MACHINES.values(), ids=MACHINES.keys())
def test_who_talks_on_is_a_machine(cadence: Cadence) -> None:
    assert verdict_on(cadence).verdict == "machine"


@pytest.mark.parametrize("cadence", [*PEOPLE.values(), *MACHINES.values()])
def test_the_verdict_comes_in_time_and_says_how_sure_it_is(cadence: Cadence) -> None:
    verdict = verdict_on(cadence)
    assert verdict.at_s <= DECIDED_S + 0.1
    assert 0.5 <= verdict.confidence <= 1.0


def test_it_is_the_less_sure_the_less_it_has_heard() -> None:
    short, long, silent = (verdict_on(PEOPLE[name]).confidence for name in ("hello", "business", "silent"))
    assert short > long > silent


def test_a_human_is_not_waited_for_to_beep() -> None:
    callee = Callee(beep_timeout_s=5.0)
    (verdict,) = callee.hears([("voice", 0.5), ("still", 3.0), ("tone", 0.5), ("still", 10.0)])
    assert isinstance(verdict, Verdict)


def test_without_a_timeout_no_beep_is_told() -> None:
    callee = Callee()
    (verdict,) = callee.hears([("voice", 5.0), ("still", 0.5), ("tone", 0.5), ("still", 2.0)])
    assert isinstance(verdict, Verdict)


def test_the_beep_is_told_once_when_it_has_ended() -> None:
    callee = Callee(beep_timeout_s=45.0)
    cadence: Cadence = [("voice", 5.0), ("still", 0.5), ("tone", 0.5), ("still", 2.0), ("tone", 0.5)]
    verdict, beep = callee.hears([*cadence, ("still", 60.0)])
    assert isinstance(verdict, Verdict)
    assert isinstance(beep, Beep)
    assert beep.heard
    assert beep.at_s == pytest.approx(6.0, abs=0.05)


def test_a_beep_that_gives_the_machine_away_is_told_with_it() -> None:
    callee = Callee(beep_timeout_s=45.0)
    verdict, beep = callee.hears([("voice", 1.0), ("still", 0.3), ("tone", 0.4), ("still", 2.0)])
    assert isinstance(verdict, Verdict)
    assert verdict.verdict == "machine"
    assert isinstance(beep, Beep)
    assert beep.heard


def test_a_beep_that_does_not_come_is_told_after_the_timeout() -> None:
    callee = Callee(beep_timeout_s=10.0)
    verdict, beep = callee.hears([("voice", 5.0), ("still", 20.0), ("tone", 0.5), ("still", 1.0)])
    assert isinstance(beep, Beep)
    assert not beep.heard
    assert beep.at_s - verdict.at_s == pytest.approx(10.0, abs=0.05)


RING: Cadence = [("ringing", 2.0), ("still", 4.0)]
BUSY: Cadence = [("busy", 0.5), ("still", 0.5)] * 4


@pytest.mark.parametrize("rings", [1, 3])
def test_while_it_rings_on_after_the_answer_nobody_has_been_reached(rings: int) -> None:
    callee = Callee()
    assert callee.hears(RING * rings) == []
    (verdict,) = callee.hears([("voice", 0.6), ("still", 2.0)])
    assert isinstance(verdict, Verdict)
    assert verdict.verdict == "human"
    assert verdict.at_s == pytest.approx(6.0 * rings + 0.6 + PATIENCE_S, abs=0.1)


def test_it_does_not_ring_for_ever() -> None:
    (verdict,) = Callee().hears(RING * 14)
    assert isinstance(verdict, Verdict)
    assert LONGEST_RINGING_S <= verdict.at_s <= LONGEST_RINGING_S + 6.0 + DECIDED_S


def test_a_busy_tone_is_a_machine_soon_and_has_no_beep() -> None:
    verdict, beep = Callee(45.0).hears(BUSY)
    assert verdict[:2] == ("machine", 0.95)
    assert verdict.at_s == pytest.approx(2.0, abs=0.1)
    assert beep == Beep(heard=False, at_s=verdict.at_s)


def test_a_machine_that_hangs_up_has_no_beep() -> None:
    verdict, beep = Callee(45.0).hears([("voice", 5.0), ("still", 0.5), *BUSY])
    assert isinstance(verdict, Verdict)
    assert isinstance(beep, Beep)
    assert (verdict.verdict, beep.heard) == ("machine", False)
    assert beep.at_s < 8.0
