"""What an idle gateway takes: the memory of all its processes, each shared page once, and CPU time."""

import asyncio
import itertools
import tempfile
from pathlib import Path

from tests.bench import machine
from tests.bench.effort import Effort
from tests.bench.report import Aim, Figure
from tests.support.gateway import RunningGateway

SETTLE_S = 10.0
"""What begins with a gateway has happened then, and who made the voice's dictionaries has ended."""
WATCHED_S = 10.0
ROUNDS = 2
MOST_MB, MOST_CPU = 250.0, 1.0


def measure(effort: Effort) -> list[Figure]:
    """Of a gateway with one worker and what belongs to it."""
    rounds = itertools.islice(effort.rounds("an idle gateway"), ROUNDS)
    seen = [asyncio.run(_look(max(WATCHED_S * effort.share, 5.0))) for _ in rounds]
    memory, cpu = zip(*seen, strict=True)
    names = [name for name in memory[0] if name != "all"]
    return [
        Figure(
            "Memory of an idle gateway, all processes",
            "MB",
            tuple(each["all"] for each in memory),
            aim=Aim(MOST_MB, of="value"),
        ),
        *(Figure(f"Memory of it: {name}", "MB", tuple(each[name] for each in memory)) for name in names),
        Figure("CPU of an idle gateway", "% of a core", tuple(cpu), aim=Aim(MOST_CPU, of="value")),
    ]


async def _look(seconds: float) -> tuple[dict[str, float], float]:
    """MB of each kind of process, and the share of a core that all take."""
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as directory:
        async with RunningGateway(Path(directory)) as gateway:
            await asyncio.sleep(SETTLE_S)
            processes = {gateway.pid: "gateway"} | {
                pid: _kind(command) for pid, command in gateway.children().items()
            }
            before = sum(map(machine.cpu_s, processes))
            await asyncio.sleep(seconds)
            cpu = 100 * (sum(map(machine.cpu_s, processes)) - before) / seconds
            memory: dict[str, float] = {"all": 0.0}
            for pid, kind in processes.items():
                size = machine.pss_mb(pid)
                memory[kind] = memory.get(kind, 0.0) + size
                memory["all"] += size
            return memory, cpu


def _kind(command: str) -> str:
    """`python -m media.worker ...` is "media.worker"."""
    words = command.split()
    return words[words.index("-m") + 1] if "-m" in words else "other"
