"""The one thread that writes: whatever has been queued meanwhile becomes one transaction (group commit).

A flush to the disk costs the same for one batch as for a hundred. Each batch stands inside a savepoint of its
own, so that a batch that breaks a constraint is undone alone. Nobody is told of success before the commit.
What nobody waits for lingers, so that it costs no flush of its own: it rides with the next batch.
"""

import asyncio
import logging
import queue
import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import Literal

from gateway.errors import Unavailable
from gateway.store.rows import Statement

Synchronous = Literal["FULL", "NORMAL"]

MAX_QUEUED = 10_000
"""Batches that wait for the disk. More means that it does not keep up: callers are refused at once."""
MAX_GROUP = 500
"""Batches in one transaction: bounds how long the first of them waits for the last."""
LINGER_S = 0.2
"""How long a batch waits that nobody waits for; a process that is killed meanwhile loses it."""
BUSY_TIMEOUT_S = 5.0
"""How long another process may hold the file's lock (a backup, a person with a shell)."""

_Future = asyncio.Future[None]
_Failure = BaseException | None

_log = logging.getLogger(__name__)


class _Write:
    """A batch, and who is told what became of it."""

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
        self._waiting = 0
        self._accepted: list[_Write] = []
        """In order, and not handed over yet: the thread is woken once for what is written together."""
        self._queue: queue.SimpleQueue[list[_Write] | None] = queue.SimpleQueue()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._connection = self._connect()

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    async def write(self, statements: list[Statement]) -> None:
        """Commit the statements together. Raises Unavailable, or the sqlite3.Error that undid them."""
        written = self._accept(statements)
        self._hand_over()
        await written

    def write_soon(self, statements: list[Statement]) -> None:
        """Commit the statements with whatever is written next, after LINGER_S at the latest.

        Raises Unavailable. Nobody is told of what comes in between, but for a line in the log.
        """
        self._accept(statements).add_done_callback(_log_failure)
        if len(self._accepted) >= MAX_GROUP:
            self._hand_over()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LINGER_S, self._hand_over)

    async def close(self) -> None:
        """Write what was accepted, then let go of the file."""
        if not self._closed:
            self._closed = True
            self._hand_over()
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    async def wipe(self) -> None:
        """Fold the write-ahead log into the file and empty it: older versions of rows stand in it."""
        await asyncio.to_thread(self._checkpoint)

    def _checkpoint(self) -> None:
        with closing(self._connect()) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _accept(self, statements: list[Statement]) -> _Future:
        if self._closed:
            raise Unavailable("The store is closed.")
        if self._waiting >= MAX_QUEUED:
            raise Unavailable("The store is behind with its writing.")
        self._waiting += 1
        future: _Future = asyncio.get_running_loop().create_future()
        self._accepted.append(_Write(statements, future))
        return future

    def _hand_over(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._accepted:
            self._queue.put(self._accepted)
            self._accepted = []

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        # What is deleted or overwritten is zeroed: redaction promises that nobody reads it from the file.
        connection.execute("PRAGMA secure_delete = ON")
        return connection

    def _run(self) -> None:
        going = True
        while going:
            group, going = self._next_group()
            if group:
                self._tell(group, self._commit(group))
        self._connection.close()

    def _next_group(self) -> tuple[list[_Write], bool]:
        """What waits, up to some MAX_GROUP, and whether more may come; blocks while nothing waits."""
        group: list[_Write] = []
        try:
            while len(group) < MAX_GROUP:
                writes = self._queue.get(block=not group)
                if writes is None:
                    return group, False
                group += writes
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

    def _tell(self, group: list[_Write], failures: list[_Failure]) -> None:
        loop = group[0].future.get_loop()
        try:
            loop.call_soon_threadsafe(self._resolve, group, failures)
        except RuntimeError:
            return  # the loop is closed: nobody is left to be told

    def _resolve(self, group: list[_Write], failures: list[_Failure]) -> None:
        self._waiting -= len(group)
        for write, failure in zip(group, failures, strict=True):
            if write.future.done():
                continue  # the waiting task was cancelled; what it asked for is written all the same
            if failure is None:
                write.future.set_result(None)
            else:
                write.future.set_exception(failure)


def _log_failure(written: _Future) -> None:
    failure = None if written.cancelled() else written.exception()
    if failure is not None:
        _log.warning("what nobody waited for is not written: %s", failure)
