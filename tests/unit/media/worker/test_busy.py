"""How busy a thread was of late."""

import pytest

from media.engine.engine import LOOKS
from media.worker.busy import Busy

pytestmark = pytest.mark.unit


def test_it_is_the_share_of_the_last_looks() -> None:
    busy = Busy(100.0, 7.0)
    assert busy.look(101.0, 7.5) == pytest.approx(0.5)
    assert busy.look(102.0, 8.5) == pytest.approx(0.75)


def test_what_is_longer_ago_is_forgotten() -> None:
    busy = Busy(0.0, 0.0)
    shares = [busy.look(float(at), min(at, LOOKS)) for at in range(1, 2 * LOOKS + 1)]
    assert shares[LOOKS - 1] == pytest.approx(1.0)
    assert shares[-1] == 0.0


def test_no_time_is_no_load() -> None:
    assert Busy(5.0, 1.0).look(5.0, 1.0) == 0.0
