"""The store on SQLite: one file, read by a small pool of connections and written by one thread."""

import asyncio
import sqlite3
from pathlib import Path

from sqlalchemy import Column

from gateway.errors import Conflict, Unavailable
from gateway.store import lookups, migrations
from gateway.store.base import LegFilter, LogConflict, Page, Window
from gateway.store.reader import MAX_INTEGER, Condition, Reader
from gateway.store.records import (
    ApplicationRecord,
    Batch,
    ConversationRecord,
    Delivery,
    EventRecord,
    LegRecord,
    MemberRecord,
    NumberRecord,
    RecordingRecord,
    UserRecord,
)
from gateway.store.rows import (
    APPLICATIONS,
    CONVERSATIONS,
    DELIVERIES,
    EVENTS,
    LEGS,
    MEMBERS,
    NUMBERS,
    RECORDINGS,
    USERS,
    Statement,
    batch_statements,
)
from gateway.store.tables import (
    KEPT_CONVERSATION,
    OPEN_LEG,
    OPEN_RECORDING,
    PENDING_DELIVERY,
    applications,
    conversations,
    deliveries,
    events,
    legs,
    members,
    numbers,
    recordings,
    users,
)
from gateway.store.writer import Synchronous, Writer

LOG_CHUNK = 1000
"""Facts that `log` decodes before it lets the event loop go on."""

_TAKEN = {
    "conversations.": (
        "The conversation name already exists. Please provide a unique conversation name and try again.",
        "conversation:error:duplicate-name",
    ),
    "users.": (
        "The user name already exists. Please provide a unique user name and try again.",
        "user:error:duplicate-name",
    ),
    "numbers.": ("This number is rented already.", None),
}
"""What a broken unique constraint means, by the table that SQLite names in its message."""


