"""The fuzz targets of RTP and RTCP, briefly."""

import pytest

from tests.fuzz import fuzz_rtcp, fuzz_rtp
from tests.fuzz.running import Target, run

pytestmark = pytest.mark.unit

RUNS = 3000


@pytest.mark.parametrize("target", [fuzz_rtp.TARGET, fuzz_rtcp.TARGET], ids=lambda target: target.name)
def test_nothing_breaks_a_reader(target: Target) -> None:
    run(target, RUNS)
