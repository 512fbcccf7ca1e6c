"""Durable events per second through the store, against bare sqlite3 writing the same rows.

The floor puts the same rows into the same tables on the same disk, with as many events in each transaction as
there are writers, and does nothing else: no tasks, no thread, no savepoints, no encoding. Both sides run in
turn in the same run, and what counts is their ratio.
"""

import asyncio
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from gateway.store import migrations
from gateway.store.records import Batch, EventRecord
from gateway.store.rows import EVENTS
from gateway.store.sqlite import SqliteStore
from tests.bench.effort import Effort
from tests.bench.report import Figure, Yardstick
from tests.support import records

WRITERS = (1, 50, 500)
EVENTS_PER_RUN = {1: 500, 50: 5_000, 500: 10_000}

Logs = Sequence[Sequence[EventRecord]]
Measured = Callable[[Path, Logs], float]
"""Writes the logs and says how many seconds it took."""


def measure(effort: Effort) -> list[Figure]:
    """Events per second for each number of writers; 1.0x is all that the disk and SQLite give."""
    return [_figure(writers, effort) for writers in WRITERS]


def _figure(writers: int, effort: Effort) -> Figure:
    logs = _logs(writers, max(writers, effort.count(EVENTS_PER_RUN[writers])))
    store, floor = [], []
    for _ in effort.rounds(f"{writers} writers"):
        store.append(_timed(_store_run, logs))
        floor.append(_timed(_floor_run, logs))
    name = f"Durable events, {writers} writer{'s' if writers > 1 else ''}"
    return Figure(name, "per s", tuple(store), Yardstick("bare sqlite3, same rows", tuple(floor)))


def _logs(writers: int, count: int) -> Logs:
    """One conversation's log for each writer."""
    return [
        [records.event(f"CON-{writer:036}", position) for position in range(1, count // writers + 1)]
        for writer in range(writers)
    ]


def _timed(measured: Measured, logs: Logs) -> float:
    """Events per second of one run in a new database."""
    place = Path(tempfile.mkdtemp(prefix="store-bench-"))
    try:
        path = place / "store.db"
        migrations.upgrade(path)
        return sum(map(len, logs)) / measured(path, logs)
    finally:
        shutil.rmtree(place)


def _store_run(path: Path, logs: Logs) -> float:
    async def write(store: SqliteStore, log: Sequence[EventRecord]) -> None:
        for event in log:
            await store.commit(Batch(events=[event]))

    async def everything() -> float:
        store = await SqliteStore.open(path)
        start = time.perf_counter()
        await asyncio.gather(*(write(store, log) for log in logs))
        took = time.perf_counter() - start
        await store.close()
        return took

    return asyncio.run(everything())


def _floor_run(path: Path, logs: Logs) -> float:
    sql = EVENTS.insert([])[0]
    transactions = [[EVENTS.row(event) for event in together] for together in zip(*logs, strict=True)]
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    start = time.perf_counter()
    for rows in transactions:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(sql, rows)
        connection.execute("COMMIT")
    took = time.perf_counter() - start
    connection.close()
    return took
