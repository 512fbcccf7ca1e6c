"""Voice by loudness; and what Silero's network keeps of each line."""

import importlib.util

import numpy as np
import pytest

from media.hearing.detector import CHUNK
from media.hearing.vad import Chunk, LoudnessVad, SileroVad, Vad, best_vad

pytestmark = pytest.mark.unit


def noise(level: float, seed: int = 0) -> Chunk:
    return np.random.default_rng(seed).normal(0, level, CHUNK).astype(np.int16)


def settle(vad: Vad, level: float, count: int = 300) -> float:
    voice = 0.0
    for seed in range(count):
        voice = vad.hear({"L": noise(level, seed)})["L"]
    return voice


def test_loud_is_a_voice_and_quiet_is_not() -> None:
    vad = LoudnessVad()
    assert settle(vad, 10) < 0.2
    assert vad.hear({"L": noise(3000)})["L"] > 0.9
    assert vad.hear({"L": noise(10)})["L"] < 0.2


def test_a_noise_that_stays_is_learnt() -> None:
    vad = LoudnessVad()
    settle(vad, 10)
    assert settle(vad, 800, 1) > 0.5
    assert settle(vad, 800, 1500) < 0.2
    assert vad.hear({"L": noise(12000)})["L"] > 0.8


def test_digital_silence_is_nobody() -> None:
    assert settle(LoudnessVad(), 0) < 0.1


@pytest.mark.parametrize("make", [LoudnessVad, SileroVad])
def test_lines_know_nothing_of_each_other(make: type[Vad]) -> None:
    together, alone = make(), make()
    for seed in range(20):
        chunks = {"A": noise(5, seed), "B": noise(4000, seed)}
        both = together.hear(chunks)
        assert both["A"] == pytest.approx(alone.hear({"A": chunks["A"]})["A"], abs=1e-4)
    together.forget("A")
    assert together.hear({"A": noise(5)})["A"] == pytest.approx(make().hear({"A": noise(5)})["A"], abs=1e-4)
    together.forget("never heard")
    assert together.hear({}) == {}


def test_without_silero_loudness_decides(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert isinstance(best_vad(), LoudnessVad)
    assert [record.message for record in caplog.records] == ["no_silero_vad"]
