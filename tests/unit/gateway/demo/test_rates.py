"""What a phone says and hears at other rates."""

import numpy as np
import pytest

from gateway.demo.rates import from_call, to_call

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("rate", "channels", "times"), [(8000, 1, 1), (16_000, 1, 2), (48_000, 2, 12)])
def test_there_and_back_again(rate: int, channels: int, times: int) -> None:
    pcm = np.array([0, 100, -32768, 32767], "<i2").tobytes()
    assert len(to_call(pcm, rate, channels)) == times * len(pcm)
    assert from_call(to_call(pcm, rate, channels), rate, channels) == pcm


def test_half_a_sample_is_left_out() -> None:
    assert from_call(b"\1\0\3\0\5\0", 16_000, 1) == b"\2\0"
