"""How much later a phone hears another one, on a clean network: what the worker adds.

Twenty pairs of phones, each at another moment of the tick: a phone changes the word that it says, and the
time is taken until the first packet with the new word. A packet's own 20 ms are not in it. The generator
looks once a millisecond.
"""

import asyncio
import itertools
import tempfile
from pathlib import Path

from tests.bench.effort import Effort
from tests.bench.media_peer import PROBES
from tests.bench.media_stage import Run, Stage, undisturbed
from tests.bench.report import Aim, Figure

WARM_S = 3.0
"""Until the jitter buffers know their network."""
COUNT_S = 10.0
ROUNDS = 3
"""At most: each takes long."""
MOST_MEDIAN_MS, MOST_P99_MS = 20.0, 25.0


def measure(effort: Effort) -> list[Figure]:
    """The median and the 99th percentile."""
    seconds = max(COUNT_S * effort.share, 2.0)
    runs = [
        asyncio.run(undisturbed(_run, seconds)).heard
        for _ in itertools.islice(effort.rounds("delay"), ROUNDS)
    ]
    return [
        Figure(
            "Delay from phone to phone, median",
            "ms",
            tuple(heard.delay_p50_ms for heard in runs),
            aim=Aim(MOST_MEDIAN_MS, of="value"),
        ),
        Figure(
            "Delay from phone to phone, p99",
            "ms",
            tuple(heard.delay_p99_ms for heard in runs),
            aim=Aim(MOST_P99_MS, of="value"),
        ),
    ]


async def _run(seconds: float) -> Run:
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as directory:
        async with Stage(PROBES, Path(directory)) as stage:
            await stage.arrange(2)
            return await stage.count(WARM_S, seconds, in_pairs=True)
