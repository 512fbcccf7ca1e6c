"""The store on SQLite: one file, read by a small pool of connections and written by one thread."""

import asyncio
from pathlib import Path

from gateway.private import private_file, tighten
from gateway.store import migrations
from gateway.store.reader import Reader
from gateway.store.records import Batch
from gateway.store.rows import batch_statements
from gateway.store.sqlite.accounts import Accounts
from gateway.store.sqlite.addresses import Addresses
from gateway.store.sqlite.conversations import Conversations
from gateway.store.sqlite.departed import Departed
from gateway.store.sqlite.files import Files
from gateway.store.sqlite.legs import Legs
from gateway.store.sqlite.log import Log
from gateway.store.sqlite.memberships import Memberships
from gateway.store.sqlite.numbers import Numbers
from gateway.store.sqlite.outbox import Outbox
from gateway.store.sqlite.sip import Sip
from gateway.store.writer import Synchronous, Writer


class SqliteStore(
    Log,
    Conversations,
    Memberships,
    Legs,
    Files,
    Accounts,
    Addresses,
    Numbers,
    Sip,
    Outbox,
    Departed,
):
    """`gateway.store.base.Store` on one SQLite file in WAL mode."""

    @classmethod
    async def open(cls, path: Path, *, synchronous: Synchronous = "FULL") -> "SqliteStore":
        """Open the database at `path`; make it, or upgrade its schema, where that is due.

        `synchronous` FULL keeps what was acknowledged through the loss of power; NORMAL only through the loss
        of the process.
        """
        await asyncio.to_thread(_keep_private, path)
        await asyncio.to_thread(migrations.upgrade, path)
        writer = await asyncio.to_thread(Writer, path, synchronous)
        writer.start()
        return cls(await asyncio.to_thread(Reader, path), writer)

    async def close(self) -> None:
        """Finish what was accepted and let go of the files."""
        await self._writer.close()
        await self._reader.close()

    async def commit(self, batch: Batch) -> None:
        """Write the batch durably, in one transaction with its neighbours. See `Store.commit`."""
        await self._write(*batch_statements(batch))

    async def wipe(self) -> None:
        """Leave nothing on the disk of what was overwritten or deleted. See `Store.wipe`."""
        await self._writer.wipe()


def _keep_private(path: Path) -> None:
    """Nobody else reads the database: SQLite gives the files beside it the mode that it has itself."""
    private_file(path)
    for suffix in ("-wal", "-shm"):
        tighten(path.with_name(path.name + suffix))
