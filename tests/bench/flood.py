"""Floods of INVITEs, from one source and from ever other ones: what becomes of calls, memory and the tick.

After them garbage for a leg with SRTP (`tests.bench.srtp_garbage`).

Ten calls go on meanwhile, judged by what they hear and by when it came. A trunk and a phone with a password
call once a second, as SIPp counts them: one from an address that the gateway trusts, one from any other. The
floods come over loopback, where anybody may send from 16 million addresses. The sender has the bench's CPU.
"""

import asyncio
import csv
import statistics
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from tests.bench import srtp_garbage
from tests.bench.caller import Caller
from tests.bench.effort import Effort
from tests.bench.machine import BENCH_CPU, SERVED_CPU, pinned
from tests.bench.report import Aim, Figure, Yardstick
from tests.bench.talkers import Talkers
from tests.support.gateway import RunningGateway
from tests.support.sipp import SCENARIOS, SIPP
from tests.support.webhook_app import WebhookApp

RATE_PER_S = 20_000
FLOOD_S, SHORTEST_S = 60, 8
SOURCES = {"one source": 1, "50,000 sources": 50_000}
TALKERS = 10
CALLS_PER_S = 1
CALM_CALLS = 4
SET_UP_LIMIT_MS = 10_000
END_LIMIT_S = 40.0
"""What a call that began last may take, with all its repetitions."""

MOST_LATE_MS, MOST_MIB, LEAST_SET_UP, MOST_CALM_S = 10.0, 50.0, 0.99, 5.0
"""What is promised."""

OPEN_DOMAIN, PHONE, PASSWORD = "opened", "ann", "flooded"
ANY_SOURCE = "127.0.0.9"
CALLERS = {
    "a trunk": ("127.0.0.1", "inbound_answered_caller_hangs_up"),
    "a phone": (ANY_SOURCE, "inbound_by_password_is_answered"),
}
"""Where honest callers are, and what they do."""


class War(msgspec.Struct, frozen=True):
    """What was seen during one flood."""

    sent_per_s: float
    set_up: dict[str, float]
    """The share of the calls that were answered, by caller."""
    late_p99_ms: float
    wrong_pairs: int
    grown_mib: float
    calm_s: float
    """How long after its end all calls went as before."""


def measure(effort: Effort) -> list[Figure]:
    """What each flood does; of INVITEs nothing without SIPp."""
    if SIPP is None:
        effort.lack("sipp is not installed (Debian package sip-tester)")
        return srtp_garbage.measure(effort)
    seconds = max(SHORTEST_S, round(FLOOD_S * effort.share))
    figures = [figure for name in SOURCES for figure in _flood(effort, name, seconds)]
    return figures + srtp_garbage.measure(effort)


def _flood(effort: Effort, name: str, seconds: int) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as directory, pinned(BENCH_CPU):
        return asyncio.run(_measure(effort, name, seconds, Path(directory)))


async def _measure(effort: Effort, name: str, seconds: int, directory: Path) -> list[Figure]:
    async with AsyncExitStack() as stack:
        webhooks = await stack.enter_async_context(WebhookApp())
        users = [{"username": PHONE, "password": PASSWORD}]
        with pinned(SERVED_CPU):
            gateway = await stack.enter_async_context(RunningGateway(directory, sip={"users": users}))
        webhooks.answer({"action": "conversation", "name": "bench"})
        app = await gateway.application(webhooks)
        number = await gateway.number_for(app)
        domain = {"name": OPEN_DOMAIN, "application_id": app.id, "acl": ["0.0.0.0/0"]}
        await gateway.rest.expect(201, "POST", "/v1/psip", body=domain)
        talkers = await stack.enter_async_context(Talkers(TALKERS, gateway.sip_port, number))
        effort.tell(f"calls in peace, before {name}")
        peace = await _war(gateway, talkers, number, seconds=SHORTEST_S, sources=0)
        effort.tell(f"calls through a flood from {name}")
        war = await _war(gateway, talkers, number, seconds=seconds, sources=SOURCES[name])
    return _figures(name, peace, war)


