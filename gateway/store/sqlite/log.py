"""The event log: facts by position, numbered events by id."""

from gateway.store import lookups
from gateway.store.base import Page, Window
from gateway.store.reader import MAX_INTEGER, Condition
from gateway.store.records import EventRecord
from gateway.store.rows import EVENTS
from gateway.store.sqlite.part import Part
from gateway.store.tables import events

LOG_CHUNK = 1000
"""Facts that `log` decodes before it lets the event loop go on."""


class Log(Part):
    """Reads of the log."""

    async def log(self, conversation_id: str) -> list[EventRecord]:
        """Every fact of a conversation by position."""
        found: list[EventRecord] = []
        while True:
            last = found[-1].position if found else 0
            chunk = await self._reader.all(
                EVENTS,
                events.c.position,
                events.c.conversation_id == conversation_id,
                events.c.position > last,
                limit=LOG_CHUNK,
            )
            found += chunk
            if len(chunk) < LOG_CHUNK:
                return found

    async def events(
        self,
        conversation_id: str,
        window: Window,
        *,
        type_pattern: str | None = None,
        start_id: int | None = None,
        end_id: int | None = None,
    ) -> Page[EventRecord]:
        """The numbered events by id, both ends included."""
        first = min(max(start_id or 1, 1), MAX_INTEGER)
        last = MAX_INTEGER if end_id is None else max(min(end_id, MAX_INTEGER), 0)
        of_conversation = events.c.conversation_id == conversation_id
        if type_pattern is None:
            # Numbers have no gaps, so the last one counts them.
            newest = await self._reader.maximum(events.c.id, of_conversation)
            total, matching = max(0, min(last, newest) - first + 1), []
        else:
            total, matching = None, _type_matches(type_pattern)
        return await self._reader.page(
            EVENTS, events.c.id, window, of_conversation, *matching, keys=(first, last), total=total
        )

    async def event(self, conversation_id: str, event_id: int) -> EventRecord | None:
        """One numbered event."""
        if not 0 < event_id <= MAX_INTEGER:
            return None
        return await self._reader.one(lookups.EVENT, conversation_id, event_id)


def _type_matches(pattern: str) -> list[Condition]:
    if not pattern.endswith("*"):
        return [events.c.type == pattern]
    prefix = pattern[:-1]
    # A range, unlike LIKE, can go by the index.
    return [events.c.type >= prefix, events.c.type < prefix + "\U0010ffff"]
