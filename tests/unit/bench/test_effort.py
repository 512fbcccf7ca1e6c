"""A bench that cannot measure something says why, and the others' figures stay."""

from collections.abc import Sequence

import pytest

from tests.bench import __main__ as bench
from tests.bench import sip_loads
from tests.bench.effort import Effort
from tests.bench.report import Figure

pytestmark = pytest.mark.unit

FIGURE = Figure("Messages read", "per s", (1.0,))


def test_why_figures_are_missing_is_in_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(effort: Effort) -> Sequence[Figure]:
        return [FIGURE, *sip_loads.measure(effort)]

    monkeypatch.setattr(sip_loads, "SIPP", None)
    monkeypatch.setattr(bench, "_measure_of", lambda _: measure)
    report = bench.run(["sip"], is_quick=True)
    assert report.figures == {"sip": [FIGURE]}
    assert not report.failures
    assert report.warnings[0] == "sip lacks figures: sipp is not installed (Debian package sip-tester)"
