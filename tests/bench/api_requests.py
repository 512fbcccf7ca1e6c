"""The HTTP interface: requests per second, lists of short and of long logs, memory for what is at rest.

The gateway is `cordboard serve` on one CPU, on a database that was filled before. Requests per second are
what the gateway's own CPU time allows on one core; the yardstick is a bare aiohttp handler that returns the
same bytes. The lists are read one request after the other: what counts is that a million events cost what ten
do. Memory is the gateway's resident set with 100,000 conversations in the store, beside that of an empty one.
"""

import asyncio
import sqlite3
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import msgspec

from gateway.store import migrations
from gateway.store.records import ConversationRecord, EventRecord
from gateway.store.rows import CONVERSATIONS, EVENTS, Statement
from tests.bench.effort import Effort
from tests.bench.http_load import get
from tests.bench.machine import BENCH_CPU, SERVED_CPU, cpu_s, pinned, rss_mb
from tests.bench.report import Aim, Figure, Yardstick
from tests.support import records
from tests.support.gateway import RunningGateway
from tests.support.rest import App

REQUESTS = 4000
"""Of one go, for CPU time."""
READS = 200
"""Of one go, for the time that a list takes."""
SHORT, LONG = 10, 1_000_000
"""Events in the two conversations whose lists are read."""
AT_REST = 100_000
"""Conversations that nobody uses."""
TOUCHED = 5000
"""Of those, how many are read and written to, so that forgetting them again is measured too."""
CHUNK = 10_000


class Place(msgspec.Struct, frozen=True):
    """A served gateway and what is in its store."""

    gateway: RunningGateway
    token: str
    short: str
    long: str


def measure(effort: Effort) -> list[Figure]:
    """Requests per second, times of lists, memory."""
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as directory, pinned(BENCH_CPU):
        return asyncio.run(_measure(Path(directory), effort))


async def _measure(directory: Path, effort: Effort) -> list[Figure]:
    long, at_rest = effort.count(LONG), effort.count(AT_REST)
    async with AsyncExitStack() as stack:
        empty = await stack.enter_async_context(_served(directory / "empty"))
        effort.tell(f"filling a store with {long:,} events and {at_rest:,} conversations")
        full, application = await stack.enter_async_context(_filled(directory / "full", long, at_rest))
        place = Place(gateway=full, token=application.token(), short=_id("short"), long=_id("long"))
        bare = await stack.enter_async_context(_bare(directory, place))
        figures = [await _requests(place, bare, effort), *await _lists(place, long, effort)]
        figures.append(await _memory(place, empty, at_rest, effort))
    return figures


async def _requests(place: Place, bare: tuple[int, int], effort: Effort) -> Figure:
    path = f"/v1/conversations/{place.short}"
    count = effort.count(REQUESTS)
    ours, floor = [], []
    for _ in effort.rounds("requests"):
        ours.append(await _per_second(place.gateway.http_port, place.gateway.pid, path, place.token, count))
        floor.append(await _per_second(*bare, path, place.token, count))
    yardstick = Yardstick("bare aiohttp handler, same bytes", tuple(floor))
    return Figure("GET with a JWT, one core", "per s", tuple(ours), yardstick, Aim(at_least=0.5))


