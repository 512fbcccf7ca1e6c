"""How long it has been silent, by what is loud and what is not."""

import numpy as np
import pytest

from media.dsp.silence import QUIET, Silence

pytestmark = pytest.mark.unit


def frames(*loudness: tuple[int, ...]) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    """A frame for each, with the mean amplitude of each of its channels."""
    sign = np.where(np.arange(320) % 2, 1, -1)
    return np.stack([np.stack([sign * each for each in one], axis=1) for one in loudness]).astype(np.int16)


def test_silence_grows_until_something_is_heard() -> None:
    silence = Silence()
    silence.hear(frames((0,), (QUIET,)))
    assert silence.seconds == pytest.approx(0.04)
    silence.hear(frames((0,)))
    assert silence.seconds == pytest.approx(0.06)
    silence.hear(frames((0,), (QUIET + 1,)))
    assert silence.seconds == 0
    silence.hear(frames((9000,), (0,), (0,)))
    assert silence.seconds == pytest.approx(0.04)


def test_one_channel_that_is_heard_is_enough() -> None:
    silence = Silence()
    silence.hear(frames((0, 0, QUIET + 1)))
    assert silence.seconds == 0


def test_the_loudest_sample_there_is() -> None:
    silence = Silence()
    silence.hear(np.full((1, 320, 1), -32768, np.int16))
    assert silence.seconds == 0