async def _war(gateway: RunningGateway, talkers: Talkers, number: str, *, seconds: int, sources: int) -> War:
    caller = await Caller.open(gateway.sip_port, number)
    try:
        before = _resident_mib(gateway)
        talkers.forget()
        loop = asyncio.get_running_loop()
        sent, *shares = await asyncio.gather(
            _send(gateway.sip_port, seconds, sources),
            *(_honest(gateway, number, name, seconds) for name in CALLERS),
        )
        late, wrong = talkers.lateness_ms(), talkers.wrong_pairs()
        grown, ended = _resident_mib(gateway) - before, loop.time()
        begun = ended
        while not (await caller.call(CALM_CALLS, CALM_CALLS)).is_carried:
            begun = loop.time()
        calm_s = begun - ended
    finally:
        caller.close()
    shared = dict(zip(CALLERS, shares, strict=True))
    late_p99_ms = statistics.quantiles(late, n=100)[98]
    return War(sent / seconds, shared, late_p99_ms, wrong, grown, calm_s)


async def _send(port: int, seconds: int, sources: int) -> int:
    if not sources:
        return 0
    words = (port, RATE_PER_S, seconds, sources, f"sip:42@{OPEN_DOMAIN}")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.flood_sender", *map(str, words)), stdout=asyncio.subprocess.PIPE
    )
    return int((await process.communicate())[0])


async def _honest(gateway: RunningGateway, number: str, name: str, seconds: int) -> float:
    """The share of the calls of one caller that SIPp saw answered in time."""
    host, scenario = CALLERS[name]
    calls = seconds * CALLS_PER_S
    counted = gateway.directory / f"{host}.csv"
    process = await asyncio.create_subprocess_exec(
        *(str(SIPP), f"127.0.0.1:{gateway.sip_port}", "-sf", str(SCENARIOS / f"{scenario}.xml")),
        *("-i", host, "-nostdin", "-s", number, "-key", "caller", PHONE, "-au", PHONE, "-ap", PASSWORD),
        *("-key", "rtp_port", "9", "-d", "0", "-r", str(CALLS_PER_S), "-m", str(calls)),
        *("-recv_timeout", str(SET_UP_LIMIT_MS), "-trace_stat", "-stf", str(counted)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(seconds + END_LIMIT_S):
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    with counted.open() as lines:
        last = list(csv.DictReader(lines, delimiter=";"))[-1]
    return int(last["SuccessfulCall(C)"]) / calls


def _figures(name: str, peace: War, war: War) -> list[Figure]:
    # Nothing tells a stranger's datagram from a forged one before it is read: there a phone has to try again.
    promised = CALLERS if SOURCES[name] == 1 else {"a trunk"}
    answered = Aim(at_least=LEAST_SET_UP, of="value")
    shares = [
        Figure(
            f"Calls of {caller} set up in 10 s, {name}",
            "",
            (war.set_up[caller],),
            aim=answered if caller in promised else None,
        )
        for caller in CALLERS
    ]
    return [
        Figure(f"Datagrams of a flood, {name}", "per s", (war.sent_per_s,)),
        *shares,
        Figure(
            f"Tick lateness p99, {name}",
            "ms",
            (war.late_p99_ms,),
            Yardstick("in peace", (peace.late_p99_ms,)),
            Aim(at_most=MOST_LATE_MS, of="value"),
        ),
        Figure(
            f"Pairs of {TALKERS} who do not hear each other, {name}",
            "",
            (war.wrong_pairs,),
            aim=Aim(at_most=0, of="value"),
        ),
        Figure(f"Memory, {name}", "MiB", (war.grown_mib,), aim=Aim(at_most=MOST_MIB, of="value")),
        Figure(
            f"Until calls are as before, {name}", "s", (war.calm_s,), aim=Aim(at_most=MOST_CALM_S, of="value")
        ),
    ]


def _resident_mib(gateway: RunningGateway) -> float:
    """Of the gateway without its children."""
    status = Path(f"/proc/{gateway.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024
