"""Trunks that were made while the gateway ran."""

from gateway.store.queries import Window
from gateway.store.records import TrunkRecord
from gateway.store.rows import TRUNKS
from gateway.store.sqlite.part import Part
from gateway.store.tables import trunks

ALL = Window(limit=10_000)
"""More than there may be."""


class Trunks(Part):
    """Reads and writes of trunks."""

    async def every_trunk(self) -> list[TrunkRecord]:
        """All of them, by creation time."""
        page = await self._reader.page(TRUNKS, trunks.c.serial, ALL, total=0)
        return list(page.rows)

    async def save_trunk(self, trunk: TrunkRecord) -> None:
        """Create or replace."""
        await self._write(TRUNKS.upsert([trunk]))

    async def delete_trunk(self, name: str) -> None:
        """Delete; there may be none."""
        await self._write(("DELETE FROM trunks WHERE name = ?", [(name,)]))
