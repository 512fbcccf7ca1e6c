"""Call set-ups as SIPp counts them: the highest rate without a failure or a retransmission, and its CPU.

SIPp is the caller and the judge: it knows nothing of us, repeats what is not answered, and counts it. Who is
called is on one CPU, SIPp on another. The yardstick answers the same calls with canned text.
"""

import asyncio
import csv
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from tests.bench.call_setups import Party, callee, gateway_party
from tests.bench.effort import Effort
from tests.bench.machine import BENCH_CPU, cpu_s, pinned
from tests.bench.report import Figure, Yardstick
from tests.support.sipp import SCENARIOS, SIPP

FIRST_RATES = {"bare": 500.0, "shell": 100.0, "gateway": 10.0}
"""Where the search for the highest rate begins, well below it."""
RATE_STEP = 1.25
GO_S = 2.0
"""How long each rate must be carried. A search is a dozen goes, and there are three in each repetition."""
LAST_RATE = 2000.0
"""More than SIPp itself keeps up with."""
ANSWER_LIMIT_MS = 4000
"""SIPp counts a call as failed that waits longer for any message."""
END_LIMIT_S = 6.0
"""A SIPp that goes on longer than its calls began has lost some."""
CALLER = "447700900999"
RTP_PORT = 9


class Go(msgspec.Struct, frozen=True):
    """What SIPp counted while it called at one rate, and the CPU of who was called."""

    rate: float
    calls: int
    failed: int
    repeated: int
    cpu_ms: float
    """Of one call, all processes."""

    @property
    def is_carried(self) -> bool:
        """Whether every call went as written, and nothing had to be said twice."""
        return not self.failed and not self.repeated


class NothingCarried(Exception):
    """The first rate is too high already."""


def measure(effort: Effort) -> list[Figure]:
    """Rates and CPU; nothing without SIPp."""
    if SIPP is None:
        effort.lack("sipp is not installed (Debian package sip-tester)")
        return []
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as directory, pinned(BENCH_CPU):
        return asyncio.run(_measure(effort, Path(directory)))


async def _measure(effort: Effort, directory: Path) -> list[Figure]:
    async with AsyncExitStack() as stack:
        parties = {
            "bare": await stack.enter_async_context(callee("bare")),
            "shell": await stack.enter_async_context(callee("shell")),
            "gateway": await stack.enter_async_context(gateway_party(directory)),
        }
        found = [
            {
                name: await _highest(party, FIRST_RATES[name], effort, directory)
                for name, party in parties.items()
            }
            for _ in effort.rounds("call set-ups by SIPp")
        ]
    highest = {name: [each[name] for each in found] for name in parties}
    canned_rate = Yardstick("canned answers", _rates(highest["bare"]))
    canned_cpu = Yardstick("canned answers", _cpu(highest["bare"]))
    return [
        Figure("Set-ups none lost or repeated, signalling", "per s", _rates(highest["shell"]), canned_rate),
        Figure("Set-ups none lost or repeated, gateway", "per s", _rates(highest["gateway"]), canned_rate),
        Figure("CPU of a call at that rate, signalling", "ms", _cpu(highest["shell"]), canned_cpu),
        Figure("CPU of a call at that rate, gateway and media", "ms", _cpu(highest["gateway"]), canned_cpu),
    ]


async def _highest(party: Party, rate: float, effort: Effort, directory: Path) -> Go:
    """The last go that was carried, rates rising in steps."""
    carried: Go | None = None
    while rate < LAST_RATE:
        go = await _go(party, rate, GO_S * effort.share, directory)
        if not go.is_carried:
            break
        carried, rate = go, rate * RATE_STEP
    if carried is None:
        raise NothingCarried(f"at {rate:g} a second {go.failed} calls failed, {go.repeated} repetitions")
    return carried


async def _go(party: Party, rate: float, seconds: float, directory: Path) -> Go:
    """Call at a rate for a while."""
    calls = max(1, round(rate * seconds))
    counted = directory / "counted.csv"
    before = sum(map(cpu_s, party.pids.values()))
    process = await asyncio.create_subprocess_exec(
        *_command(party, rate, calls, counted),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(END_LIMIT_S + seconds):
            await process.wait()
    except TimeoutError:
        return Go(rate, calls, calls, 0, 0.0)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    cpu_ms = (sum(map(cpu_s, party.pids.values())) - before) / calls * 1000
    with counted.open() as lines:
        last = list(csv.DictReader(lines, delimiter=";"))[-1]
    completed, repeated = int(last["SuccessfulCall(C)"]), int(last["Retransmissions(C)"])
    return Go(rate, calls, calls - completed, repeated, cpu_ms)


def _command(party: Party, rate: float, calls: int, counted: Path) -> Sequence[str]:
    scenario = SCENARIOS / "inbound_answered_caller_hangs_up.xml"
    return (
        *(str(SIPP), f"127.0.0.1:{party.port}", "-sf", str(scenario), "-i", "127.0.0.1", "-nostdin"),
        *("-s", party.number, "-key", "caller", CALLER, "-key", "rtp_port", str(RTP_PORT)),
        *("-d", "0", "-r", str(round(rate)), "-m", str(calls), "-l", str(calls)),
        *("-recv_timeout", str(ANSWER_LIMIT_MS), "-trace_stat", "-stf", str(counted)),
    )


def _rates(goes: Sequence[Go]) -> tuple[float, ...]:
    return tuple(go.rate for go in goes)


def _cpu(goes: Sequence[Go]) -> tuple[float, ...]:
    return tuple(go.cpu_ms for go in goes)
