"""The fuzz targets of what comes to media ports, briefly."""

import pytest

from tests.fuzz import fuzz_rtcp, fuzz_rtp, fuzz_stun
from tests.fuzz.running import Target, run

pytestmark = pytest.mark.unit

RUNS = 3000
TARGETS = [module.TARGET for module in (fuzz_rtp, fuzz_rtcp, fuzz_stun)]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_nothing_breaks_a_reader(target: Target) -> None:
    run(target, RUNS)