async def _per_second(port: int, pid: int, path: str, token: str, count: int) -> float:
    """What one core would carry, by the CPU time that the server took."""
    await get(port, path, token, max(1, count // 10))
    before = cpu_s(pid)
    await get(port, path, token, count)
    return count / (cpu_s(pid) - before)


async def _lists(place: Place, long: int, effort: Effort) -> list[Figure]:
    queries = {"first page": "", "last page": "order=desc", "from the middle": f"start_id={long // 2}"}
    return [await _list(place, name, query, long, effort) for name, query in queries.items()]


async def _list(place: Place, name: str, query: str, long: int, effort: Effort) -> Figure:
    async def read(conversation: str, text: str) -> float:
        path = f"/v1/conversations/{conversation}/events?page_size=10&{text}"
        outcome = await get(place.gateway.http_port, path, place.token, effort.count(READS), connections=1)
        return outcome.median_ms

    ours, floor = [], []
    for _ in effort.rounds(f"lists, {name}"):
        ours.append(await read(place.long, query))
        floor.append(await read(place.short, "" if "start_id" in query else query))
    yardstick = Yardstick(f"the same of {SHORT}", tuple(floor))
    return Figure(f"Ten of {long:,} events, {name}", "ms", tuple(ours), yardstick, Aim(1.5))


async def _memory(place: Place, empty: RunningGateway, at_rest: int, effort: Effort) -> Figure:
    touched = range(min(at_rest, effort.count(TOUCHED)))
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {place.token}"}) as session:
        for number in touched:
            path = f"{place.gateway.url}/v1/conversations/{_id(str(number))}/events"
            body = {"type": "custom:touch", "body": {"number": number}}
            async with session.post(path, json=body) as response:
                response.raise_for_status()
    name = f"Memory, {at_rest:,} conversations at rest"
    yardstick = Yardstick("an empty store", (rss_mb(empty.pid),))
    return Figure(name, "MB", (rss_mb(place.gateway.pid),), yardstick, Aim(1.3))


@asynccontextmanager
async def _served(directory: Path) -> AsyncIterator[RunningGateway]:
    with pinned(SERVED_CPU):
        gateway = RunningGateway(directory, max_legs=4)
        await gateway.__aenter__()
    try:
        yield gateway
    finally:
        await gateway.__aexit__()


@asynccontextmanager
async def _filled(directory: Path, long: int, at_rest: int) -> AsyncIterator[tuple[RunningGateway, App]]:
    """A gateway on a full store: served, stopped to be filled behind its back, served again."""
    async with _served(directory) as gateway:
        application = await gateway.rest.create_application(
            "http://127.0.0.1:9/answer", "http://127.0.0.1:9/event"
        )
        await gateway.stop()
        await asyncio.to_thread(_fill, gateway.data / "cordboard.db", application.id, long, at_rest)
        with pinned(SERVED_CPU):
            await gateway.start()
        yield gateway, application


def _fill(path: Path, application_id: str, long: int, at_rest: int) -> None:
    migrations.upgrade(path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    for name, length in [("short", SHORT), ("long", long), *((str(each), 1) for each in range(at_rest))]:
        record = msgspec.structs.replace(
            records.conversation(_id(name), application_id=application_id),
            sequence_number=length,
            position=length,
        )
        _write(connection, CONVERSATIONS.insert([record]))
        for start in range(0, length, CHUNK):
            facts = (_fact(record, start + each + 1) for each in range(min(CHUNK, length - start)))
            _write(connection, EVENTS.insert(facts))
    connection.execute("COMMIT")
    connection.close()


def _write(connection: sqlite3.Connection, statement: Statement) -> None:
    connection.executemany(*statement)


def _fact(record: ConversationRecord, position: int) -> EventRecord:
    fact = records.event(record.id, position)
    return msgspec.structs.replace(fact, application_id=record.application_id)


def _id(name: str) -> str:
    return f"CON-{name:0>36}"


@asynccontextmanager
async def _bare(directory: Path, place: Place) -> AsyncIterator[tuple[int, int]]:
    """The yardstick with the bytes that the gateway answers: its port and its pid."""
    url = f"{place.gateway.url}/v1/conversations/{place.short}"
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {place.token}"}) as session,
        session.get(url) as response,
    ):
        response.raise_for_status()
        (directory / "answer.json").write_bytes(await response.read())
    with pinned(SERVED_CPU):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.bench.bare_http",
            str(directory / "answer.json"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
    assert process.stdout is not None
    try:
        yield int(await process.stdout.readline()), process.pid
    finally:
        process.terminate()
        await process.wait()
