"""Applications that are deleted: hidden at once, forgotten with all that was theirs when their calls are."""

from gateway.store import lookups
from gateway.store.queries import Page, Window
from gateway.store.records import ApplicationRecord
from gateway.store.rows import APPLICATIONS, Value
from gateway.store.sqlite.dues import Dues
from gateway.store.tables import (
    DELETED_APPLICATION,
    PENDING_DELIVERY,
    SETTLED_DELIVERY,
    applications,
    conversations,
    deliveries,
    legs,
    users,
)

ROOMS_OF_A_BITE = 20
"""Conversations that are forgotten at once: each has a log of some dozens of facts."""

_FORGET_ROOM = (
    "DELETE FROM events WHERE conversation_id = ?",
    "DELETE FROM members WHERE conversation_id = ?",
    "DELETE FROM conversations WHERE id = ?",
)
_FORGET = "DELETE FROM applications WHERE id = ? AND removed = 1"


class Departed(Dues):
    """Reads of deleted applications, and their removal."""

    async def any_application(self, application_id: str) -> ApplicationRecord | None:
        """One application, deleted or not. See `Store.any_application`."""
        return await self._reader.one(lookups.ANY_APPLICATION, application_id)

    async def deleted_applications(self, window: Window) -> Page[ApplicationRecord]:
        """The deleted applications of all accounts, uncounted."""
        return await self._reader.page(
            APPLICATIONS, applications.c.serial, window, DELETED_APPLICATION, total=0
        )

    async def forget_application(self, application_id: str, limit: int) -> bool:
        """Forget some of what a deleted application left. See `Store.forget_application`."""
        deleted = (DELETED_APPLICATION, applications.c.id == application_id)
        if not await self._reader.values(applications.c.id, *deleted, limit=1):
            return False
        if await self._reader.values(legs.c.id, legs.c.application_id == application_id, limit=1):
            return False
        theirs = deliveries.c.application_id == application_id
        if await self._reader.values(deliveries.c.id, PENDING_DELIVERY, theirs, limit=1):
            return False
        if await self._forget(deliveries.c.id, SETTLED_DELIVERY, theirs, limit=limit) == limit:
            return True
        if await self._forget(users.c.serial, users.c.application_id == application_id, limit=limit) == limit:
            return True
        of_application = conversations.c.application_id == application_id
        rooms = await self._reader.values(conversations.c.id, of_application, limit=ROOMS_OF_A_BITE)
        if rooms:
            rows: list[tuple[Value, ...]] = [(room,) for room in rooms]
            await self._write(*((sql, rows) for sql in _FORGET_ROOM))
            return True
        await self._write((_FORGET, [(application_id,)]))
        return False
