"""Keys as tones: heard once each, through noise and a bad line, and not in what is no key."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from media.codecs import g711
from media.dsp import dtmf_ear
from media.dsp.dtmf import HIGH, LOW, PADS, RATE, DtmfMouth
from media.dsp.dtmf_ear import Digit
from media.engine.memory import make_state
from media.engine.state import FRAME
from tests.support.greetings import HIBARI, HUMANS, MACHINES, answers

pytestmark = pytest.mark.unit

CODES = (1, 5, 9, 15, 10)


class Ear:
    """Listens to one leg."""

    def __init__(self) -> None:
        state = make_state(1, 1, 1)
        self._tones, self._work = state.tones, state.work
        dtmf_ear.clear(self._tones, 0)

    def hear(self, frame: NDArray[np.int16]) -> list[Digit]:
        """Digits that are over with this frame."""
        digit = dtmf_ear.hear(self._tones, 0, frame, self._work)
        return [] if digit.code == dtmf_ear.NONE else [Digit(*digit)]


def key(
    digit: int, ms: int = 100, *, detuned: float = 1.0, twist_db: float = 0.0, loud: float = 4000
) -> NDArray[np.float64]:
    row, column = divmod(PADS.index(digit), 4)
    at = np.arange(RATE * ms // 1000) / RATE
    high = 10 ** (twist_db / 20)
    tones: NDArray[np.float64] = loud * (
        np.sin(2 * np.pi * LOW[row] * detuned * at) + high * np.sin(2 * np.pi * HIGH[column] * detuned * at)
    )
    return tones


def gap(ms: int = 100) -> NDArray[np.float64]:
    return np.zeros(RATE * ms // 1000)


def heard(*parts: NDArray[np.float64], noise: float = 0.0) -> list[Digit]:
    line = np.concatenate([*parts, gap(200)])
    line = line + np.random.default_rng(5).normal(0, noise, len(line)) if noise else line
    line = line[: len(line) // 160 * 160].clip(-32768, 32767).astype(np.int16)
    coded = g711.DECODE[0][g711.ENCODE[0][line.view(np.uint16)]]
    ear = Ear()
    return [digit for frame in coded.reshape(-1, 160) for digit in ear.hear(frame)]


@pytest.mark.parametrize("offset_ms", [0, 3, 7, 13])
def test_every_key_is_heard_once(offset_ms: int) -> None:
    parts = [part for digit in PADS for part in (key(digit), gap())]
    assert [digit for digit, _ in heard(gap(offset_ms), *parts)] == list(PADS)


def test_the_same_key_twice_is_two_digits_and_a_long_one_is_one() -> None:
    assert [digit for digit, _ in heard(key(5, 50), gap(50), key(5, 50), gap(60), key(7, 3000))] == [
        5,
        5,
        7,
    ]
    (long,) = heard(key(7, 3000))
    assert long.duration_ms == pytest.approx(3000, abs=30)


@pytest.mark.parametrize("detuned", [0.985, 1.015])
@pytest.mark.parametrize("twist_db", [-6.0, 4.0])
def test_a_bad_line_is_no_hindrance(detuned: float, twist_db: float) -> None:
    digits = heard(
        *(part for digit in PADS for part in (key(digit, detuned=detuned, twist_db=twist_db), gap())),
        noise=300,
    )
    assert [digit for digit, _ in digits] == list(PADS)


def test_what_is_too_short_or_no_key_is_not_heard() -> None:
    at = np.arange(RATE) / RATE
    assert heard(key(1, 20), gap()) == []
    assert heard(8000 * np.sin(2 * np.pi * 697 * at)) == []
    assert heard(4000 * (np.sin(2 * np.pi * 697 * at) + np.sin(2 * np.pi * 852 * at))) == []
    assert heard(4000 * (np.sin(2 * np.pi * 440 * at) + np.sin(2 * np.pi * 480 * at))) == []
    assert heard(np.random.default_rng(1).normal(0, 6000, 5 * RATE)) == []
    assert heard(key(1) * 0.005, gap()) == []


@pytest.mark.parametrize("rate", [8000, 16_000])
def test_what_is_said_is_heard(rate: int) -> None:
    mouth, ear = DtmfMouth(rate), Ear()
    for digit in CODES:
        mouth.type(digit)
    mouth.wait(10)
    digits = []
    while (frame := mouth.take()) is not None:
        assert len(frame) == rate // 25
        samples = np.frombuffer(frame, "<i2").reshape(160, -1).mean(axis=1).astype(np.int16)
        digits += ear.hear(samples)
    assert [digit.code for digit in digits] == list(CODES)
    assert all(70 <= digit.duration_ms <= 130 for digit in digits)


TALK = tuple(each for each in (*HUMANS, *MACHINES) if each.name in ("hello", "music, speech"))
keys = st.sampled_from(PADS)
offsets_ms = st.integers(0, 19)


@settings(max_examples=20, deadline=None)
@given(
    digit=keys,
    ms=st.integers(45, 90),
    detuned=st.floats(0.985, 1.015),
    twist_db=st.floats(-6.0, 4.0),
    loud=st.floats(400, 12_000),
    offset_ms=offsets_ms,
)
def test_what_q24_accepts_is_heard(
    digit: int, ms: int, detuned: float, twist_db: float, loud: float, offset_ms: int
) -> None:
    """1.5 % off pitch, unequally loud, from -38 to -9 dBov for each tone, beside noise.

    Not quite from 40 ms: a key that is as short, and as far off at once, is missed one time in twenty. To
    hear that one too would be to take some words for keys.
    """
    tones = key(digit, ms, detuned=detuned, twist_db=twist_db, loud=loud)
    assert [code for code, _ in heard(gap(offset_ms), tones, noise=loud * 0.03)] == [digit]


@pytest.mark.parametrize("offset_ms", range(0, 10, 3))
def test_40_ms_are_enough(offset_ms: int) -> None:
    parts = [part for digit in PADS for part in (key(digit, 40, detuned=1.005), gap(60))]
    assert [digit for digit, _ in heard(gap(offset_ms), *parts)] == list(PADS)


@settings(max_examples=15, deadline=None)
@given(digit=keys, ms=st.integers(5, 23), offset_ms=offsets_ms)
def test_what_is_shorter_than_q24_accepts_is_not_heard(digit: int, ms: int, offset_ms: int) -> None:
    assert heard(gap(offset_ms), key(digit, ms), gap()) == []


@settings(max_examples=15, deadline=None)
@given(digit=keys, off=st.floats(0.035, 0.06), is_sharp=st.booleans(), offset_ms=offsets_ms)
def test_what_is_further_off_pitch_than_q24_accepts_is_not_heard(
    digit: int, off: float, is_sharp: bool, offset_ms: int
) -> None:
    assert heard(gap(offset_ms), key(digit, detuned=1 + off if is_sharp else 1 - off), gap()) == []


def test_nobody_presses_a_key_by_talking() -> None:
    """Nor does music. In this "hello" all but a little of a key's tones is heard."""
    assert len(TALK) == 2
    for answer in answers(TALK, (HIBARI,)):
        ear = Ear()
        frames = answer.samples[: len(answer.samples) // FRAME * FRAME].reshape(-1, FRAME)
        assert [digit for frame in frames for digit in ear.hear(frame)] == []
