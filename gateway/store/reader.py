"""Reading records: one, all, or a page, on a small pool of connections whose threads do the waiting."""

import re
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Select, TextClause, event, func, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.errors import Invalid, Unavailable
from gateway.store.base import MAX_PAGE, Page, Window
from gateway.store.rows import Kind

READERS = 4
"""Connections that read at once; each has a thread of its own."""
READER_WAIT_S = 5.0
"""How long a read waits for one of them before it is refused."""
MAX_INTEGER = (1 << 63) - 1
"""The largest integer that SQLite keeps; larger ones in a request mean the same as this one."""

_KEY = re.compile(r"[0-9]{1,18}")

R = TypeVar("R")
Condition = ColumnElement[bool] | TextClause


class Reader:
    """Turns conditions into records. Raises Unavailable when the database cannot be read."""

    def __init__(self, path: Path) -> None:
        self._engine = create_async_engine(
            f"sqlite+aiosqlite:///{path}",
            pool_size=READERS,
            max_overflow=0,
            pool_timeout=READER_WAIT_S,
        )
        event.listen(self._engine.sync_engine, "connect", _only_read)

    async def close(self) -> None:
        """Let go of the file."""
        await self._engine.dispose()

    async def one(self, kind: Kind[R], *where: Condition) -> R | None:
        """The first record that meets the conditions."""
        documents = await self._column(select(kind.table.c.document).where(*where).limit(1))
        return kind.record(documents[0]) if documents else None

    async def all(
        self, kind: Kind[R], order: Column[Any], *where: Condition, limit: int | None = None
    ) -> list[R]:
        """The records that meet the conditions, in order."""
        query = select(kind.table.c.document).where(*where).order_by(order).limit(limit)
        return [kind.record(document) for document in await self._column(query)]

    async def values(self, column: Column[Any], *where: Condition) -> list[Any]:
        """One column of the rows that meet the conditions."""
        return await self._column(select(column).where(*where))

    async def maximum(self, column: Column[Any], *where: Condition) -> int:
        """The largest value of an indexed column; 0 when no row meets the conditions."""
        return (await self._column(select(func.max(column)).where(*where)))[0] or 0

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
        limit = max(0, min(window.limit, MAX_PAGE))
        query = select(kind.table.c.document, key).where(*where, key.between(*_keys_left(keys, window)))
        query = query.order_by(key.desc() if window.descending else key).limit(limit + 1)
        if window.after is None:
            query = query.offset(min(window.offset, MAX_INTEGER))
        rows = await self._rows(query)
        if total is None:
            count = select(func.count()).select_from(kind.table).where(*where, key.between(*keys))
            total = (await self._column(count))[0]
        shown = rows[:limit]
        return Page(
            rows=[kind.record(document) for document, _ in shown],
            total=total,
            has_more=len(rows) > limit,
            last_key=str(shown[-1][1]) if shown else None,
            first_key=str(shown[0][1]) if shown else None,
        )

    async def _column(self, query: Select[Any]) -> list[Any]:
        return [row[0] for row in await self._rows(query)]

    async def _rows(self, query: Select[Any]) -> list[tuple[Any, ...]]:
        try:
            async with self._engine.connect() as connection:
                return [tuple(row) for row in await connection.execute(query)]
        except (OperationalError, PoolTimeout) as error:
            raise Unavailable("The store cannot be read.") from error


def _keys_left(keys: tuple[int, int], window: Window) -> tuple[int, int]:
    """The keys that follow `window.after`: one range, so that the index leads straight to its start."""
    low, high = keys
    if window.after is None:
        return low, high
    if not _KEY.fullmatch(window.after):
        raise Invalid("The cursor is not one of ours.", cursor="must come from a link of an earlier page")
    last = int(window.after)
    return (low, min(high, last - 1)) if window.descending else (max(low, last + 1), high)


def _only_read(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA query_only = ON")
    cursor.close()