class SqliteStore:
    """`gateway.store.base.Store` on one SQLite file in WAL mode."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, path: Path, *, synchronous: Synchronous = "FULL") -> "SqliteStore":
        """Open the database at `path`; make it, or upgrade its schema, where that is due.

        `synchronous` FULL keeps what was acknowledged through the loss of power; NORMAL only through the loss
        of the process.
        """
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

    # The log

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

    # The read models

    async def conversation(self, application_id: str, conversation_id: str) -> ConversationRecord | None:
        """One conversation that is not DELETED."""
        return await self._reader.one(lookups.CONVERSATION, conversation_id, application_id)

    async def conversation_by_name(self, application_id: str, name: str) -> ConversationRecord | None:
        """The ACTIVE conversation of that name."""
        return await self._reader.one(lookups.CONVERSATION_BY_NAME, application_id, name)

    async def conversations(
        self,
        application_id: str,
        window: Window,
        *,
        date_start: str | None = None,
        date_end: str | None = None,
    ) -> Page[ConversationRecord]:
        """Conversations that are not DELETED by creation time, both dates included."""
        return await self._reader.page(
            CONVERSATIONS,
            conversations.c.serial,
            window,
            conversations.c.application_id == application_id,
            KEPT_CONVERSATION,
            *_created_between(conversations.c.created, date_start, date_end),
        )

    async def member(self, conversation_id: str, member_id: str) -> MemberRecord | None:
        """One member."""
        return await self._reader.one(lookups.MEMBER, member_id, conversation_id)

    async def members(self, conversation_id: str, window: Window) -> Page[MemberRecord]:
        """Members by the time of their first event."""
        return await self._reader.page(
            MEMBERS, members.c.serial, window, members.c.conversation_id == conversation_id
        )

    async def memberships(self, user_id: str, window: Window) -> Page[MemberRecord]:
        """A user's members over all conversations."""
        return await self._reader.page(MEMBERS, members.c.serial, window, members.c.user_id == user_id)

    async def leg(self, application_id: str, leg_id: str) -> LegRecord | None:
        """One leg."""
        return await self._reader.one(lookups.LEG, leg_id, application_id)

    async def legs(self, application_id: str, window: Window, leg_filter: LegFilter) -> Page[LegRecord]:
        """Legs by creation time, both dates included."""
        where: list[Condition] = [
            legs.c.application_id == application_id,
            *_created_between(legs.c.created, leg_filter.date_start, leg_filter.date_end),
        ]
        if leg_filter.status is not None:
            where.append(legs.c.status == leg_filter.status)
        if leg_filter.conversation_id is not None:
            where.append(legs.c.conversation_id == leg_filter.conversation_id)
        return await self._reader.page(LEGS, legs.c.serial, window, *where)

    async def open_legs(self) -> list[LegRecord]:
        """The legs of all tenants whose status is not final."""
        return await self._reader.all(LEGS, legs.c.serial, OPEN_LEG)

    async def user(self, application_id: str, user_id: str) -> UserRecord | None:
        """One user."""
        return await self._reader.one(lookups.USER, user_id, application_id)

    async def user_by_name(self, application_id: str, name: str) -> UserRecord | None:
        """The user of that name."""
        return await self._reader.one(lookups.USER_BY_NAME, application_id, name)

    async def users(
        self, application_id: str, window: Window, *, name: str | None = None
    ) -> Page[UserRecord]:
        """Users by creation time."""
        where: list[Condition] = [users.c.application_id == application_id]
        if name is not None:
            where.append(users.c.name == name)
        return await self._reader.page(USERS, users.c.serial, window, *where)

    async def recording(self, application_id: str, recording_id: str) -> RecordingRecord | None:
        """One recording."""
        return await self._reader.one(lookups.RECORDING, recording_id, application_id)

    async def open_recordings(self) -> list[RecordingRecord]:
        """The recordings of all tenants that have no end."""
        return await self._reader.all(RECORDINGS, recordings.c.serial, OPEN_RECORDING)

    # What accounts own

    async def application(self, application_id: str) -> ApplicationRecord | None:
        """One application, of any account: the caller checks `account`."""
        return await self._reader.one(lookups.APPLICATION, application_id)

    async def applications(self, account: str, window: Window) -> Page[ApplicationRecord]:
        """An account's applications by creation time."""
        return await self._reader.page(
            APPLICATIONS, applications.c.serial, window, applications.c.account == account
        )

    async def save_application(self, application: ApplicationRecord) -> None:
        """Create or replace."""
        await self._write(APPLICATIONS.upsert([application]))

    async def delete_application(self, application_id: str) -> None:
        """Delete, and unlink its numbers."""
        unlink = (
            "UPDATE numbers SET app_id = NULL, document = json_set(document, '$.app_id', NULL)"
            " WHERE app_id = ?"
        )
        await self._write(
            (unlink, [(application_id,)]),
            ("DELETE FROM applications WHERE id = ?", [(application_id,)]),
        )

    async def number(self, msisdn: str) -> NumberRecord | None:
        """A rented number, of any account: the caller checks `account`."""
        return await self._reader.one(lookups.NUMBER, msisdn)

    async def numbers(self, account: str) -> list[NumberRecord]:
        """The numbers that an account rents, by msisdn."""
        return await self._reader.all(NUMBERS, numbers.c.msisdn, numbers.c.account == account)

    async def rented(self) -> set[str]:
        """The msisdn of every rented number."""
        return set(await self._reader.values(numbers.c.msisdn))

    async def rent_number(self, number: NumberRecord) -> None:
        """Rent. Raises Conflict when somebody rents it already."""
        await self._write(NUMBERS.insert([number]))

    async def save_number(self, number: NumberRecord) -> None:
        """Replace a rented number's settings; a number that nobody rents stays so."""
        msisdn, account, app_id, document = NUMBERS.row(number)
        replace = "UPDATE numbers SET account = ?, app_id = ?, document = ? WHERE msisdn = ?"
        await self._write((replace, [(account, app_id, document, msisdn)]))

    async def cancel_number(self, msisdn: str) -> None:
        """Give a number back to the pool."""
        await self._write(("DELETE FROM numbers WHERE msisdn = ?", [(msisdn,)]))

    # The outbox

    async def pending_deliveries(
        self, *, application_id: str | None = None, after: int | None = None, limit: int | None = None
    ) -> list[Delivery]:
        """The deliveries that are still owed, in order; see `Store.pending_deliveries`."""
        await self._write()  # the outcomes that wait are written with it
        where: list[Condition] = [PENDING_DELIVERY]
        if application_id is not None:
            where.append(deliveries.c.application_id == application_id)
        if after is not None:
            where.append(deliveries.c.order > after)
        return await self._reader.all(DELIVERIES, deliveries.c.order, *where, limit=limit)

    async def save_delivery(self, delivery: Delivery) -> None:
        """Write an attempt's outcome, soon. See `Store.save_delivery`."""
        self._writer.write_soon([DELIVERIES.upsert([delivery])])

    async def _write(self, *statements: Statement) -> None:
        try:
            await self._writer.write(list(statements))
        except sqlite3.IntegrityError as error:
            raise _conflict(str(error)) from error
        except sqlite3.Error as error:
            raise Unavailable("The store cannot be written.") from error


def _conflict(message: str) -> Exception:
    """What `UNIQUE constraint failed: table.column, …` means; NOT NULL is what `upsert` makes it say."""
    constraint, _, place = message.partition(" constraint failed: ")
    for table, (detail, code) in _TAKEN.items():
        if constraint == "UNIQUE" and place.startswith(table):
            return Conflict(detail, code=code)
    return LogConflict(message)


def _type_matches(pattern: str) -> list[Condition]:
    if not pattern.endswith("*"):
        return [events.c.type == pattern]
    prefix = pattern[:-1]
    # A range, unlike LIKE, can go by the index.
    return [events.c.type >= prefix, events.c.type < prefix + "\U0010ffff"]


def _created_between(created: Column[str], start: str | None, end: str | None) -> list[Condition]:
    bounds: list[Condition] = []
    if start is not None:
        bounds.append(created >= start)
    if end is not None:
        bounds.append(created <= end)
    return bounds
