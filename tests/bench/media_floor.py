"""What a leg costs: the worker's CPU time for each leg and tick, against a bare receive-and-send program.

Both serve the same generator, in turn, on the same kind of sockets, on one CPU with the generator on another.
The legs have all that legs have: jitter buffer, latch, telephone-events, RTCP both ways, who speaks is told,
and a tenth of the rooms is recorded. In rooms of two every packet must hold the partner's constant word. A
run counts only when 99 % of the packets went both ways and the generator was not late itself.
"""

import asyncio
import tempfile
from pathlib import Path

from tests.bench.effort import Effort
from tests.bench.media_stage import Run, Stage, floor, undisturbed
from tests.bench.report import Aim, Figure, Yardstick

LEGS = (400, 1000)
WARM_S = 1.0
COUNT_S = 3.0
PARTIES = {"in pairs": 2, "in rooms of ten": 10, "in one room": 0}
"""How many are in a room, 0 for all."""
AIMS = {"in pairs": Aim(1.25), "in rooms of ten": Aim(1.35), "in one room": Aim(1.35)}
BARE = "receive and send only"


def measure(effort: Effort) -> list[Figure]:
    """CPU for each number of legs, by how many are in a room."""
    seconds = max(COUNT_S * effort.share, 1.0)
    return [figure for legs in LEGS for figure in asyncio.run(_figures(legs, seconds, effort))]


async def _figures(legs: int, seconds: float, effort: Effort) -> list[Figure]:
    floors: list[float] = []
    costs: dict[str, list[float]] = {name: [] for name in PARTIES}
    for _ in effort.rounds(f"{legs} legs"):
        floors.append((await undisturbed(floor, legs, WARM_S, seconds)).cpu_us)
        for name, run in (await _runs(legs, seconds)).items():
            costs[name].append(run.cpu_us)
    bare = Yardstick(BARE, tuple(floors))
    return [
        Figure(f"CPU for a leg and tick, {legs:,} legs {name}", "us", tuple(costs[name]), bare, AIMS[name])
        for name in PARTIES
    ]


async def _runs(legs: int, seconds: float) -> dict[str, Run]:
    runs = {}
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as directory:
        async with Stage(legs, Path(directory)) as stage:
            for name, party in PARTIES.items():
                await stage.arrange(party or legs)
                runs[name] = await undisturbed(stage.count, WARM_S, seconds, in_pairs=party == 2)
    return runs
