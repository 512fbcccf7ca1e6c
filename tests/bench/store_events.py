"""Durable events per second through the store, against bare sqlite3 writing the same rows.

The floor puts the same rows into the same tables on the same disk, with as many events in each transaction as
there are writers, and does nothing else: no tasks, no thread, no savepoints, no encoding. Both sides run in
turn in the same run, and what counts is the ratio of the medians.
"""

import asyncio
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from gateway.store import migrations
from gateway.store.records import Batch, EventRecord
from gateway.store.rows import EVENTS
from gateway.store.sqlite import SqliteStore
from tests.support import records

WRITERS = (1, 50, 500)
EVENTS_PER_RUN = {1: 500, 50: 5_000, 500: 10_000}
REPETITIONS = 5

Logs = Sequence[Sequence[EventRecord]]
Measured = Callable[[Path, Logs], float]
"""Writes the logs and says how many seconds it took."""


class Row(msgspec.Struct, frozen=True):
    """The figures of one number of writers."""

    writers: int
    store_per_s: float
    floor_per_s: float

    @property
    def ratio(self) -> float:
        """The store's share of what the disk and SQLite give: 1.0 is all of it."""
        return self.store_per_s / self.floor_per_s


def run(repetitions: int = REPETITIONS, directory: Path | None = None) -> list[Row]:
    """Measure in a fresh directory inside `directory` (the system's temporary one when None)."""
    return [_measure(writers, repetitions, directory) for writers in WRITERS]


def _measure(writers: int, repetitions: int, directory: Path | None) -> Row:
    logs = _logs(writers, EVENTS_PER_RUN[writers])
    store, floor = [], []
    for _ in range(repetitions):
        store.append(_timed(_store_run, logs, directory))
        floor.append(_timed(_floor_run, logs, directory))
    return Row(writers, statistics.median(store), statistics.median(floor))


def _logs(writers: int, count: int) -> Logs:
    """One conversation's log for each writer."""
    return [
        [records.event(f"CON-{writer:036}", position) for position in range(1, count // writers + 1)]
        for writer in range(writers)
    ]


def _timed(measured: Measured, logs: Logs, directory: Path | None) -> float:
    """Events per second of one run in a new database."""
    place = Path(tempfile.mkdtemp(prefix="store-bench-", dir=directory))
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


def table(rows: Sequence[Row]) -> str:
    """The figures for a terminal."""
    lines = [f"{'writers':>8}{'store, events/s':>18}{'floor, events/s':>18}{'ratio':>8}"]
    lines += [f"{r.writers:>8}{r.store_per_s:>18,.0f}{r.floor_per_s:>18,.0f}{r.ratio:>8.2f}" for r in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table(run()))
