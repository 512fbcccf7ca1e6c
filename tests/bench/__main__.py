"""`make bench`: every figure beside its yardstick, measured in the same run.

python -m tests.bench [--quick] [--only NAME ...] [--json FILE] [--markdown FILE]
"""

import argparse
import contextlib
import importlib
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import cast

from rich.console import Console

from tests.bench import effort, machine
from tests.bench.effort import Effort
from tests.bench.plot import plots
from tests.bench.report import Figure, Report, show, to_json, to_markdown

BENCHES = {
    "media": (
        "media_floor",
        "media_full",
        "media_delay",
        "soft_legs",
        "websocket_crowd",
        "media_kills",
        "media_speech",
        "media_idle",
    ),
    "calls": ("call_setups",),
    "flood": ("flood",),
    "sip": ("sip_figures",),
    "store": ("store_events",),
    "api": ("api_requests",),
    "websocket": ("websocket_legs",),
    "webhooks": ("webhooks",),
    "machine": ("machine_detection",),
    "hearing": ("hearing_words",),
    "speech": ("speech_start",),
    "ivr": ("ivr",),
    "speech-input": ("speech_input",),
}
"""The modules behind each name. Each has `measure(effort)`, and is imported when it is wanted."""

LONGEST_S = 600.0
"""One module: one that hangs on a machine too busy for it must not hang its user."""

PLOTS = "plots"
"""The folder of the pictures, beside the file that shows them."""

LONGEST_REASON = 300
"""Characters of why there are no figures."""

Measure = Callable[[Effort], Sequence[Figure]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benches; the exit status tells whether all of them had figures."""
    wanted = _parser().parse_args(arguments)
    console = Console()
    report = run(wanted.only or list(BENCHES), is_quick=wanted.quick)
    show(report, console)
    if wanted.json:
        wanted.json.write_text(to_json(report))
    if wanted.markdown:
        wanted.markdown.write_text(to_markdown(report, _draw(report, wanted.markdown.parent)))
    return 1 if report.failures else 0


def _draw(report: Report, directory: Path) -> dict[str, list[str]]:
    """Write the plots of each bench beside what shows them: where they are, seen from there."""
    drawn: dict[str, list[str]] = {}
    for bench, figures in report.figures.items():
        for name, svg in plots(figures).items():
            path = Path(PLOTS) / f"{bench}-{name}.svg"
            (directory / PLOTS).mkdir(exist_ok=True)
            (directory / path).write_text(svg)
            drawn.setdefault(bench, []).append(str(path))
    return drawn


class TooLong(Exception):
    """The time for a bench is over."""


def run(names: Sequence[str], *, is_quick: bool) -> Report:
    """Measure, telling progress on standard error."""
    facts, start = machine.describe(), machine.Jiffies.now()
    figures: dict[str, Sequence[Figure]] = {}
    failures: dict[str, str] = {}
    warnings: list[str] = []
    how_hard = effort.quick if is_quick else effort.full
    with Console(stderr=True).status("starting") as status:
        for name in names:

            def tell(what: str, name: str = name) -> None:
                status.update(f"{name}: {what}")

            def lack(why: str, name: str = name) -> None:
                warnings.append(f"{name} lacks figures: {why}")

            for module in BENCHES[name]:
                try:
                    with _until(time.monotonic() + LONGEST_S):
                        measured = _measure_of(module)(how_hard(tell, lack))
                except Exception as error:  # The trouble of one must not cost the figures of the others.
                    failures[_place(name, module)] = f"{type(error).__name__}: {error}"[:LONGEST_REASON]
                else:
                    figures[name] = [*figures.get(name, []), *measured]
    warnings += machine.foreign_load(start, machine.Jiffies.now())
    if is_quick:
        warnings.append("--quick shows that everything works; its figures are rough")
    return Report(facts, figures, failures, warnings)


@contextlib.contextmanager
def _until(deadline: float) -> Iterator[None]:
    """Raise TooLong at that time of the monotonic clock, wherever the main thread is by then."""

    def ring(*_: object) -> None:
        raise TooLong(f"{LONGEST_S:g} s are over")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(0.001, deadline - time.monotonic()))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _measure_of(module: str) -> Measure:
    return cast("Measure", importlib.import_module(f"tests.bench.{module}").measure)


def _place(name: str, module: str) -> str:
    """What has no figures."""
    return name if len(BENCHES[name]) == 1 else f"{name}, {module}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description="Figures beside their yardsticks."
    )
    parser.add_argument("--quick", action="store_true", help="a short run, to see that everything works")
    parser.add_argument("--only", action="append", choices=sorted(BENCHES), help="this one; may be repeated")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument(
        "--markdown", type=Path, metavar="FILE", help="as tables and plots, like docs/performance.md"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
