"""Signals of exchanges and fax machines: known by pitch and cadence, and not in what people say."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from media.hearing.detector import CHUNK, RATE
from media.hearing.progress import ENDLESS, PLANS, Pitch, Plan, ProgressFinder, Signal
from media.hearing.tone import ToneReader
from tests.support.greetings import MACHINES, Music, Tones, answers

pytestmark = pytest.mark.unit

Part = tuple[Pitch | None, float]
"""What sounds, and for how many seconds."""


def line(
    parts: list[Part], *, level_db: float = -18.0, noise_db: float = -50.0, seed: int = 0
) -> NDArray[np.int16]:
    """The parts one after the other, over noise, and two seconds of that."""
    dice = np.random.default_rng(seed)
    sounds = [np.zeros(int(dice.integers(0, CHUNK)))]
    for pitch, seconds in [*parts, (None, 2.0)]:
        at = np.arange(round(seconds * RATE)) / RATE
        pitches = () if pitch is None else pitch if isinstance(pitch, tuple) else (pitch,)
        waves = (np.sin(2 * np.pi * hertz * at) for hertz in pitches)
        loudness = 10 ** (level_db / 20) * np.sqrt(2 / max(1, len(pitches)))
        sounds.append(loudness * sum(waves, np.zeros(len(at))))
    clean = np.concatenate(sounds)
    noise = dice.standard_normal(len(clean)) * 10 ** (noise_db / 20)
    return ((clean + noise) * 32767).clip(-32768, 32767).astype(np.int16)


def signals(samples: NDArray[np.int16]) -> Iterator[Signal]:
    """What is told, chunk by chunk, where something is."""
    finder, reader = ProgressFinder(), ToneReader()
    for end in range(CHUNK, len(samples) + 1, CHUNK):
        told = finder.feed(reader.hear({"line": samples[end - CHUNK : end]})["line"], end / RATE)
        if told is not None:
            yield told


def parts_of(plan: Plan, pace: float = 1.0) -> list[Part]:
    """The signal, once, as fast as its exchange's clock goes."""
    return [
        part
        for burst in plan.bursts
        for part in ((burst.pitch, burst.on_s * pace), (None, burst.off_s * pace))
    ]


def name(plan: Plan) -> str:
    return f"{plan.signal} {plan.bursts[0].pitch} {plan.bursts[0].on_s}"


@pytest.mark.parametrize("plan", PLANS, ids=name)
def test_every_signal_is_known_by_its_name(plan: Plan) -> None:
    for seed in range(3):
        assert set(signals(line(parts_of(plan), seed=seed))) == {plan.signal}


@pytest.mark.parametrize(("signal", "pitch"), ENDLESS)
def test_a_tone_that_goes_on_is_known_and_a_shorter_one_is_not(signal: Signal, pitch: Pitch) -> None:
    assert set(signals(line([(pitch, 3.5)]))) == {signal}
    assert signal not in set(signals(line([(pitch, 2.2)])))


@settings(max_examples=40, deadline=None)
@given(
    plan=st.sampled_from(PLANS),
    pace=st.floats(0.93, 1.07),
    level_db=st.floats(-30, -8),
    above_noise_db=st.floats(24, 50),
    seed=st.integers(0, 1000),
)
def test_a_poor_line_is_no_hindrance(
    plan: Plan, pace: float, level_db: float, above_noise_db: float, seed: int
) -> None:
    heard = line(parts_of(plan, pace), level_db=level_db, noise_db=level_db - above_noise_db, seed=seed)
    assert set(signals(heard)) == {plan.signal}


@pytest.mark.parametrize("off_hz", [-12.0, 12.0])
def test_pitches_may_stray(off_hz: float) -> None:
    assert set(signals(line([(425.0 + off_hz, 0.5), (None, 0.5)] * 2))) == {"busy"}
    assert set(signals(line([(350.0 + off_hz, 0.5), (None, 0.5)] * 2))) == set()


def test_a_signal_is_over_when_its_pause_is_too_long() -> None:
    told = list(signals(line([(425.0, 1.0), (None, 12.0)])))
    assert 3.0 < len(told) * CHUNK / RATE < 4.0, "from a second of quiet to the end of the longest pause"


@settings(max_examples=60, deadline=None)
@given(
    hertz=st.floats(300, 3000),
    parts=st.lists(st.tuples(st.floats(0.05, 1.0), st.floats(0.05, 1.0)), min_size=1, max_size=4),
)
def test_tones_of_no_plan_are_no_signal(hertz: float, parts: list[tuple[float, float]]) -> None:
    near = [pitch for plan in PLANS for burst in plan.bursts for pitch in np.atleast_1d(burst.pitch)]
    if min(abs(hertz - float(pitch)) for pitch in (*near, 2100.0)) < 31.0:
        return
    assert list(signals(line([part for on, off in parts for part in ((hertz, on), (None, off))]))) == []


def test_what_machines_and_people_say_is_no_signal() -> None:
    """Nor is music, nor are keys. A beep of 440 Hz may pass for ringing, which counts before a voice only."""
    heard = {signal for answer in answers(MACHINES, ("hibari",)) for signal in signals(answer.samples)}
    assert heard <= {"ringing"}
    assert any(isinstance(part, Music | Tones) for greeting in MACHINES for part in greeting.parts)


def test_a_voice_between_two_tones_parts_them() -> None:
    half: list[Part] = [(425.0, 0.5), (None, 0.5)]
    dice = np.random.default_rng(3)
    voice = (dice.standard_normal(RATE // 2) * 3000).astype(np.int16)
    first, second = (line(half)[: -2 * RATE] for _ in range(2))
    assert set(signals(np.concatenate([first, voice, second]))) == set()
    instead = np.concatenate([line([(425.0, 0.5)])[: -2 * RATE], voice, second])
    assert set(signals(instead)) == set(), "as long as the pause that is to be there"
