"""How long nobody hears anything when a media worker is killed in running calls.

Calls of a running gateway share a room. The worker is killed again and again, each time at another moment of
the tick, as soon as there is a spare again. A gap is the longest time between two packets at a phone, by the
kernel's stamps, less the 20 ms that the packet before it lasts.
"""

import asyncio
import itertools
import os
import signal
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from tests.bench.effort import Effort
from tests.bench.report import Aim, Figure
from tests.bench.talkers import TICK_S, Talker, Talkers
from tests.support.gateway import RunningGateway
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp

TALKERS = 4
KILLS, FEWEST = 8, 3
WATCHED_S = 1.0
"""Before and after a kill."""
HEARD_S = 1.5
HEARINGS = 10
MOST_MS = 60.0
LOOK_S = 0.1


def measure(effort: Effort) -> list[Figure]:
    """The median of the kills, and the worst one. Whoever is not heard again is an error."""
    kills = max(FEWEST, effort.count(KILLS))
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as directory:
        gaps = tuple(asyncio.run(_measure(Path(directory), kills, effort)))
    aim = Aim(MOST_MS, of="value")
    return [
        Figure(f"Gap when the worker is killed, {kills} kills", "ms", gaps, aim=aim),
        Figure(f"Gap when the worker is killed, worst of {kills}", "ms", (max(gaps),), aim=aim),
    ]


async def _measure(directory: Path, kills: int, effort: Effort) -> list[float]:
    async with AsyncExitStack() as stack:
        webhooks = await stack.enter_async_context(WebhookApp())
        gateway = await stack.enter_async_context(RunningGateway(directory))
        webhooks.answer({"action": "conversation", "name": "bench"})
        number = await gateway.number_for(await gateway.application(webhooks))
        talkers = await stack.enter_async_context(Talkers(TALKERS, gateway.sip_port, number))
        gaps: list[float] = []
        for kill in range(kills):
            effort.tell(f"kill {kill + 1} of {kills}")
            await until(lambda: _is_whole(gateway), "a spare that waits", every_s=LOOK_S)
            await asyncio.sleep(WATCHED_S + TICK_S * kill / kills)
            talkers.forget()
            await asyncio.sleep(WATCHED_S)
            killed = gateway.worker_pid
            os.kill(killed, signal.SIGKILL)
            await until(lambda: _serving(gateway) not in (None, killed), "the next worker", every_s=LOOK_S)  # noqa: B023
            await asyncio.sleep(WATCHED_S)
            gaps.append(max(_gap_ms(talker) for talker in talkers.talkers))
            await _check(talkers)
    return gaps


async def _check(talkers: Talkers) -> None:
    """Raises RuntimeError when they do not hear each other any more."""
    for _ in range(HEARINGS):
        talkers.forget()
        await asyncio.sleep(HEARD_S)
        if not (wrong := talkers.wrong_pairs()):
            return
    raise RuntimeError(f"{wrong} pairs do not hear each other after a kill")


def _is_whole(gateway: RunningGateway) -> bool:
    """Whether a worker serves and another one waits."""
    return len(gateway.workers) > 1 and _serving(gateway) is not None


def _serving(gateway: RunningGateway) -> int | None:
    """The worker that serves, if any does now."""
    try:
        return gateway.worker_pid
    except (StopIteration, OSError):
        return None


def _gap_ms(talker: Talker) -> float:
    """How long it heard nothing."""
    pairs = itertools.pairwise(talker.arrivals)
    return 1000 * (max(after - before for (before, *_), (after, *_) in pairs) - TICK_S)
