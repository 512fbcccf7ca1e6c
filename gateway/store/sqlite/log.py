"""The event log: facts by position, numbered events by id."""

from sqlalchemy import ColumnElement, and_, func, or_

from gateway.store import lookups
from gateway.store.queries import EventFilter, Page, Window
from gateway.store.reader import MAX_INTEGER
from gateway.store.records import EventRecord
from gateway.store.rows import EVENTS
from gateway.store.sqlite.part import Part
from gateway.store.tables import LEG_CREATED, events

NOT_DELETED: ColumnElement[bool] = func.json_extract(events.c.document, "$.deleted").is_(None)
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
        self, conversation_id: str, window: Window, event_filter: EventFilter
    ) -> Page[EventRecord]:
        """The numbered events by id."""
        first = min(max(event_filter.start_id or 1, 1), MAX_INTEGER)
        last = MAX_INTEGER if event_filter.end_id is None else max(min(event_filter.end_id, MAX_INTEGER), 0)
        of_conversation = events.c.conversation_id == conversation_id
        total = None
        matching = [or_(*map(_type_matches, patterns)) for patterns in event_filter.types]
        if event_filter.without_deleted:
            matching.append(NOT_DELETED)
        if not matching:
            # Numbers have no gaps, so the last one counts them.
            newest = await self._reader.maximum(events.c.id, of_conversation)
            total = max(0, min(last, newest) - first + 1)
        return await self._reader.page(
            EVENTS, events.c.id, window, of_conversation, *matching, keys=(first, last), total=total
        )

    async def leg_facts(self, leg_id: str) -> list[EventRecord]:
        """See `Store.leg_facts`."""
        return await self._reader.all(EVENTS, events.c.position, LEG_CREATED, events.c.leg_id == leg_id)

    async def event(self, conversation_id: str, event_id: int) -> EventRecord | None:
        """One numbered event."""
        if not 0 < event_id <= MAX_INTEGER:
            return None
        return await self._reader.one(lookups.EVENT, conversation_id, event_id)


def _type_matches(pattern: str) -> ColumnElement[bool]:
    if not pattern.endswith("*"):
        return events.c.type == pattern
    prefix = pattern[:-1]
    # A range, unlike LIKE, can go by the index.
    return and_(events.c.type >= prefix, events.c.type < prefix + "\U0010ffff")
