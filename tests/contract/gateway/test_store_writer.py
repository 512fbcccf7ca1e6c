"""The writing thread: groups, bounds, and what it does when the disk says no."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from gateway.errors import Unavailable
from gateway.store import migrations, writer
from gateway.store.rows import EVENTS, Statement
from gateway.store.sqlite import SqliteStore
from gateway.store.writer import Writer
from tests.support import records
from tests.support.waiting import until

pytestmark = pytest.mark.contract


def _event(position: int) -> list[Statement]:
    return [EVENTS.insert([records.event("CON-1", position)])]


def _prepared(directory: Path) -> Writer:
    path = directory / "store.db"
    migrations.upgrade(path)
    return Writer(path)


async def _queued(writing: Writer, count: int) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(writing.write(_event(n))) for n in range(1, count + 1)]
    await asyncio.sleep(0)
    return tasks


async def test_what_waits_becomes_one_transaction(tmp_path: Path) -> None:
    writing = _prepared(tmp_path)
    said: list[str] = []
    writing._connection.set_trace_callback(said.append)
    tasks = await _queued(writing, 50)
    writing.start()
    await asyncio.gather(*tasks)
    await writing.close()
    assert said.count("BEGIN IMMEDIATE") == said.count("COMMIT") == 1
    assert sum(line.startswith("INSERT") for line in said) == 50


async def test_a_group_has_a_largest_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_GROUP", 20)
    writing = _prepared(tmp_path)
    said: list[str] = []
    writing._connection.set_trace_callback(said.append)
    tasks = await _queued(writing, 50)
    writing.start()
    await asyncio.gather(*tasks)
    await writing.close()
    assert said.count("COMMIT") == 3


async def test_a_full_queue_refuses_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_QUEUED", 5)
    writing = _prepared(tmp_path)
    tasks = await _queued(writing, 6)
    assert isinstance(tasks[5].exception(), Unavailable)
    writing.start()
    await asyncio.gather(*tasks[:5])
    await writing.close()


async def test_what_nobody_waits_for_is_written_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "LINGER_S", 0.01)
    writing = _prepared(tmp_path)
    writing.start()
    writing.write_soon(_event(1))
    with sqlite3.connect(tmp_path / "store.db") as connection:
        await until(lambda: connection.execute("SELECT count(*) FROM events").fetchone() == (1,))
    await writing.close()


async def test_what_nobody_waits_for_is_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_QUEUED", 5)
    writing = _prepared(tmp_path)
    for n in range(1, 6):
        writing.write_soon(_event(n))
    with pytest.raises(Unavailable):
        writing.write_soon(_event(6))
    writing.start()
    await writing.close()
    with pytest.raises(Unavailable):
        writing.write_soon(_event(7))


async def test_the_failure_of_what_nobody_waits_for_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    writing = _prepared(tmp_path)
    writing.start()
    writing.write_soon(_event(1))
    writing.write_soon(_event(1))
    await writing.write(_event(2))
    await writing.close()
    assert [record.name for record in caplog.records] == [writer.__name__]


async def test_a_waiter_that_gives_up_does_not_undo_its_batch(tmp_path: Path) -> None:
    writing = _prepared(tmp_path)
    tasks = await _queued(writing, 2)
    tasks[0].cancel()
    writing.start()
    await tasks[1]
    await writing.close()
    with sqlite3.connect(tmp_path / "store.db") as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (2,)


async def test_a_full_disk_fails_the_group_and_is_got_over(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "store.db")
    connection = store._writer._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    results = await asyncio.gather(*(store._write(*_event(n)) for n in range(1, 200)), return_exceptions=True)
    assert any(isinstance(result, Unavailable) for result in results)
    connection.execute("PRAGMA max_page_count = 1000000")
    await store._write(*_event(500))
    acknowledged = [n for n, result in enumerate(results, 1) if result is None] + [500]
    assert [event.position for event in await store.log("CON-1")] == acknowledged
    await store.close()


async def test_the_log_is_flushed_to_the_disk_unless_told_otherwise(tmp_path: Path) -> None:
    def synchronous(store: SqliteStore) -> int:
        found: int = store._writer._connection.execute("PRAGMA synchronous").fetchone()[0]
        return found

    store = await SqliteStore.open(tmp_path / "store.db")
    assert synchronous(store) == 2
    await store.close()
    store = await SqliteStore.open(tmp_path / "store.db", synchronous="NORMAL")
    assert synchronous(store) == 1
    await store.close()
