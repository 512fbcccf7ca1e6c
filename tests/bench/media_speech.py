"""What is understood through a bad network, and whether the delay stays what it is: in virtual time.

Speech goes through 5 % of loss and 60 ms, 30 more or less, into the jitter buffer of the engine. STOI is 1
for speech as it was; the words are said over and over, and the worst reading counts. The senders of the ten
minutes have clocks that are 200 ppm off.
"""

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from media.engine.state import RATE
from tests.bench.effort import Effort
from tests.bench.report import Aim, Figure
from tests.support.impaired import Weather, hear
from tests.support.readings import readings
from tests.support.spoken import write_spoken

WORDS = "Please leave your message after the tone, and press one when you are done. She sells sea shells."
READINGS = 8
WAV_HEADER = 44
LEAST_STOI = 0.9
MINUTES = 10
CLOCKS = (0.9998, 1.0002)
MOST_DRIFT_MS = 20.0
"""A frame."""


def measure(effort: Effort) -> list[Figure]:
    """STOI for other seeds of one weather, and drift."""
    speech = _speech()
    scores = [_score(speech, seed) for seed in effort.rounds("speech through loss")]
    effort.tell("ten minutes of drifting clocks")
    minutes = max(MINUTES * effort.share, 2.0)
    drifts = [_drift_ms(speech, clock, minutes) for clock in CLOCKS]
    return [
        Figure(
            "STOI after 5 % loss and 60 ms, 30 more or less",
            "",
            tuple(scores),
            aim=Aim(at_least=LEAST_STOI, of="value"),
        ),
        Figure(
            f"Change of the delay over {minutes:g} minutes, clocks 200 ppm off",
            "ms",
            tuple(drifts),
            aim=Aim(MOST_DRIFT_MS, of="value"),
        ),
    ]


def _speech() -> NDArray[np.int16]:
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as directory:
        path = write_spoken(Path(directory) / "speech.wav", WORDS)
        return np.fromfile(path, "<i2", offset=WAV_HEADER).astype(np.int16)


def _bad(clock: float = 1.0) -> Weather:
    return Weather(delay=lambda rng, _: rng.uniform(30, 90), loss=0.05, clock=clock)


def _score(speech: NDArray[np.int16], seed: int) -> float:
    """Of the worst reading but the first, in which the delay is found."""
    heard = hear(np.tile(speech, READINGS), _bad(), seed=seed).samples
    return min(reading.understood for reading in readings(speech, heard[speech.size :]))


def _drift_ms(speech: NDArray[np.int16], clock: float, minutes: float) -> float:
    """By how much the delay of the last minute differs from that of the second, in the median."""
    whole = np.resize(speech, int(minutes * 60 * RATE))
    delays = hear(whole, _bad(clock)).delay_ms
    minute = 60 * 50
    return abs(float(np.median(delays[-minute:]) - np.median(delays[minute : 2 * minute])))
