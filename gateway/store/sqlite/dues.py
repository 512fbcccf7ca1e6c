"""What falls due, by index: invitations, empty conversations, and what has been kept long enough."""

from typing import Any, Literal

from sqlalchemy import Column

from gateway.store.queries import Page, Window
from gateway.store.reader import Condition
from gateway.store.records import ApplicationRecord, ConversationRecord, MemberRecord, RecordingRecord
from gateway.store.rows import APPLICATIONS, CONVERSATIONS, MEMBERS, RECORDINGS, Value
from gateway.store.sqlite.part import Part
from gateway.store.tables import (
    DUE,
    ENDED_LEG,
    KEPT_RECORDING,
    SETTLED_DELIVERY,
    applications,
    conversations,
    deliveries,
    legs,
    members,
    recordings,
)


class Dues(Part):
    """Reads of what is due, and the removal of what is old."""

    async def due_members(self, after: str, now: str, limit: int) -> list[MemberRecord]:
        """Invitations that nobody took in time. See `Store.due_members`."""
        due = members.c.due
        return await self._reader.all(MEMBERS, due, DUE, due > after, due <= now, limit=limit)

    async def due_conversations(self, after: str, now: str, limit: int) -> list[ConversationRecord]:
        """Conversations that have been empty for as long as they may be. See `Store.due_conversations`."""
        due = conversations.c.due
        return await self._reader.all(CONVERSATIONS, due, DUE, due > after, due <= now, limit=limit)

    async def due_recordings(self, now: str, kept_since: str, limit: int) -> list[RecordingRecord]:
        """Recordings whose files may go. See `Store.due_recordings`."""
        due, since = recordings.c.due, recordings.c.kept_since
        found = await self._reader.all(RECORDINGS, due, DUE, due <= now, limit=limit)
        old = (KEPT_RECORDING, since < kept_since)
        return [*found, *await self._reader.all(RECORDINGS, since, *old, limit=limit - len(found))]

    async def every_application(self, window: Window) -> Page[ApplicationRecord]:
        """The applications of all accounts by creation time, deleted ones too, uncounted."""
        return await self._reader.page(APPLICATIONS, applications.c.serial, window, total=0)

    async def forget_legs(self, application_id: str, before: str, limit: int) -> int:
        """Remove legs that ended before, at most so many; how many there were."""
        old = (legs.c.application_id == application_id, legs.c.end_time < before)
        found = await self._reader.values(legs.c.id, ENDED_LEG, *old, limit=limit)
        if found:
            gone: list[tuple[Value, ...]] = [(each,) for each in found]
            await self._write(
                ("DELETE FROM leg_traces WHERE leg_id = ?", gone), ("DELETE FROM legs WHERE id = ?", gone)
            )
        return len(found)

    async def forget_deliveries(self, state: Literal["delivered", "dead"], before: str, limit: int) -> int:
        """Remove deliveries of that state that were made before, at most so many; how many there were."""
        old = (deliveries.c.state == state, deliveries.c.created < before)
        return await self._forget(deliveries.c.id, SETTLED_DELIVERY, *old, limit=limit)

    async def _forget(self, key: Column[Any], *where: Condition, limit: int) -> int:
        found = await self._reader.values(key, *where, limit=limit)
        if found:
            remove = f"DELETE FROM {key.table.name} WHERE {key.name} = ?"  # noqa: S608 - our own names
            await self._write((remove, [(each,) for each in found]))
        return len(found)
