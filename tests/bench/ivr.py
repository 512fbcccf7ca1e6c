"""IVR calls: how many one core carries, what each costs, how soon a key counts.

A caller hears a prompt, presses a key when it is over, hears the next prompt, which the application gives in
its reply to the input webhook, and hangs up. The gateway is `cordboard serve` with all its children on one
CPU; callers and application are on another and do not count. Both prompts have been said before, as those of
a menu have. The yardstick is a menu with nothing behind it (see `ivr_bare`), called by the same callers.
"""

import asyncio
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from tests.bench.effort import Effort
from tests.bench.ivr_caller import TalkingCaller, Went
from tests.bench.ivr_ear import Ear
from tests.bench.machine import BENCH_CPU, SERVED_CPU, cpu_s, pinned
from tests.bench.report import Figure, Yardstick
from tests.support.gateway import RunningGateway
from tests.support.webhook_app import Hook, WebhookApp

RATE = 4.0
"""Calls a second while their cost is measured: some twenty at once, and nobody waits."""
CALLS = 24
"""Calls of one go at that rate."""
FIRST_SHARE, RATE_STEP = 0.6, 1.15
"""The search for the highest rate: from this share of what the CPU allows up or down, in such steps."""
SEARCH_S, LEAST_SEARCH_S = 6.0, 4.0
"""How long calls begin at each rate: about as long as a call lasts."""
WITHIN_S = 1.0
"""A caller who waits longer for the next prompt thinks that the key was not heard."""
LEAST_HEARD = 0.98
"""Of the packets that a call should have: with fewer, the prompts have audible holes."""
MAX_LEGS = 400
KEY = 1
START_LIMIT_S = 20.0
GATEWAY = "gateway"
CHILDREN = {"media.worker": "media worker", "media.speech": "speech", "media.hearing": "hearing"}
"""What to call the processes beside the gateway, by their module."""


class CallsLost(Exception):
    """Calls failed at a rate that must be carried with ease."""


class Passed(msgspec.Struct, frozen=True):
    """A call that went well, and when (seconds of the loop's clock)."""

    caller: str
    released: float
    """The first packet left that says that the key was let go."""
    sounded: float
    """The next prompt's first packet with sound came."""
    heard: float
    """The share of its packets."""

    @property
    def wait_s(self) -> float:
        """From the key to the next prompt."""
        return self.sounded - self.released


async def talk(ear: Ear, caller: str) -> Passed:
    """The whole call of somebody who presses the key as soon as they were told to."""
    await ear.hears_prompt()
    released = await ear.press(KEY)
    sounded = await ear.hears_sound()
    await ear.hears_quiet()
    return Passed(caller, released, sounded, ear.heard)


class Cost(msgspec.Struct, frozen=True):
    """What the calls of a go cost and how long they waited."""

    cpu_ms: Mapping[str, float]
    """Of a call, by process."""
    waits_ms: Sequence[float]
    asked_ms: Sequence[float]
    """From the key to the input webhook; empty where the application does not know whose it is."""

    @property
    def whole_ms(self) -> float:
        """CPU of all processes."""
        return sum(self.cpu_ms.values())


class Menu(msgspec.Struct, frozen=True):
    """A program that takes such calls, its processes by name, its caller, and its application."""

    caller: TalkingCaller[Passed]
    pids: Mapping[str, int]
    asked: dict[str, float]
    """When the input webhook came, by caller."""

    async def cost(self, count: int) -> Cost:
        """What a call costs. Raises CallsLost when one was: then the figure would mean nothing."""
        before = {name: cpu_s(pid) for name, pid in self.pids.items()}
        went = await self.caller.call(RATE, count)
        if went.lost:
            raise CallsLost(f"{went.lost} of {count} calls at {RATE:g} a second")
        return Cost(
            {name: (cpu_s(pid) - before[name]) / count * 1000 for name, pid in self.pids.items()},
            [1000 * call.wait_s for call in went.passed],
            [1000 * (self.asked[call.caller] - call.released) for call in went.passed if self.asked],
        )

    async def most(self, first: float, seconds: float) -> "Carried":
        """The highest rate at which all calls are carried, looked for from a first on. Raises CallsLost."""
        rate = first
        while (best := await self._carried(rate, seconds)) is None:
            rate /= RATE_STEP
            if rate < RATE:
                raise CallsLost(f"at {RATE:g} calls a second")
        while better := await self._carried(best.rate * RATE_STEP, seconds):
            best = better
        return best

    async def _carried(self, rate: float, seconds: float) -> "Carried | None":
        """What calls at this rate cost; None when not all were carried."""
        before = sum(cpu_s(pid) for pid in self.pids.values())
        went = await self.caller.call(rate, round(rate * seconds))
        spent = sum(cpu_s(pid) for pid in self.pids.values()) - before
        return Carried(rate, went.most_at_once, 1000 * spent / went.begun) if is_carried(went) else None


class Carried(msgspec.Struct, frozen=True):
    """Calls that began in a second, and that there were at once."""

    rate: float
    at_once: int
    cpu_ms: float
    """Of a call, all processes together."""

    @property
    def allowed(self) -> float:
        """The rate for which a whole core would be enough."""
        return 1000 / self.cpu_ms


def is_carried(went: Went[Passed]) -> bool:
    """Whether all calls went well, sounded well, and waited no longer than people do."""
    return not went.lost and all(
        call.heard >= LEAST_HEARD and call.wait_s <= WITHIN_S for call in went.passed
    )


