"""Webhooks: NCCOs decided per second, and events delivered per second, to a fast host on another CPU.

A decision is the answer webhook, without a signature, the reading of the NCCO and the script's first effects.
A delivery is an event of the outbox, from the store to the host, its outcome written down again. Both are by
the CPU time that they take, on one core; the yardstick is a bare aiohttp client that sends the same.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import aiohttp

from gateway.calls.scripting import ncco_trouble, reply_ncco
from gateway.clock import SystemClock
from gateway.ncco.script import Script
from gateway.store.records import Batch, Delivery, Json, Webhook
from gateway.store.sqlite import SqliteStore
from gateway.webhooks.egress import Egress
from gateway.webhooks.outbox import Outbox
from gateway.webhooks.payloads import answer_request
from tests.bench.effort import Effort
from tests.bench.machine import BENCH_CPU, SERVED_CPU, pinned
from tests.bench.report import Figure, Yardstick
from tests.support import records

REQUESTS = 2000
"""Of one go."""
AT_ONCE = 10
"""As many as an application has on their way to one host."""
NCCO = b'[{"action":"talk","text":"Welcome","bargeIn":true},{"action":"input","dtmf":{"maxDigits":1}}]'
LOOPBACK = ("127.0.0.0/8",)

Work = Callable[[int], Awaitable[object]]


def measure(effort: Effort) -> list[Figure]:
    """Decisions and deliveries."""
    with tempfile.TemporaryDirectory(prefix="webhook-bench-") as directory, pinned(BENCH_CPU):
        return asyncio.run(_measure(Path(directory), effort))


async def _measure(directory: Path, effort: Effort) -> list[Figure]:
    async with _host(directory) as url:
        return [await _decisions(url, effort), await _deliveries(directory, url, effort)]


async def _decisions(url: str, effort: Effort) -> Figure:
    payload = answer_request(records.leg("leg-1"), "http://gateway.example", {})
    webhook, total = Webhook(address=url, http_method="GET"), effort.count(REQUESTS)
    ours, floor = [], []
    async with aiohttp.ClientSession() as session, _outbox(None) as outbox:

        async def decide(number: int) -> None:
            delivery = records.delivery(f"d{number}", webhook=webhook, wants_reply=True, payload=payload)
            answer = await outbox.ask(delivery)
            assert answer.reply is not None
            assert Script(lambda: "id", answered=True).run(reply_ncco(answer.reply) or ())

        async def bare(_: int) -> None:
            async with session.get(url, params=payload) as response:
                assert json.loads(await response.read())

        for _ in effort.rounds("decisions"):
            ours.append(await _per_second(decide, total))
            floor.append(await _per_second(bare, total))
    yardstick = Yardstick("bare aiohttp client, JSON read", tuple(floor))
    return Figure("Answer webhook to first effect, one core", "per s", tuple(ours), yardstick)


async def _deliveries(directory: Path, url: str, effort: Effort) -> Figure:
    total, numbers = effort.count(REQUESTS), count()
    store = await SqliteStore.open(directory / "store.db")
    ours, floor = [], []
    async with aiohttp.ClientSession() as session, _outbox(store) as outbox:
        for _ in effort.rounds("deliveries"):
            owed = list(_events(url, total, numbers))
            await store.commit(Batch(deliveries=owed))
            ours.append(await _delivered(outbox, store, owed))
            body = owed[0].payload

            async def bare(_: int, body: Json = body) -> None:
                async with session.post(url, json=body) as response:
                    await response.read()

            floor.append(await _per_second(bare, total))
    await store.close()
    yardstick = Yardstick("bare aiohttp client, nothing stored", tuple(floor))
    return Figure("Events delivered to one host, one core", "per s", tuple(ours), yardstick)


def _events(url: str, total: int, numbers: Iterable[int]) -> list[Delivery]:
    """Of fifty legs."""
    webhook = Webhook(address=url)
    return [
        records.delivery(f"e{number}", order=number, stream=f"leg-{number % 50}", webhook=webhook)
        for _, number in zip(range(total), numbers, strict=False)
    ]


async def _delivered(outbox: Outbox, store: SqliteStore, owed: list[Delivery]) -> float:
    before = time.process_time()
    outbox.submit(owed)
    while tasks := list(outbox._tasks):
        await asyncio.gather(*tasks)
    took = time.process_time() - before
    assert await store.pending_deliveries() == []
    return len(owed) / took


async def _per_second(work: Work, total: int) -> float:
    """What one core would carry, by the CPU time that this process took."""
    numbers = iter(range(total))

    async def worker() -> None:
        for number in numbers:
            await work(number)

    before = time.process_time()
    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return total / (time.process_time() - before)


@asynccontextmanager
async def _outbox(store: SqliteStore | None) -> AsyncIterator[Outbox]:
    egress = Egress(LOOPBACK)
    outbox = Outbox(store or _Nothing(), egress, SystemClock(), trouble=ncco_trouble)
    await outbox.start()
    yield outbox
    await outbox.close()
    await egress.close()


class _Nothing:
    """A store for what is kept nowhere."""

    async def pending_deliveries(
        self, *, application_id: str | None = None, after: int | None = None, limit: int | None = None
    ) -> list[Delivery]:
        """Nothing is owed."""
        return []

    async def save_delivery(self, delivery: Delivery) -> None:
        """Nothing is kept."""


@asynccontextmanager
async def _host(directory: Path) -> AsyncIterator[str]:
    """A customer's host on the other CPU, that always answers with the same NCCO."""
    (directory / "ncco.json").write_bytes(NCCO)
    with pinned(SERVED_CPU):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.bench.bare_http",
            str(directory / "ncco.json"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}/hook"
    finally:
        process.kill()
        await process.wait()
