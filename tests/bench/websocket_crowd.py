"""A thousand websocket consumers beside phones: whether the tick notices, and what a frame costs.

The phones talk in pairs, and ten consumers listen to each pair. A consumer takes what comes and says nothing;
it counts octets, since a thousand readers of websockets would need more of the machine than what is measured.
The worker's threads share one CPU. What it takes more than with the phones alone is the frames', and the
yardstick is a program that writes the same octets to as many connections.
"""

import asyncio
import itertools
import tempfile
from pathlib import Path
from typing import NamedTuple

from media.control import Join, OpenWebsocket, WebsocketFailed, WebsocketOpened
from tests.bench import machine
from tests.bench.effort import Effort
from tests.bench.media_peer import HOST
from tests.bench.media_stage import Late, Peer, Stage, undisturbed
from tests.bench.report import Aim, Figure, Yardstick
from tests.support.waiting import until

PHONES, CONSUMERS = 200, 1000
BATCH = 50
"""Consumers that are connected at a time: a handshake is not waited for long."""
RATES = (8000, 16_000, 24_000)
WARM_S = 1.0
COUNT_S = 3.0
ROUNDS = 2
"""At most: each takes long."""
FRAMES_PER_S = 50
MASKED_HEADER = 8
"""Octets in front of a frame of 126 to 65535 octets that a client sends (RFC 6455 section 5.2)."""
MOST_P99_MS, MOST_LATE_MS = 2.0, 10.0
LEAST_HEARD = 99.0


class Crowd(NamedTuple):
    """What was seen of one."""

    frame_us: float
    bare_us: float
    heard: float
    """Percent of the frames that there should have been."""
    late: Late


def measure(effort: Effort) -> list[Figure]:
    """For each rate: CPU of a frame, frames that came, lateness of ticks."""
    return [figure for rate in RATES for figure in _figures(rate, effort)]


def _figures(rate: int, effort: Effort) -> list[Figure]:
    seconds = max(COUNT_S * effort.share, 1.0)
    rounds = itertools.islice(effort.rounds(f"{CONSUMERS} websockets at {rate} Hz"), ROUNDS)
    seen = [asyncio.run(_crowd(rate, seconds)) for _ in rounds]
    name = f"{CONSUMERS:,} websockets at {rate // 1000} kHz"
    bare = Yardstick("the same octets written", tuple(each.bare_us for each in seen))
    return [
        Figure(f"CPU for a frame, {name}", "us", tuple(each.frame_us for each in seen), bare),
        Figure(
            f"Frames that came, {name}",
            "%",
            tuple(each.heard for each in seen),
            aim=Aim(at_least=LEAST_HEARD, of="value"),
        ),
        Figure(
            f"Tick lateness p99, {name}",
            "ms",
            tuple(each.late.p99 for each in seen),
            aim=Aim(MOST_P99_MS, of="value"),
        ),
        Figure(
            f"Tick lateness at most, {name}",
            "ms",
            tuple(each.late.most for each in seen),
            aim=Aim(MOST_LATE_MS, of="value"),
        ),
    ]


async def _crowd(rate: int, seconds: float) -> Crowd:
    octets = 2 * rate // FRAMES_PER_S + MASKED_HEADER
    bare_us = await _bare_us(octets, seconds)
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as directory:
        async with (
            Stage(PHONES, Path(directory), others=CONSUMERS) as stage,
            Peer(machine.BENCH_CPU, "websocket_ears", "hear") as ears,
        ):
            await stage.arrange(2)
            alone = await undisturbed(stage.count, WARM_S, seconds, in_pairs=True)
            await _connect(stage, await ears.hear(int), rate)
            await asyncio.sleep(WARM_S)
            ticks = stage.ticks()
            before, spent = await _octets(ears), machine.cpu_s(stage.worker.process.pid)
            await asyncio.sleep(seconds)
            after, spent = await _octets(ears), machine.cpu_s(stage.worker.process.pid) - spent
            late = ticks.late()
    frames = (after[1] - before[1]) / octets
    elapsed = after[0] - before[0]
    phones_s = alone.cpu_us * PHONES * FRAMES_PER_S * elapsed / 1e6
    heard = 100 * frames / (CONSUMERS * FRAMES_PER_S * elapsed)
    return Crowd((spent - phones_s) * 1e6 / max(frames, 1), bare_us, heard, late)


async def _connect(stage: Stage, port: int, rate: int) -> None:
    """Let the consumers listen, evenly over the rooms."""
    for batch in range(0, CONSUMERS, BATCH):
        legs = {number: f"ws{number}" for number in range(batch, min(batch + BATCH, CONSUMERS))}
        for leg in legs.values():
            stage.worker.do(
                OpenWebsocket(
                    leg=leg,
                    uri="ws://bot.example/",
                    address=HOST,
                    port=port,
                    rate=rate,  # type: ignore[arg-type]
                    first_message='{"event":"websocket:connected"}',
                )
            )
        for number, leg in legs.items():
            stage.worker.do(Join(leg=leg, room=stage.rooms[number % len(stage.rooms)]))
        await until(lambda: _answered(stage) >= batch + len(legs), "answers to handshakes")  # noqa: B023
    await stage.settle()


def _answered(stage: Stage) -> int:
    """Of how many is known whether they are connected: of a worker that is too busy some are not."""
    return sum(isinstance(notice, WebsocketOpened | WebsocketFailed) for notice in stage.worker.notices)


async def _bare_us(octets: int, seconds: float) -> float:
    """CPU for a frame of the program that only writes."""
    async with Peer(machine.BENCH_CPU, "websocket_ears", "hear") as ears:
        words = (await ears.hear(int), CONSUMERS, octets)
        async with Peer(machine.SERVED_CPU, "websocket_ears", "write", *words) as bare:
            assert await bare.hear(str) == "ready"
            await asyncio.sleep(1.0)
            before, spent = await _octets(ears), machine.cpu_s(bare.process.pid)
            await asyncio.sleep(seconds)
            after, spent = await _octets(ears), machine.cpu_s(bare.process.pid) - spent
    return spent * 1e6 * octets / (after[1] - before[1])


async def _octets(ears: Peer) -> tuple[float, int]:
    """How many came so far, and the time."""
    ears.say("now")
    return await ears.hear(tuple[float, int])
