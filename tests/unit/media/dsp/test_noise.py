"""Comfort noise by its level."""

import numpy as np
import pytest

from media.dsp import noise

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("level", [20, 40, 60, 78])
def test_noise_has_the_level_that_is_asked_for(level: int) -> None:
    seed = np.zeros(1, np.int64)
    loudest = noise.amplitude(np.array([level], np.uint8))
    made = np.array([noise.sample(seed, 0, loudest) for _ in range(4000)], float)
    dbov = 20 * np.log10(np.sqrt((made**2).mean()) / 32768)
    assert dbov == pytest.approx(-level, abs=1.0)
    assert abs(made.mean()) < loudest / 10
    assert abs(np.corrcoef(made[1:], made[:-1])[0, 1]) < 0.1, "white"


@pytest.mark.parametrize(("payload", "loudest"), [([], 0), ([127], 0), ([0x80 | 127, 5, 6], 0), ([0], 32767)])
def test_any_payload_asks_for_something(payload: list[int], loudest: int) -> None:
    assert noise.amplitude(np.array(payload, np.uint8)) == loudest