def measure(effort: Effort) -> list[Figure]:
    """CPU time of a call, the wait for the next prompt, and how many calls there can be."""
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as directory, pinned(BENCH_CPU):
        return uvloop.run(_measure(effort, Path(directory)))


async def _measure(effort: Effort, directory: Path) -> list[Figure]:
    async with AsyncExitStack() as stack:
        bare = await stack.enter_async_context(_bare())
        effort.tell("starting the gateway")
        gateway = await stack.enter_async_context(_gateway(directory))
        # Before the first figure the prompts are said, and whatever is made at first use has been made.
        await gateway.caller.call(RATE, effort.count(CALLS // 2))
        costs = [
            (await bare.cost(effort.count(CALLS)), await gateway.cost(effort.count(CALLS)))
            for _ in effort.rounds("CPU time of an IVR call")
        ]
        rate = FIRST_SHARE * min(1000 / ours.whole_ms for _, ours in costs)
        most: list[Carried] = []
        for _ in effort.rounds("IVR calls at once"):
            most.append(await gateway.most(rate, max(LEAST_SEARCH_S, SEARCH_S * effort.share)))
            rate = most[-1].rate
    return _figures([bare for bare, _ in costs], [ours for _, ours in costs], most)


def _figures(bare: Sequence[Cost], ours: Sequence[Cost], most: Sequence[Carried]) -> list[Figure]:
    def each(costs: Sequence[Cost], what: Callable[[Cost], float]) -> tuple[float, ...]:
        return tuple(what(cost) for cost in costs)

    def beside(name: str, what: Callable[[Cost], float]) -> Figure:
        yardstick = Yardstick("a menu with nothing behind it", each(bare, what))
        return Figure(name, "ms", each(ours, what), yardstick)

    parts = [
        Figure(f"CPU of an IVR call, {name} alone", "ms", tuple(cost.cpu_ms[name] for cost in ours))
        for name in ours[0].cpu_ms
    ]
    rates = tuple(carried.rate for carried in most)
    allowed = Yardstick("if the core did nothing else", tuple(carried.allowed for carried in most))
    return [
        beside("CPU of an IVR call, all processes", lambda cost: cost.whole_ms),
        *parts,
        beside("Key to next prompt, median", lambda cost: statistics.median(cost.waits_ms)),
        beside("Key to next prompt, p99", lambda cost: _p99(cost.waits_ms)),
        Figure(
            "Key to input webhook, median", "ms", each(ours, lambda cost: statistics.median(cost.asked_ms))
        ),
        Figure("IVR calls on one core, begun in a second", "per s", rates, allowed),
        Figure("IVR calls on one core, at once", "", tuple(carried.at_once for carried in most)),
    ]


def _p99(values: Sequence[float]) -> float:
    """The 99th percentile; of fewer than a hundred, the greatest."""
    return sorted(values)[int(len(values) * 0.99)]


class _Application:
    """Asks for a key, and for another."""

    def __init__(self) -> None:
        self.asked: dict[str, float] = {}
        self.url = ""

    def greet(self, _hook: Hook) -> list[dict[str, Any]]:
        return self._menu("Welcome. Please press one.")

    def go_on(self, hook: Hook) -> list[dict[str, Any]]:
        if caller := hook.fields.get("from"):
            self.asked[caller] = asyncio.get_running_loop().time()
        return self._menu("Orders. Press one for more.")

    def _menu(self, text: str) -> list[dict[str, Any]]:
        talk = {"action": "talk", "text": text, "bargeIn": True}
        key = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1, "timeOut": 10}}
        return [talk, {**key, "eventUrl": [self.url]}]


@asynccontextmanager
async def _application() -> AsyncIterator[tuple[WebhookApp, _Application]]:
    """The voice application, here."""
    application = _Application()
    async with WebhookApp() as webhooks:
        application.url = f"{webhooks.url}/key"
        webhooks.on("/answer", application.greet)
        webhooks.on("/key", application.go_on)
        yield webhooks, application


@asynccontextmanager
async def _gateway(directory: Path) -> AsyncIterator[Menu]:
    """The gateway, on the served CPU."""
    async with _application() as (webhooks, application), AsyncExitStack() as stack:
        with pinned(SERVED_CPU):
            gateway = RunningGateway(directory, max_legs=MAX_LEGS)
            await stack.enter_async_context(gateway)
        number = await gateway.number_for(await gateway.application(webhooks))
        caller = await TalkingCaller.open(gateway.sip_port, number, talk)
        stack.callback(caller.close)
        pids = {
            name: pid
            for module, name in CHILDREN.items()
            for pid, command in gateway.children().items()
            if module in command
        }
        yield Menu(caller, {GATEWAY: gateway.pid, **pids}, application.asked)


@asynccontextmanager
async def _bare() -> AsyncIterator[Menu]:
    """The yardstick, on the served CPU."""
    async with _application() as (_, application):
        with pinned(SERVED_CPU):
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.bench.ivr_bare", application.url),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        try:
            assert process.stdout is not None
            port = int(await asyncio.wait_for(process.stdout.readline(), START_LIMIT_S))
            caller = await TalkingCaller.open(port, "447700900001", talk)
            yield Menu(caller, {"menu": process.pid}, application.asked)
            caller.close()
        finally:
            process.kill()
            await process.wait()
