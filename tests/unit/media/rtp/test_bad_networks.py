"""Every way in through every bad network: what is understood, how late it is, and what is counted."""

import wave
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from media.engine.state import FRAME, RATE
from tests.support.impaired import EngineEar, Heard, Listener, SoftEar, Weather, hear
from tests.support.readings import Reading, readings
from tests.support.spoken import write_spoken

pytestmark = pytest.mark.unit

WORDS = "Please leave your message after the tone, and press one when you are done."
TIMES = 8
SETTLING = 1
"""Readings in which the delay is found."""
STALL_MS, BETWEEN_STALLS_MS = 200, 5000
FRAME_MS = 20
MINUTE = 60 * 50
"""Frames."""

LISTENERS: dict[str, Listener] = {
    "the engine": EngineEar,
    **{codec: partial(SoftEar, codec) for codec in ("PCMU", "G722", "opus")},
}
"""Whoever has a jitter buffer: the engine for G.711, a soft leg for any codec."""


class Trial(NamedTuple):
    """A network, and what is wanted of what comes through it."""

    weather: Weather
    understood: float
    """STOI of each reading."""
    holes: float
    """On average: the part of loud moments in which there is nothing."""
    delay_ms: float
    """At most, when it is settled."""


def swing(least_ms: float, most_ms: float) -> Callable[[np.random.Generator, float], float]:
    return lambda rng, _: rng.uniform(least_ms, most_ms)


def stalls(rng: np.random.Generator, sent_ms: float) -> float:
    """Now and then nothing comes, and then all at once."""
    return max(STALL_MS - sent_ms % BETWEEN_STALLS_MS, 0.0) + rng.random()


TRIALS = {
    "5 % loss, 60 ms, 30 more or less": Trial(Weather(swing(30, 90), 0.05, repeated=0.01), 0.9, 0.008, 120),
    "10 % loss": Trial(Weather(loss=0.1), 0.85, 0.025, 20),
    "5 % loss in bursts": Trial(Weather(loss=0.05, in_a_row=0.5), 0.87, 0.03, 20),
    "overtaken": Trial(Weather(swing(0, 60)), 0.95, 0.001, 100),
    "doubled": Trial(Weather(repeated=0.3), 0.98, 0.0, 20),
    "stalls": Trial(Weather(stalls), 0.75, 0.04, 120),
}
"""With 10 % of loss and bursts of 40 ms more is missing than the last pitch period can stand for."""


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.int16]:
    path: Path = write_spoken(tmp_path_factory.mktemp("words") / "words.wav", WORDS)
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)


def read(words: NDArray[np.int16], heard: Heard) -> list[Reading]:
    """All readings but the first, of which the beginning is cut off."""
    narrow = soxr.resample(heard.samples, heard.rate, RATE)
    return readings(words, narrow[SETTLING * words.size :])


@pytest.mark.parametrize("listener", LISTENERS.values(), ids=LISTENERS.keys())
@pytest.mark.parametrize("trial", TRIALS.values(), ids=TRIALS.keys())
def test_words_are_understood_in_every_reading(
    words: NDArray[np.int16], trial: Trial, listener: Listener
) -> None:
    heard = hear(np.tile(words, TIMES), trial.weather, listener=listener)
    read_aloud = read(words, heard)
    assert len(read_aloud) >= TIMES - SETTLING - 2
    assert min(reading.understood for reading in read_aloud) >= trial.understood
    assert np.mean([reading.holes for reading in read_aloud]) <= trial.holes
    assert max(heard.delay_ms[SETTLING * words.size // FRAME :]) <= trial.delay_ms


@pytest.mark.parametrize("listener", LISTENERS.values(), ids=LISTENERS.keys())
@pytest.mark.parametrize("swing_ms", [0, 60])
def test_what_is_lost_or_late_counts_as_concealed_whatever_waits(
    words: NDArray[np.int16], swing_ms: float, listener: Listener
) -> None:
    weather = Weather(swing(30, 30 + swing_ms), loss=0.05)
    heard = hear(np.tile(words, TIMES), weather, listener=listener)
    lost = TIMES * words.size // FRAME - heard.packets
    missing = (lost + int(heard.counted.late[0])) * FRAME
    assert missing * 0.95 <= heard.counted.concealed[0] <= missing + 6 * FRAME


@pytest.mark.parametrize("clock", [1.0005, 0.9995])
def test_words_are_understood_after_ten_minutes_of_bad_weather_and_a_wrong_clock(
    words: NDArray[np.int16], clock: float
) -> None:
    weather = Weather(swing(30, 90), loss=0.05, clock=clock)
    heard = hear(np.resize(words, 10 * MINUTE * FRAME), weather)
    last = readings(words, heard.samples[-MINUTE * FRAME :])
    assert min(reading.understood for reading in last) >= 0.9
    delays = np.array(heard.delay_ms)
    assert abs(np.median(delays[-MINUTE:]) - np.median(delays[MINUTE : 2 * MINUTE])) <= FRAME_MS
    assert delays.max() <= 130
    moved = int(heard.counted.removed[0] - heard.counted.inserted[0])
    assert moved / (10 * MINUTE * FRAME) == pytest.approx(clock - 1, abs=0.00025)
