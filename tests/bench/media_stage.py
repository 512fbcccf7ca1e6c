"""A media worker under the generator's load, and the bare program under the same."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple, ParamSpec, Self, TypeVar

import msgspec
import numpy as np

from media.control import (
    Join,
    OpenRtp,
    Ping,
    Pong,
    RecordingDone,
    RtpOpened,
    SetAudio,
    StartRecording,
    StartRtp,
    StopRecording,
)
from media.engine.state import BUCKETS, Ints
from media.engine.tick import BUCKET_NS
from media.worker.ledger import open_memory, size_for
from tests.bench import machine
from tests.bench.media_peer import HOST, OTHER_FILES, allow_files
from tests.support.media_worker import MediaWorker

T = TypeVar("T")
P = ParamSpec("P")

TICKS_PER_S = 50
RECORDED_OF = 10
"""Of so many rooms one is recorded."""
VOICE_LEVEL = 50
"""In -dBov: above it the worker tells who speaks."""
LEAST_SHARE = 0.99
"""Of the packets that should have been sent and received."""
MOST_LATE_MS = 15.0
"""A generator that was later than this has measured itself."""
MOST_ASTRAY = 0.1
"""By how much the time in which CPU is counted may differ from that of the packets."""
ATTEMPTS = 4
PATIENCE_S = 120.0


class Disturbed(Exception):
    """A run in which the machine, not the program, was measured."""


class Heard(msgspec.Struct, frozen=True):
    """What the generator counted."""

    sent: int
    received: int
    wrong: int
    """Packets that did not hold the partner's word."""
    late_ms: float
    delay_mean_ms: float
    delay_p50_ms: float
    delay_p99_ms: float


class Run(msgspec.Struct, frozen=True):
    """A valid run."""

    cpu_us: float
    """For each leg and tick."""
    heard: Heard


class Late(NamedTuple):
    """How late ticks began, in milliseconds."""

    p99: float
    most: float


