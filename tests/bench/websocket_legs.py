"""What websocket legs cost, how soon `clear` is silence, and how long an echo takes.

The applications are this process. Each sends back every frame that it gets, so that both ways are busy.
"""

import asyncio
import sys
import time

from tests.bench import machine
from tests.bench.effort import Effort
from tests.bench.report import Figure, Yardstick
from tests.bench.websocket_delays import delays
from tests.bench.websocket_peers import Echo, connect, serving, worker_for

LEGS = 100
RATES = (8000, 16000, 24000)
WARM_S = 1.0
COUNT_S = 3.0
PATIENCE_S = 10.0


def measure(effort: Effort) -> list[Figure]:
    """CPU for each rate, `clear` to silence, and the way of an echo beside that of a room."""
    return asyncio.run(_measure(effort))


async def _measure(effort: Effort) -> list[Figure]:
    return [*[await _cost(rate, effort) for rate in RATES], *await delays(effort)]


async def _cost(rate: int, effort: Effort) -> Figure:
    seconds = max(COUNT_S * effort.share, 1.0)
    legs, floors = [], []
    for _ in effort.rounds(f"{LEGS} websockets at {rate} Hz"):
        floors.append(await _bare_us(rate, seconds))
        legs.append(await _legs_us(rate, seconds))
    return Figure(
        f"CPU for a frame out and one in, {LEGS} websocket legs at {rate // 1000} kHz",
        "us",
        tuple(legs),
        Yardstick("bare connections", tuple(floors)),
    )


async def _legs_us(rate: int, seconds: float) -> float:
    crowd = Echo()
    async with serving(crowd.talk) as port, worker_for(LEGS) as worker:
        for leg in range(LEGS):
            await connect(worker, str(leg), port, rate, room=str(leg // 2))
        return await _count_us(crowd, worker.process.pid, seconds)


async def _bare_us(rate: int, seconds: float) -> float:
    crowd = Echo()
    async with serving(crowd.talk) as port:
        with machine.pinned(machine.SERVED_CPU):
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.bench.bare_websockets"),
                *(f"http://127.0.0.1:{port}/", str(LEGS), str(rate)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            async with asyncio.timeout(PATIENCE_S):
                await process.stdout.readline()
            with machine.pinned(machine.BENCH_CPU):
                return await _count_us(crowd, process.pid, seconds)
        finally:
            process.stdin.close()
            await process.wait()


async def _count_us(crowd: Echo, pid: int, seconds: float) -> float:
    """CPU time of a process for each frame that came to the applications, and went back."""
    await asyncio.sleep(WARM_S)
    heard, spent, until = crowd.heard, machine.cpu_s(pid), time.monotonic() + seconds
    await asyncio.sleep(until - time.monotonic())
    return (machine.cpu_s(pid) - spent) * 1e6 / max(crowd.heard - heard, 1)
