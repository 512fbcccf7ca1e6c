"""Whether speech is still understood after a bad network, by STOI."""

import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from media.engine.state import FRAME, RATE
from tests.support.impaired import Weather, hear
from tests.support.intelligibility import stoi
from tests.support.readings import readings
from tests.support.spoken import write_spoken

pytestmark = pytest.mark.unit

WORDS = "Please leave your message after the tone, and press one when you are done. She sells sea shells."
LONGEST_MS = 200


def murmur() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Noise in the rhythm of syllables, and noise."""
    rng = np.random.default_rng(5)
    rhythm = np.abs(np.sin(2 * np.pi * 2.1 * np.arange(3 * RATE) / RATE))
    return 1000 * rhythm * rng.normal(0, 1, 3 * RATE), 400 * rng.normal(0, 1, 3 * RATE)


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.int16]:
    path: Path = write_spoken(tmp_path_factory.mktemp("speech") / "speech.wav", WORDS)
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)


def test_the_measure_is_what_others_measure() -> None:
    """The figures are those of pystoi 0.4.1 for the same signals."""
    clean, noise = murmur()
    assert stoi(clean, clean, RATE) == pytest.approx(1.0, abs=1e-6)
    assert stoi(clean, clean + noise, RATE) == pytest.approx(0.8828, abs=0.003)
    assert stoi(clean, clean + 5 * noise, RATE) == pytest.approx(0.3151, abs=0.003)


@pytest.mark.parametrize(
    ("loss", "least"), [(0.05, 0.9), (0.1, 0.9), (0.2, 0.8)], ids=["5 %", "10 %", "20 %"]
)
def test_speech_is_understood_through_loss_and_jitter(
    speech: NDArray[np.int16], loss: float, least: float
) -> None:
    """60 ms, 30 more or less. The delay is settled in the first of two readings."""
    weather = Weather(delay=lambda rng, _: rng.uniform(30, 90), loss=loss)
    heard = hear(np.concatenate([speech, speech, speech[:RATE]]), weather, seed=3).samples
    delays = range(0, LONGEST_MS * RATE // 1000, 8)
    shifted = [heard[speech.size + delay : 2 * speech.size + delay].astype(float) for delay in delays]
    aligned = max(shifted, key=lambda signal: float(np.dot(signal, speech)))
    assert stoi(speech.astype(float), aligned, RATE) >= least


def test_readings_are_judged_each_where_it_is(speech: NDArray[np.int16]) -> None:
    """A delay that changes costs a little, what is cut out only the reading that it is cut from."""
    said = np.tile(speech, 6)
    at = 3 * speech.size + RATE
    later = np.concatenate([said[: 2 * speech.size], said[2 * speech.size - 400 :]])
    assert min(reading.understood for reading in readings(speech, later)) > 0.95
    cut = readings(speech, np.delete(said, slice(at, at + 2 * RATE)))
    assert [reading.understood > 0.9 for reading in cut].count(False) <= 2
    assert cut[-1].understood > 0.99


def test_holes_are_seen(speech: NDArray[np.int16]) -> None:
    said = np.tile(speech, 4)
    frames = said[: said.size // FRAME * FRAME].reshape(-1, FRAME)
    lost = np.random.default_rng(2).random(len(frames)) < 0.05
    holed = np.where(lost[:, None], 0, frames).astype(np.int16).ravel()
    assert max(reading.holes for reading in readings(speech, said)) == 0
    assert np.mean([reading.holes for reading in readings(speech, holed)]) > 0.02
