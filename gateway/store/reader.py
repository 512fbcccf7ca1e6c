"""Reading records: one, all, or a page.

A record by its key is a handful of pages, nearly always in memory: it is read where the caller is, because
the way to a thread and back costs ten times as much. Lists go to a small pool of threads that do the waiting.
"""

import asyncio
import queue
import re
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Select, TextClause, func, select

from gateway.errors import Invalid, Unavailable
from gateway.store.lookups import Lookup
from gateway.store.queries import MAX_PAGE, Page, Window
from gateway.store.rows import Kind, Value, compiled

READERS = 4
"""Connections that read at once; each has a thread of its own."""
READER_WAIT_S = 5.0
"""How long a read may take, the waiting for one of them included."""
BUSY_TIMEOUT_S = 5.0
"""How long another process may hold the file's lock (a backup, a person with a shell)."""
MAX_INTEGER = (1 << 63) - 1
"""The largest integer that SQLite keeps; larger ones in a request mean the same as this one."""

_KEY = re.compile(r"[0-9]{1,18}")

R = TypeVar("R")
Condition = ColumnElement[bool] | TextClause


class Reader:
    """Turns conditions into records. Raises Unavailable when the database cannot be read."""

    def __init__(self, path: Path) -> None:
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._connections = [_connect(path) for _ in range(READERS)]
        self._idle: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        for connection in self._connections:
            self._idle.put(connection)
        self._near = _connect(path, timeout_s=0)
        """For the thread of the event loop alone, where nothing may wait for a lock."""
        self._closed = False

    async def close(self) -> None:
        """Let go of the file."""
        self._closed = True
        await asyncio.to_thread(self._threads.shutdown)
        for connection in (*self._connections, self._near):
            connection.close()

    async def one(self, lookup: Lookup[R], *values: Value) -> R | None:
        """The record whose columns have these values."""
        if self._closed:
            raise Unavailable("The store is closed.")
        try:
            rows = self._near.execute(lookup.sql, values).fetchall()
        except sqlite3.OperationalError:
            # Locked by somebody with a shell, or worse: the threads wait for it, or say what is wrong.
            rows = await self._rows(lookup.sql, values)
        return lookup.kind.record(rows[0][0]) if rows else None

    async def all(
        self, kind: Kind[R], order: Column[Any], *where: Condition, limit: int | None = None
    ) -> list[R]:
        """The records that meet the conditions, in order."""
        query = select(kind.table.c.document).where(*where).order_by(order).limit(limit)
        return [kind.record(document) for document in await self._column(query)]

    async def values(self, column: Column[Any], *where: Condition, limit: int | None = None) -> list[Any]:
        """One column of the rows that meet the conditions."""
        return await self._column(select(column).where(*where).limit(limit))

    async def maximum(self, column: Column[Any], *where: Condition) -> int:
        """The largest value of an indexed column; 0 when no row meets the conditions."""
        return (await self._column(select(func.max(column)).where(*where)))[0] or 0

    async def count(self, kind: Kind[R], *where: Condition) -> int:
        """How many rows meet the conditions."""
        found: int = (await self._column(select(func.count()).select_from(kind.table).where(*where)))[0]
        return found

    async def page(
        self,
        kind: Kind[R],
        key: Column[Any],
        window: Window,
        *where: Condition,
        keys: tuple[int, int] = (0, MAX_INTEGER),
        total: int | None = None,
    ) -> Page[R]:
        """A stretch of the rows that meet the conditions, by `key`: an integer that no two of them share.

        `keys` are the least and the greatest key to list; `total` spares the counting. Raises Invalid for a
        `window.after` that no page ever gave.
        """
        left = key.between(*_keys_left(keys, window))
        if total is None:
            total = await self.count(kind, *where, key.between(*keys))
        return await self._stretch(kind, key, window, [*where, left], total)

    async def page_by_text(
        self, kind: Kind[R], key: ColumnElement[str], window: Window, *where: Condition
    ) -> Page[R]:
        """The same by a text that no two of the rows share."""
        left: list[Condition] = []
        if window.after is not None:
            left.append(key < window.after if window.descending else key > window.after)
        return await self._stretch(kind, key, window, [*where, *left], await self.count(kind, *where))

    async def _stretch(
        self, kind: Kind[R], key: ColumnElement[Any], window: Window, where: Sequence[Condition], total: int
    ) -> Page[R]:
        limit = max(0, min(window.limit, MAX_PAGE))
        query = select(kind.table.c.document, key).where(*where)
        query = query.order_by(key.desc() if window.descending else key).limit(limit + 1)
        if window.offset:
            query = query.offset(min(window.offset, MAX_INTEGER))
        rows = await self._rows(*compiled(query))
        shown = rows[:limit]
        return Page(
            rows=[kind.record(document) for document, _ in shown],
            total=total,
            has_more=len(rows) > limit,
            last_key=str(shown[-1][1]) if shown else None,
            first_key=str(shown[0][1]) if shown else None,
        )

    async def _column(self, query: Select[Any]) -> list[Any]:
        return [row[0] for row in await self._rows(*compiled(query))]

    async def _rows(self, sql: str, values: Sequence[Value]) -> list[tuple[Any, ...]]:
        if self._closed:
            raise Unavailable("The store is closed.")
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(READER_WAIT_S):
                return await loop.run_in_executor(self._threads, self._fetch, sql, values)
        except (sqlite3.OperationalError, TimeoutError) as error:
            raise Unavailable("The store cannot be read.") from error

    def _fetch(self, sql: str, values: Sequence[Value]) -> list[tuple[Any, ...]]:
        # There are as many connections as threads: one is always idle.
        connection = self._idle.get()
        try:
            return connection.execute(sql, values).fetchall()
        finally:
            self._idle.put(connection)


def _keys_left(keys: tuple[int, int], window: Window) -> tuple[int, int]:
    """The keys that follow `window.after`: one range, so that the index leads straight to its start."""
    low, high = keys
    if window.after is None:
        return low, high
    if not _KEY.fullmatch(window.after):
        raise Invalid("The cursor is not one of ours.", cursor="must come from a link of an earlier page")
    last = int(window.after)
    return (low, min(high, last - 1)) if window.descending else (max(low, last + 1), high)


def _connect(path: Path, timeout_s: float = BUSY_TIMEOUT_S) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=timeout_s, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA query_only = ON")
    return connection
