"""How long nobody hears anything when a media worker is killed in running calls.

Calls of a running gateway share a room. The worker is killed again and again, each time at another moment of
the tick, as soon as there is a spare again. A gap is the longest time between two packets at a phone, by the
kernel's stamps; the yardstick is the longest while nobody was killed.
"""

import asyncio
import itertools
import os
import signal
import statistics
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from tests.bench.effort import Effort
from tests.bench.report import Aim, Figure, Yardstick
from tests.bench.talkers import Talkers
from tests.support.gateway import RunningGateway
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp

TALKERS = 4
KILLS, FEWEST = 12, 3
WATCHED_S = 1.0
"""Before and after a kill."""
MOST_MS = 60.0
LOOK_S = 0.1


def measure(effort: Effort) -> list[Figure]:
    """The median of the kills, and the worst one."""
    kills = max(FEWEST, effort.count(KILLS))
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as directory:
        gaps, calm = asyncio.run(_measure(Path(directory), kills, effort))
    aim = Aim(MOST_MS, of="value")
    name = f"Gap when the worker is killed, {kills} kills"
    usual = Yardstick("without a kill", (statistics.median(calm),))
    worst = Yardstick("without a kill", (max(calm),))
    return [
        Figure(f"{name}, median", "ms", (statistics.median(gaps),), usual, aim),
        Figure(f"{name}, worst", "ms", (max(gaps),), worst, aim),
    ]


async def _measure(directory: Path, kills: int, effort: Effort) -> tuple[list[float], list[float]]:
    async with AsyncExitStack() as stack:
        webhooks = await stack.enter_async_context(WebhookApp())
        gateway = await stack.enter_async_context(RunningGateway(directory))
        webhooks.answer({"action": "conversation", "name": "bench"})
        number = await gateway.number_for(await gateway.application(webhooks))
        talkers = await stack.enter_async_context(Talkers(TALKERS, gateway.sip_port, number))
        gaps: list[float] = []
        calm: list[float] = []
        for kill in range(kills):
            effort.tell(f"kill {kill + 1} of {kills}")
            await until(lambda: _is_whole(gateway), "a spare that waits", every_s=LOOK_S)
            await asyncio.sleep(WATCHED_S)
            talkers.forget()
            await asyncio.sleep(WATCHED_S + 0.02 * kill / kills)
            calm += _gaps_ms(talkers)
            os.kill(gateway.worker_pid, signal.SIGKILL)
            await asyncio.sleep(WATCHED_S)
            gaps += _gaps_ms(talkers)
        talkers.forget()
        await asyncio.sleep(WATCHED_S * 2)
        if talkers.wrong_pairs():
            raise RuntimeError(f"{talkers.wrong_pairs()} pairs do not hear each other after {kills} kills")
    return gaps, calm


def _is_whole(gateway: RunningGateway) -> bool:
    """Whether a worker serves and another one waits."""
    workers = [pid for pid, command in gateway.children().items() if "media.worker" in command]
    try:
        return len(workers) > 1 and gateway.worker_pid in workers
    except (StopIteration, OSError):
        return False


def _gaps_ms(talkers: Talkers) -> list[float]:
    """The longest of each phone."""
    return [
        1000 * max(after - before for (before, *_), (after, *_) in itertools.pairwise(talker.arrivals))
        for talker in talkers.talkers
    ]
