"""What is a beep and what is not: tables of tones, as a line brings them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from media.hearing.beep import BeepFinder
from media.hearing.detector import CHUNK, RATE
from media.hearing.tone import ToneReader

pytestmark = pytest.mark.unit

LEVEL_DB = -18.0
NOISE_DB = -50.0
NEAR_S = 0.05
"""How exactly the end of a beep is told."""

Tone = tuple[tuple[float, ...], float]
"""Pitches that sound at once (none: nothing does), and for how many seconds."""

QUIET: Tone = ((), 1.0)
GAP: Tone = ((), 0.15)


def line(tones: list[Tone], noise_db: float = NOISE_DB) -> NDArray[np.int16]:
    """The tones one after the other, over noise."""
    sounds = []
    for pitches, seconds in tones:
        at = np.arange(round(seconds * RATE)) / RATE
        sound = sum((np.sin(2 * np.pi * pitch * at) for pitch in pitches), np.zeros(len(at)))
        sounds.append(sound * 10 ** (LEVEL_DB / 20) * np.sqrt(2 / max(1, len(pitches))))
    clean = np.concatenate(sounds)
    noise = np.random.default_rng(0).standard_normal(len(clean)) * 10 ** (noise_db / 20)
    return ((clean + noise) * 32767).clip(-32768, 32767).astype(np.int16)


def beeps(samples: NDArray[np.int16]) -> list[tuple[float, float]]:
    """When each beep ended, and when that was known."""
    finder, reader, found = BeepFinder(), ToneReader(), []
    for end in range(CHUNK, len(samples) + 1, CHUNK):
        beep_s = finder.feed(reader.hear({"line": samples[end - CHUNK : end]})["line"], end / RATE)
        if beep_s is not None:
            found.append((beep_s, end / RATE))
    return found


@pytest.mark.parametrize("seconds", [0.1, 0.25, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("hertz", [330, 440, 640, 1000, 1400, 2000, 2800])
def test_a_tone_with_quiet_after_it_is_a_beep(hertz: float, seconds: float) -> None:
    ((ended_s, known_s),) = beeps(line([QUIET, ((hertz,), seconds), QUIET]))
    assert ended_s == pytest.approx(1.0 + seconds, abs=NEAR_S)
    assert known_s < ended_s + 0.5


@pytest.mark.parametrize("noise_db", [-60.0, -40.0, -32.0])
def test_noise_does_not_hide_it(noise_db: float) -> None:
    assert len(beeps(line([QUIET, ((1000,), 0.4), QUIET], noise_db))) == 1


@pytest.mark.parametrize("count", [2, 3])
def test_several_beeps_are_over_with_the_last(count: int) -> None:
    tones = [QUIET, *[((800,), 0.15), GAP] * count, QUIET]
    ((ended_s, _),) = beeps(line(tones))
    assert ended_s == pytest.approx(1.0 + count * 0.3 - 0.15, abs=NEAR_S)


NOT_BEEPS: dict[str, list[Tone]] = {
    "nothing": [QUIET],
    "a key": [((770, 1336), 0.3)],
    "keys in a row": [((697, 1209), 0.1), ((), 0.1), ((852, 1477), 0.1), ((), 0.1), ((941, 1336), 0.1)],
    "American ringing": [((440, 480), 2.0)],
    "British ringing": [((400, 450), 0.4), ((), 0.2), ((400, 450), 0.4)],
    "European ringing": [((425,), 1.0)],
    "a dial tone": [((425,), 3.0)],
    "a fax": [((2100,), 3.0)],
    "hum": [((100,), 0.5)],
    "a whistle above the band": [((3300,), 0.5)],
    "a click": [((1000,), 0.03)],
    "special information tones": [((950,), 0.33), ((1400,), 0.33), ((1800,), 0.33)],
    "a melody": [((note,), 0.25) for note in (523, 659, 784, 659, 523)],
    "a chord": [((523, 659, 784), 0.5)],
}


@pytest.mark.parametrize("tones", NOT_BEEPS.values(), ids=NOT_BEEPS.keys())
def test_what_else_sounds_on_lines_is_none(tones: list[Tone]) -> None:
    assert beeps(line([QUIET, *tones, QUIET])) == []


def test_a_glide_is_none() -> None:
    at = np.arange(RATE // 2) / RATE
    glide = (0.2 * 32767 * np.sin(2 * np.pi * (600 * at + 400 * at**2))).astype(np.int16)
    still = np.zeros(RATE, np.int16)
    assert beeps(np.concatenate([still, glide, still])) == []


def test_a_tone_that_noise_as_loud_follows_is_none() -> None:
    noise = np.random.default_rng(1).standard_normal(RATE) * 10 ** (LEVEL_DB / 20) * 32767
    samples = np.concatenate([line([QUIET, ((1000,), 0.4)]), noise.clip(-32768, 32767).astype(np.int16)])
    assert beeps(samples) == []


def test_it_listens_on_for_the_next() -> None:
    tones: list[Tone] = [((697, 1209), 0.2), QUIET, ((1000,), 0.4), QUIET, ((1400,), 0.4), QUIET]
    assert len(beeps(line(tones))) == 2
