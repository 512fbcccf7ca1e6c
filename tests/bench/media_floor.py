"""What a leg costs: the worker's CPU time for each leg and tick, against a bare receive-and-send program.

Both serve the same generator, in turn, on the same kind of sockets, on one CPU with the generator on another.
All legs are in rooms of two and say constants; every packet that comes back must hold the partner's. A run
counts only when 99 % of the packets went both ways and the generator was not late itself.

python -m tests.bench.media_floor [LEGS ...]
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Self, TypeVar

import msgspec

from media.control import Join, OpenRtp, Ping, Pong, RtpOpened, StartRtp
from tests.bench import machine
from tests.bench.effort import Effort, full, quick
from tests.bench.report import Aim, Figure, Report, Yardstick, show
from tests.support.media_worker import MediaWorker

T = TypeVar("T")

LEGS = (100, 400, 1000)
WARM_S = 2.0
COUNT_S = 5.0
TICKS_PER_S = 50
AIM = 1.4
LEAST_SHARE = 0.99
"""Of the packets that should have been sent and received."""
MOST_LATE_MS = 15.0
"""A generator that was later than this has measured itself."""
ATTEMPTS = 4
PATIENCE_S = 120.0


class Run(msgspec.Struct, frozen=True):
    """One valid run of the worker or the floor."""

    cpu_us: float
    """For each leg and tick."""
    late_p99_us: float
    delay_ms: float


Attempt = Callable[[int, float], Awaitable[Run]]
"""A run with so many legs, for so many seconds. Raises Disturbed."""


class Disturbed(Exception):
    """A run in which the machine, not the program, was measured."""


def measure(effort: Effort) -> list[Figure]:
    """CPU, lateness and delay for each number of legs."""
    seconds = max(COUNT_S * effort.share, 1.0)
    return [figure for legs in LEGS for figure in asyncio.run(_figures(legs, seconds, effort))]


async def _figures(legs: int, seconds: float, effort: Effort) -> list[Figure]:
    workers, floors = [], []
    for _ in effort.rounds(f"{legs} legs"):
        floors.append(await _valid(_floor_run, legs, seconds))
        workers.append(await _valid(_worker_run, legs, seconds))
    bare = "receive and send only"
    return [
        Figure(
            f"Media CPU for a leg and tick, {legs} legs in pairs",
            "us",
            tuple(run.cpu_us for run in workers),
            Yardstick(bare, tuple(run.cpu_us for run in floors)),
            Aim(AIM),
        ),
        Figure(
            f"Tick lateness p99, {legs} legs",
            "us",
            tuple(run.late_p99_us for run in workers),
            Yardstick(bare, tuple(run.late_p99_us for run in floors)),
        ),
        Figure(f"Delay through the worker, {legs} legs", "ms", tuple(run.delay_ms for run in workers)),
    ]


async def _valid(run: Attempt, legs: int, seconds: float) -> Run:
    """A run that was not disturbed, of a few attempts."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await run(legs, seconds)
        except Disturbed:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


class Peer:
    """A process of tests.bench.media_peer, which speaks JSON lines."""

    def __init__(self, part: str, legs: int, cpu: int) -> None:
        self._arguments = (part, str(legs))
        self._cpu = cpu

    async def __aenter__(self) -> Self:
        with machine.pinned(self._cpu):
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.bench.media_peer",
                *self._arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=1 << 20,
            )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def hear(self, kind: type[T]) -> T:
        """Its next line."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            return msgspec.json.decode(await self.process.stdout.readline(), type=kind)

    def say(self, what: Sequence[float]) -> None:
        """Give it a line."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what).encode() + b"\n")

    async def end(self) -> dict[str, float]:
        """Close its input and hear its last words."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return await self.hear(dict[str, float])


async def _floor_run(legs: int, seconds: float) -> Run:
    async with AsyncExitStack() as stack:
        talker = await stack.enter_async_context(Peer("talk", legs, machine.BENCH_CPU))
        floor = await stack.enter_async_context(Peer("answer", legs, machine.SERVED_CPU))
        floor.say(await talker.hear(list[int]))
        talker.say(await floor.hear(list[int]))
        assert await floor.hear(str) == "ready"
        cpu_us, heard = await _count(talker, floor.process.pid, legs, seconds)
        late = (await floor.end())["late_p99_us"]
    _check(heard, legs, seconds)
    return Run(cpu_us, late, 0.0)


async def _worker_run(legs: int, seconds: float) -> Run:
    async with AsyncExitStack() as stack:
        talker = await stack.enter_async_context(Peer("talk", legs, machine.BENCH_CPU))
        with machine.pinned(machine.SERVED_CPU):
            worker = await stack.enter_async_context(MediaWorker("--max-legs", str(legs)))
        talker.say(await _connect(worker, await talker.hear(list[int])))
        worker.do(Ping(nonce=0))
        await worker.told(Pong)
        cpu_us, heard = await _count(talker, worker.process.pid, legs, seconds)
        worker.do(Ping(nonce=1))
        pong = await worker.told(Pong)
    _check(heard, legs, seconds)
    if heard["wrong"] > (1 - LEAST_SHARE) * heard["received"]:
        raise Disturbed(f"{heard['wrong']} of {heard['received']} packets did not hold the partner's word")
    return Run(cpu_us, pong.late_p99_us, heard["delay_mean_ms"])


async def _connect(worker: MediaWorker, ports: Sequence[int]) -> list[int]:
    """Open all legs towards the generator's ports, in rooms of two: the worker's ports."""
    ours = []
    for leg, port in enumerate(ports):
        worker.do(OpenRtp(leg=str(leg)))
        ours.append((await worker.told(RtpOpened, leg=str(leg))).port)
        worker.do(
            StartRtp(
                leg=str(leg),
                remote_host="127.0.0.1",
                remote_port=port,
                codec="PCMU",
                payload_type=0,
                dtmf_payload_type=101,
            )
        )
        worker.do(Join(leg=str(leg), room=str(leg // 2)))
    return ours


async def _count(talker: Peer, pid: int, legs: int, seconds: float) -> tuple[float, dict[str, float]]:
    """Let the generator talk: CPU time of a process for each leg and tick, and what the generator counted."""
    talker.say([WARM_S, seconds])
    assert await talker.hear(str) == "counting"
    before = machine.cpu_s(pid)
    heard = await talker.hear(dict[str, float])
    spent = machine.cpu_s(pid) - before
    return spent * 1e6 / (legs * seconds * TICKS_PER_S), heard


def _check(heard: dict[str, float], legs: int, seconds: float) -> None:
    nominal = legs * seconds * TICKS_PER_S
    for what in ("sent", "received"):
        if not LEAST_SHARE <= heard[what] / nominal <= 2 - LEAST_SHARE:
            raise Disturbed(f"{heard[what] / nominal:.1%} of the packets were {what}")
    if heard["late_ms"] > MOST_LATE_MS:
        raise Disturbed(f"the generator was {heard['late_ms']:.0f} ms late")


def main() -> None:
    """Measure by itself."""
    from rich.console import Console

    console = Console()
    effort = (quick if "--quick" in sys.argv else full)(console.print, console.print)
    start = machine.Jiffies.now()
    wanted = [int(argument) for argument in sys.argv[1:] if argument.isdigit()] or LEGS
    seconds = max(COUNT_S * effort.share, 1.0)
    figures = [figure for legs in wanted for figure in asyncio.run(_figures(legs, seconds, effort))]
    show(
        Report(
            machine.describe(), {"media": figures}, {}, machine.foreign_load(start, machine.Jiffies.now())
        ),
        console,
    )


if __name__ == "__main__":
    main()
