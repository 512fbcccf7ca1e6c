"""How many legs one core carries at 70 %, and how late ticks are then, with everything else under way.

The worker has as many legs as it is to carry, with all that legs have, and shares its CPU with a gateway that
answers a hundred HTTP requests a second.
"""

import asyncio
import itertools
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.bench import machine
from tests.bench.effort import Effort
from tests.bench.media_floor import BARE
from tests.bench.media_stage import TICKS_PER_S, Late, Run, Stage, floor, undisturbed
from tests.bench.report import Aim, Figure, Yardstick
from tests.support.gateway import RunningGateway

LEGS = 1700
SHARE = 0.70
WARM_S = 1.0
COUNT_S = 5.0
REQUESTS_PER_S = 100
ROUNDS = 3
"""At most: each takes long."""
MOST_P99_MS, MOST_LATE_MS = 2.0, 10.0


def measure(effort: Effort) -> list[Figure]:
    """The cost of a leg, how many of them are 70 % of a core, and lateness."""
    seconds = max(COUNT_S * effort.share, 1.0)
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as directory:
        return asyncio.run(_measure(Path(directory), seconds, effort))


async def _measure(directory: Path, seconds: float, effort: Effort) -> list[Figure]:
    floors, costs, lates = [], [], []
    async with _busy_gateway(directory / "gateway"):
        for _ in itertools.islice(effort.rounds(f"{LEGS} legs"), ROUNDS):
            floors.append((await undisturbed(floor, LEGS, WARM_S, seconds)).cpu_us)
            run, late = await undisturbed(_run, directory, seconds)
            costs.append(run.cpu_us)
            lates.append(late)
    beside = f"{LEGS:,} legs, a gateway beside them"
    return [
        Figure(f"CPU for a leg and tick, {beside}", "us", tuple(costs), Yardstick(BARE, tuple(floors))),
        Figure(
            "Legs that take 70 % of a core",
            "legs",
            tuple(_legs(cost) for cost in costs),
            Yardstick(BARE, tuple(_legs(cost) for cost in floors)),
            Aim(at_least=LEGS, of="value"),
        ),
        Figure(
            f"Tick lateness p99, {beside}",
            "ms",
            tuple(late.p99 for late in lates),
            aim=Aim(MOST_P99_MS, of="value"),
        ),
        Figure(
            f"Tick lateness at most, {beside}",
            "ms",
            tuple(late.most for late in lates),
            aim=Aim(MOST_LATE_MS, of="value"),
        ),
    ]


def _legs(cost_us: float) -> float:
    return SHARE * 1e6 / TICKS_PER_S / cost_us


async def _run(directory: Path, seconds: float) -> tuple[Run, Late]:
    async with Stage(LEGS, directory) as stage:
        await stage.arrange(2)
        ticks = stage.ticks()
        return await stage.count(WARM_S, seconds, in_pairs=True), ticks.late()


@asynccontextmanager
async def _busy_gateway(directory: Path) -> AsyncIterator[None]:
    """A gateway on the CPU of what is measured that has something to do."""
    with machine.pinned(machine.SERVED_CPU):
        gateway = await RunningGateway(directory, max_legs=4).__aenter__()
    try:
        app = await gateway.rest.create_application("http://127.0.0.1:9/answer", "http://127.0.0.1:9/event")
        asking = asyncio.create_task(_ask(f"{gateway.url}/v1/conversations", app.token()))
        yield
        if asking.done():
            asking.result()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    finally:
        await gateway.__aexit__()


async def _ask(url: str, token: str) -> None:
    """A hundred requests a second, one after the other."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        for number in itertools.count(1):
            async with session.get(url) as response:
                response.raise_for_status()
                await response.read()
            await asyncio.sleep(begun + number / REQUESTS_PER_S - loop.time())