async def undisturbed(run: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
    """What it returns, of a few attempts. Raises Disturbed."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await run(*args, **kwargs)
        except Disturbed:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


class Peer:
    """A process of the bench that speaks JSON lines: `python -m tests.bench.MODULE WORD ...`, on one CPU."""

    def __init__(self, cpu: int, module: str, *words: object) -> None:
        self._arguments = (f"tests.bench.{module}", *map(str, words))
        self._cpu = cpu

    async def __aenter__(self) -> Self:
        with machine.pinned(self._cpu):
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", *self._arguments),
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

    def say(self, what: object) -> None:
        """Give it a line."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what).encode() + b"\n")

    async def end(self, kind: type[T]) -> T:
        """Close its input and hear its last words."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return await self.hear(kind)


class Stage:
    """So many legs of a worker, each with a generator's stream, and room for others. An async context."""

    def __init__(self, legs: int, directory: Path, others: int = 0) -> None:
        self.legs = legs
        self.rooms: list[str] = []
        self._most = legs + others
        self._directory = directory
        self._recordings: list[str] = []
        self._count = 0

    async def __aenter__(self) -> Self:
        allow_files(2 * self._most + OTHER_FILES)
        async with AsyncExitStack() as stack:
            generator = Peer(machine.BENCH_CPU, "media_peer", "talk", self.legs)
            self._talker = await stack.enter_async_context(generator)
            with machine.pinned(machine.SERVED_CPU):
                worker = MediaWorker("--max-legs", str(self._most))
                self.worker = await stack.enter_async_context(worker)
            self._talker.say(await self._connect(await self._talker.hear(list[int])))
            memory = open_memory(self.worker.estate.memory, size_for(self._most))
            self._meter = memory.state.meter
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        del self._meter
        await self._stack.aclose()

    async def arrange(self, party: int) -> None:
        """Put the legs into rooms of so many, and record some of the rooms."""
        for recording in self._recordings:
            self.worker.do(StopRecording(recording=recording))
            await self.worker.told(RecordingDone, recording=recording, within_s=PATIENCE_S)
        self._recordings.clear()
        count = -(-self.legs // party)
        self.rooms = [f"{self._count}-{room}" for room in range(count)]
        for leg in range(self.legs):
            self.worker.do(Join(leg=str(leg), room=self.rooms[leg // party]))
        for room in self.rooms[::RECORDED_OF]:
            path = str(self._directory / f"{room}.wav")
            self.worker.do(StartRecording(recording=room, room=room, path=path))
            self._recordings.append(room)
        self._count += 1
        await self.settle()

    async def settle(self) -> None:
        """Wait until the worker has done all that it was asked."""
        self.worker.do(Ping(nonce=0))
        await self.worker.told(Pong, within_s=PATIENCE_S)

    async def count(self, warm_s: float, seconds: float, *, in_pairs: bool = False) -> Run:
        """Let the generator count. Raises Disturbed."""
        run = await count(self._talker, self.worker.process.pid, self.legs, (warm_s, seconds))
        if in_pairs and run.heard.wrong > (1 - LEAST_SHARE) * run.heard.received:
            raise Disturbed(
                f"{run.heard.wrong} of {run.heard.received} packets held no word of the partner's"
            )
        return run

    def ticks(self) -> "Ticks":
        """Begin to watch how late ticks are."""
        return Ticks(self._late)

    def _late(self) -> Ints:
        counted: Ints = np.asarray(self._meter.late).reshape(-1, BUCKETS).sum(axis=0)
        return counted

    async def _connect(self, ports: Sequence[int]) -> list[int]:
        """Open all legs towards the generator's ports: the worker's ports."""
        ours = []
        for leg, port in enumerate(ports):
            self.worker.do(OpenRtp(leg=str(leg)))
            ours.append((await self.worker.told(RtpOpened, leg=str(leg))).port)
            self.worker.do(
                StartRtp(
                    leg=str(leg),
                    remote_host=HOST,
                    remote_port=port,
                    codec="PCMU",
                    payload_type=0,
                    dtmf_payload_type=101,
                )
            )
            heard = SetAudio(leg=str(leg), muted=False, earmuffed=False, voice_level=VOICE_LEVEL)
            self.worker.do(heard)
        return ours


class Ticks:
    """The ticks since a moment."""

    def __init__(self, histogram: Callable[[], Ints]) -> None:
        self._histogram = histogram
        self._before = histogram()

    def late(self) -> Late:
        """How late they were so far."""
        counted = self._histogram() - self._before
        reached = np.searchsorted(np.cumsum(counted), 0.99 * counted.sum())
        edges = [int(reached) + 1, int(np.flatnonzero(counted)[-1]) + 1]
        return Late(*(edge * BUCKET_NS / 1e6 for edge in edges))


async def floor(legs: int, warm_s: float, seconds: float) -> Run:
    """What so many legs cost the bare program. Raises Disturbed."""
    async with (
        Peer(machine.BENCH_CPU, "media_peer", "talk", legs) as talker,
        Peer(machine.SERVED_CPU, "media_peer", "answer", legs) as bare,
    ):
        bare.say(await talker.hear(list[int]))
        talker.say(await bare.hear(list[int]))
        assert await bare.hear(str) == "ready"
        return await count(talker, bare.process.pid, legs, (warm_s, seconds))


async def count(talker: Peer, pid: int, legs: int, times: tuple[float, float]) -> Run:
    """CPU time of a process for each leg and tick, and what the generator counted. Raises Disturbed.

    `times`: how long to warm up and to count.
    """
    talker.say(times)
    assert await talker.hear(str) == "counting"
    before, begun = machine.cpu_s(pid), time.monotonic()
    heard = await talker.hear(Heard)
    spent, lasted = machine.cpu_s(pid) - before, time.monotonic() - begun
    if abs(lasted / times[1] - 1) > MOST_ASTRAY:
        raise Disturbed(f"{times[1]:g} s took {lasted:.2f} s for the bench")
    ticks = legs * times[1] * TICKS_PER_S
    for what, packets in (("sent", heard.sent), ("received", heard.received)):
        if not LEAST_SHARE <= packets / ticks <= 2 - LEAST_SHARE:
            raise Disturbed(f"{packets / ticks:.1%} of the packets were {what}")
    if heard.late_ms > MOST_LATE_MS:
        raise Disturbed(f"the generator was {heard.late_ms:.0f} ms late")
    return Run(spent * 1e6 / (legs * lasted * TICKS_PER_S), heard)
