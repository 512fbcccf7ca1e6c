"""What is made up in place of samples that have not come."""

import numpy as np
import pytest
from numpy.typing import NDArray

from media.dsp import conceal
from media.dsp.conceal import HISTORY, JOIN, MADE, WHOLE
from media.engine.memory import make_state

pytestmark = pytest.mark.unit

ANCHOR = 1000


def made_up(heard: NDArray[np.int16], samples: int = MADE + 100) -> NDArray[np.int64]:
    """What follows on that."""
    state = make_state(1, 1, 1)
    ring = state.frames.jitter[0]
    ring[ANCHOR - heard.size : ANCHOR] = heard
    state.jitter.last[0] = heard[-1] if heard.size else 0
    conceal.begin(state.jitter, 0, ring, ANCHOR, heard.size)
    return np.array([conceal.sample(state.jitter, 0, ring, k) for k in range(samples)])


@pytest.mark.parametrize("hertz", [70, 100, 130, 180, 240, 400])
def test_a_voice_goes_on_in_its_pitch(hertz: int) -> None:
    at = np.arange(HISTORY + MADE)
    voice = 6000 * np.sin(2 * np.pi * hertz * at / 8000) + 3000 * np.sin(4 * np.pi * hertz * at / 8000 + 1)
    guessed, true = made_up(voice[:HISTORY].astype(np.int16)), voice[HISTORY:]
    assert np.corrcoef(guessed[:WHOLE], true[:WHOLE])[0, 1] > 0.9


def test_it_begins_without_a_step_and_ends_in_silence() -> None:
    at = np.arange(HISTORY)
    voice = (9000 * np.sin(2 * np.pi * 123.4 * at / 8000)).astype(np.int16)
    line = np.concatenate([voice, made_up(voice)])
    assert np.abs(np.diff(line)).max() <= 1.5 * np.abs(np.diff(voice.astype(int))).max()
    assert not line[HISTORY + MADE :].any()
    loudness = np.abs(line[HISTORY : HISTORY + MADE]).reshape(-1, WHOLE).max(axis=1)
    assert np.all(np.diff(loudness[1:]) < 0)


def test_where_little_was_heard_it_is_faded_out() -> None:
    line = made_up(np.full(JOIN, 4000, np.int16))
    assert line[0] == 4000
    assert np.all(np.diff(line) <= 0)
    assert not line[JOIN:].any()


def test_silence_stays_silence() -> None:
    assert not made_up(np.zeros(HISTORY, np.int16)).any()


def test_full_scale_stays_within_it() -> None:
    heard = np.where(np.arange(HISTORY) % 50 < 25, 32124, -32124).astype(np.int16)
    assert np.abs(made_up(heard)).max() <= 32767


@pytest.mark.parametrize(("at", "loud"), [(0, 8000), (80, 8000), (160, 6400), (280, 4000), (400, 1600)])
def test_it_fades_from_10_ms_on_and_is_gone_after_60(at: int, loud: int) -> None:
    heard = np.where(np.arange(HISTORY) % 50 < 25, 8000, -8000).astype(np.int16)
    assert abs(int(made_up(heard)[at])) == loud
