"""Concealment fades in one straight line."""

import numpy as np
import pytest

from media.dsp.conceal import REPEATS, fade
from media.engine.state import FRAME

pytestmark = pytest.mark.unit


def test_a_lost_frame_is_the_last_one_fading_to_silence() -> None:
    frame = np.full(FRAME, 16000, np.int16)
    line = []
    for already in range(REPEATS + 1):
        fade(frame, already)
        line.append(frame.copy())
    made_up = np.concatenate(line).astype(int)
    assert made_up[0] == 16000
    assert np.all(np.diff(made_up) <= 0)
    assert np.abs(np.diff(made_up)).max() <= 16000 // (REPEATS * FRAME) + 2
    assert not made_up[REPEATS * FRAME :].any()


def test_silence_stays_silence() -> None:
    frame = np.zeros(FRAME, np.int16)
    fade(frame, 0)
    assert not frame.any()
