"""Legs and their recordings."""

from gateway.store import lookups
from gateway.store.base import LegFilter, Page, Window
from gateway.store.reader import Condition
from gateway.store.records import LegRecord, RecordingRecord
from gateway.store.rows import LEGS, RECORDINGS
from gateway.store.sqlite.part import Part, created_between
from gateway.store.tables import OPEN_LEG, OPEN_RECORDING, legs, recordings


class Legs(Part):
    """Reads of legs and recordings."""

    async def leg(self, application_id: str, leg_id: str) -> LegRecord | None:
        """One leg."""
        return await self._reader.one(lookups.LEG, leg_id, application_id)

    async def legs(self, application_id: str, window: Window, leg_filter: LegFilter) -> Page[LegRecord]:
        """Legs by creation time, both dates included."""
        where: list[Condition] = [
            legs.c.application_id == application_id,
            *created_between(legs.c.created, leg_filter.date_start, leg_filter.date_end),
        ]
        if leg_filter.status is not None:
            where.append(legs.c.status == leg_filter.status)
        if leg_filter.conversation_id is not None:
            where.append(legs.c.conversation_id == leg_filter.conversation_id)
        return await self._reader.page(LEGS, legs.c.serial, window, *where)

    async def open_legs(self) -> list[LegRecord]:
        """The legs of all tenants whose status is not final."""
        return await self._reader.all(LEGS, legs.c.serial, OPEN_LEG)

    async def recording(self, application_id: str, recording_id: str) -> RecordingRecord | None:
        """One recording."""
        return await self._reader.one(lookups.RECORDING, recording_id, application_id)

    async def open_recordings(self) -> list[RecordingRecord]:
        """The recordings of all tenants that have no end."""
        return await self._reader.all(RECORDINGS, recordings.c.serial, OPEN_RECORDING)
