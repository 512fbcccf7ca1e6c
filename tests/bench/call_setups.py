"""Call set-ups: the gateway's CPU time for a call, and how many a second one core carries.

The gateway is `cordboard serve`, as an operator runs it, with its children on one CPU. Callers and the
voice application (webhooks over HTTP: one answer, and the events of each call) are on another and do not
count. The call enters a named conversation, so that no speech is made, and is hung up by the caller as soon
as it is answered. The yardstick answers the same calls with canned text and does nothing else. One row has
Cordboard's signalling without the gateway: so one sees where the time goes.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec

from tests.bench.caller import Caller
from tests.bench.effort import Effort
from tests.bench.machine import BENCH_CPU, SERVED_CPU, cpu_s, pinned
from tests.bench.report import Figure, Yardstick
from tests.support.gateway import RunningGateway
from tests.support.webhook_app import WebhookApp

RATE = 10.0
"""Calls a second while CPU time is measured: the gateway is busy, but nobody waits."""
CALLS = 60
"""Calls of one go at that rate."""
FIRST_RATE, RATE_STEP, LAST_RATE = 10.0, 1.25, 1000.0
"""The search for the highest rate: from the first, in such steps, until a call fails."""
SEARCH_S = 3.0
"""How long each rate must be carried."""
ANYBODY = "447700900001"
"""A number for callees that take every call."""
MAX_LEGS = 100
"""More than live at once while nobody waits for longer than the caller's limit."""
START_LIMIT_S = 20.0


class CallsLost(Exception):
    """Calls had no end at a rate that must be carried with ease."""


class Cost(msgspec.Struct, frozen=True):
    """What one call costs: CPU of each process, and the wait of the caller from INVITE to 200."""

    cpu_ms: Mapping[str, float]
    set_up_ms: float


class Party(msgspec.Struct, frozen=True):
    """A program that takes calls, its processes by name, and somebody who calls it."""

    caller: Caller
    pids: Mapping[str, int]
    port: int
    number: str

    async def cost(self, count: int) -> Cost:
        """What a call costs. Raises CallsLost when one was: then the figure would mean nothing."""
        before = {name: cpu_s(pid) for name, pid in self.pids.items()}
        outcome = await self.caller.call(RATE, count)
        if outcome.lost:
            raise CallsLost(f"{outcome.lost} of {count} calls at {RATE:g} a second")
        cpu_ms = {name: (cpu_s(pid) - before[name]) / count * 1000 for name, pid in self.pids.items()}
        return Cost(cpu_ms, outcome.median_set_up_s * 1000)

    async def highest_rate(self, seconds: float) -> float:
        """The highest rate at which every call was carried; 0 when the first is too high already."""
        rate, highest = FIRST_RATE, 0.0
        while rate < LAST_RATE:
            outcome = await self.caller.call(rate, round(rate * seconds))
            if not outcome.is_carried:
                break
            highest, rate = rate, rate * RATE_STEP
        return highest


def measure(effort: Effort) -> list[Figure]:
    """CPU time of a call in gateway and signalling, set-up delay, and the highest rate."""
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as directory, pinned(BENCH_CPU):
        return asyncio.run(_measure(effort, Path(directory)))


async def _measure(effort: Effort, directory: Path) -> list[Figure]:
    async with AsyncExitStack() as stack:
        bare = await stack.enter_async_context(callee("bare"))
        shell = await stack.enter_async_context(callee("shell"))
        effort.tell("starting the gateway")
        gateway = await stack.enter_async_context(gateway_party(directory))
        parties = {"bare": bare, "shell": shell, "gateway": gateway}
        for party in parties.values():
            await party.caller.call(RATE, effort.count(CALLS // 4))
        costs = [
            {name: await party.cost(effort.count(CALLS)) for name, party in parties.items()}
            for _ in effort.rounds("CPU time of a call")
        ]
        rates = [
            await gateway.highest_rate(SEARCH_S * effort.share)
            for _ in effort.rounds("highest rate of calls")
        ]
    return _figures(costs, rates)


def _figures(costs: Sequence[Mapping[str, Cost]], rates: Sequence[float]) -> list[Figure]:
    def cpu(party: str, process: str) -> tuple[float, ...]:
        return tuple(cost[party].cpu_ms[process] for cost in costs)

    def set_up(party: str) -> tuple[float, ...]:
        return tuple(cost[party].set_up_ms for cost in costs)

    canned, in_gateway = Yardstick("canned answers", cpu("bare", "callee")), cpu("gateway", "gateway")
    allowed = Yardstick("what its CPU allows", tuple(1000 / cost for cost in in_gateway))
    return [
        Figure("CPU of a call, signalling alone", "ms", cpu("shell", "callee"), canned),
        Figure("CPU of a call, gateway with webhooks and store", "ms", in_gateway, canned),
        Figure("CPU of a call, media worker beside it", "ms", cpu("gateway", "media worker"), canned),
        Figure(
            "INVITE to 200, answer webhook included",
            "ms",
            set_up("gateway"),
            Yardstick("canned answers", set_up("bare")),
        ),
        Figure("Call set-ups on one core", "per s", tuple(rates), allowed),
    ]


@asynccontextmanager
async def callee(kind: str) -> AsyncIterator[Party]:
    """A program of `callees`, on the served CPU."""
    with pinned(SERVED_CPU):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.bench.callees", kind),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        port = int(await asyncio.wait_for(process.stdout.readline(), START_LIMIT_S))
        caller = await Caller.open(port, ANYBODY)
        try:
            yield Party(caller, {"callee": process.pid}, port, ANYBODY)
        finally:
            caller.close()
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def gateway_party(directory: Path) -> AsyncIterator[Party]:
    """The gateway on the served CPU; its voice application here."""
    async with WebhookApp() as webhooks, AsyncExitStack() as stack:
        with pinned(SERVED_CPU):
            gateway = await stack.enter_async_context(RunningGateway(directory, max_legs=MAX_LEGS))
        webhooks.answer({"action": "conversation", "name": "bench"})
        number = await gateway.number_for(await gateway.application(webhooks))
        caller = await Caller.open(gateway.sip_port, number)
        try:
            pids = {"gateway": gateway.pid, "media worker": gateway.worker_pid}
            yield Party(caller, pids, gateway.sip_port, number)
        finally:
            caller.close()
