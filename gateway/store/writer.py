"""The one thread that writes: whatever has been queued meanwhile becomes one transaction (group commit).

A flush to the disk costs the same for one batch as for a hundred. Each batch stands inside a savepoint of its
own, so that a batch that breaks a constraint is undone alone. Nobody is told of success before the commit.
"""

import asyncio
import queue
import sqlite3
import threading
from contextlib import suppress
from pathlib import Path
from typing import Literal

from gateway.errors import Unavailable
from gateway.store.rows import Statement

Synchronous = Literal["FULL", "NORMAL"]

MAX_QUEUED = 10_000
"""Batches that wait for the disk. More means that it does not keep up: callers are refused at once."""
MAX_GROUP = 500
"""Batches in one transaction: bounds how long the first of them waits for the last."""
BUSY_TIMEOUT_S = 5.0
"""How long another process may hold the file's lock (a backup, a person with a shell)."""

_Future = asyncio.Future[None]
_Failure = BaseException | None


class _Write:
    """A batch, and who waits for it."""

    __slots__ = ("future", "statements")

    def __init__(self, statements: list[Statement], future: _Future) -> None:
        self.statements = statements
        self.future = future


class Writer:
    """Runs batches of statements on its own thread and connection, durably and in the order of `write`."""

    def __init__(self, path: Path, synchronous: Synchronous = "FULL") -> None:
        """FULL survives the loss of power; NORMAL survives the loss of the process alone, and is faster."""
        self._path = path
        self._synchronous = synchronous
        self._queue: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._connection = self._connect()

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    async def write(self, statements: list[Statement]) -> None:
        """Commit the statements together. Raises Unavailable, or the sqlite3.Error that undid them."""
        if self._closed:
            raise Unavailable("The store is closed.")
        if self._queue.qsize() >= MAX_QUEUED:
            raise Unavailable("The store is behind with its writing.")
        future: _Future = asyncio.get_running_loop().create_future()
        self._queue.put(_Write(statements, future))
        await future

    async def close(self) -> None:
        """Write what was accepted, then let go of the file."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        return connection

    def _run(self) -> None:
        going = True
        while going:
            group, going = self._next_group()
            if group:
                _tell(group, self._commit(group))
        self._connection.close()

    def _next_group(self) -> tuple[list[_Write], bool]:
        """Everything that waits, up to MAX_GROUP, and whether more may come; blocks while nothing waits."""
        group: list[_Write] = []
        try:
            while len(group) < MAX_GROUP:
                write = self._queue.get(block=not group)
                if write is None:
                    return group, False
                group.append(write)
        except queue.Empty:
            pass
        return group, True

    def _commit(self, group: list[_Write]) -> list[_Failure]:
        """Write the group in one transaction; what became of each batch."""
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            failures = [self._apply(write.statements) for write in group]
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):  # some errors have rolled back already
                connection.execute("ROLLBACK")
            return [type(error)(*error.args) for _ in group]
        return failures

    def _apply(self, statements: list[Statement]) -> _Failure:
        """Run one batch inside a savepoint; why it was undone, if it was.

        Raises sqlite3.Error when the whole transaction is gone with it (a full disk, an I/O error).
        """
        connection = self._connection
        connection.execute("SAVEPOINT batch")
        try:
            for sql, rows in statements:
                connection.executemany(sql, rows)
        except Exception as error:
            if not connection.in_transaction:
                raise
            connection.execute("ROLLBACK TO batch")
            connection.execute("RELEASE batch")
            return error
        connection.execute("RELEASE batch")
        return None


def _tell(group: list[_Write], failures: list[_Failure]) -> None:
    loop = group[0].future.get_loop()
    try:
        loop.call_soon_threadsafe(_resolve, group, failures)
    except RuntimeError:
        return  # the loop is closed: nobody is left to be told


def _resolve(group: list[_Write], failures: list[_Failure]) -> None:
    for write, failure in zip(group, failures, strict=True):
        if write.future.done():
            continue  # the waiting task was cancelled; what it asked for is written all the same
        if failure is None:
            write.future.set_result(None)
        else:
            write.future.set_exception(failure)
