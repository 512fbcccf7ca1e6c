"""Records as rows: which record lives in which table, and the SQL that writes it."""

from collections.abc import Iterable
from operator import attrgetter
from typing import Generic, TypeVar, cast

import msgspec
from sqlalchemy import Table, case
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from gateway.store import recorded, tables
from gateway.store.records import (
    AccountRecord,
    AddressRecord,
    ApplicationRecord,
    Batch,
    ConversationRecord,
    Delivery,
    EventRecord,
    LegRecord,
    LegTraceRecord,
    MediaRecord,
    MemberRecord,
    NumberRecord,
    PoolNumber,
    RecordingRecord,
    ReportRecord,
    SipContactsRecord,
    SipDomainRecord,
    TrunkRecord,
    UserRecord,
)

Value = str | int | float | None
Statement = tuple[str, list[tuple[Value, ...]]]
"""SQL with `?` and the rows that it runs for."""

R = TypeVar("R")

_DIALECT = sqlite.dialect(paramstyle="qmark")
_OWN = ("serial", "removed", "document")
"""Columns that hold no field of a record."""


def compiled(clause: ClauseElement) -> tuple[str, list[Value]]:
    """The SQL with `?`, and the values for them."""
    spelled_out = {"render_postcompile": True}  # a `?` for each value of IN
    found = cast("SQLCompiler", clause.compile(dialect=_DIALECT, compile_kwargs=spelled_out))
    return str(found), [found.params[name] for name in found.positiontup or ()]


class Kind(Generic[R]):
    """How one type of record is kept."""

    def __init__(self, table: Table, record: type[R], key: str, owner: str = "application_id") -> None:
        """`key` is the column that an upsert goes by, `owner` the one that it never changes."""
        self.table = table
        self._columns = [c.name for c in table.columns if c.name not in _OWN]
        self._values = [attrgetter(name) for name in self._columns]
        self._decoder = msgspec.json.Decoder(record)
        insert = sqlite.insert(table).values(dict.fromkeys((*self._columns, "document")))
        replaced = {c: insert.excluded[c] for c in self._columns if c not in {key, owner}}
        # NULL, which the column refuses: a WHERE would leave another owner's row alone without a word.
        is_owner = table.c[owner] == insert.excluded[owner]
        document = case((is_owner, insert.excluded["document"]))
        self._insert, _ = compiled(insert)
        self._upsert, _ = compiled(
            insert.on_conflict_do_update(index_elements=[key], set_={**replaced, "document": document})
        )

    def row(self, record: R) -> tuple[Value, ...]:
        """The columns' values in the order that `insert` and `upsert` want."""
        return (*[value(record) for value in self._values], msgspec.json.encode(record).decode())

    def record(self, document: str) -> R:
        """The record that a row's document holds."""
        return self._decoder.decode(document)

    def insert(self, records: Iterable[R]) -> Statement:
        """Rows that must be new."""
        return self._insert, [self.row(record) for record in records]

    def upsert(self, records: Iterable[R]) -> Statement:
        """Rows that may stand already: the new ones replace them and keep their place.

        A row of another owner is not replaced: SQLite says that its document must not be NULL.
        """
        return self._upsert, [self.row(record) for record in records]


ACCOUNTS = Kind(tables.accounts, AccountRecord, "api_key", "api_key")
ADDRESSES = Kind(tables.addresses, AddressRecord, "id", "account")
POOL = Kind(tables.pool, PoolNumber, "msisdn", "msisdn")
APPLICATIONS = Kind(tables.applications, ApplicationRecord, "id", "account")
NUMBERS = Kind(tables.numbers, NumberRecord, "msisdn", "account")
SIP_DOMAINS = Kind(tables.sip_domains, SipDomainRecord, "name", "account")
TRUNKS = Kind(tables.trunks, TrunkRecord, "name", "name")
SIP_CONTACTS = Kind(tables.sip_contacts, SipContactsRecord, "aor", "aor")
EVENTS = Kind(tables.events, EventRecord, "position", "conversation_id")
CONVERSATIONS = Kind(tables.conversations, ConversationRecord, "id")
MEMBERS = Kind(tables.members, MemberRecord, "id", "conversation_id")
LEGS = Kind(tables.legs, LegRecord, "id")
LEG_TRACES = Kind(tables.leg_traces, LegTraceRecord, "leg_id", "leg_id")
USERS = Kind(tables.users, UserRecord, "id")
RECORDINGS = Kind(tables.recordings, RecordingRecord, "id")
DELIVERIES = Kind(tables.deliveries, Delivery, "id")
MEDIA = Kind(tables.media, MediaRecord, "id", "account")
REPORTS = Kind(tables.reports, ReportRecord, "id", "account")


def batch_statements(batch: Batch) -> list[Statement]:
    """What writes a batch. The rows are made now: what happens to its dicts later does not count."""
    statements = (
        EVENTS.insert(batch.events),
        _rewrite(batch.rewritten),
        CONVERSATIONS.upsert(batch.conversations),
        USERS.upsert(batch.users),
        MEMBERS.upsert(batch.members),
        LEGS.upsert(batch.legs),
        RECORDINGS.upsert(batch.recordings),
        (recorded.INSERT, list[tuple[Value, ...]](recorded.rows(batch.recordings))),
        DELIVERIES.upsert(batch.deliveries),
        _revise(batch.revised),
        MEDIA.upsert(batch.media),
        REPORTS.upsert(batch.reports),
    )
    return [(sql, rows) for sql, rows in statements if rows]


def _rewrite(facts: Iterable[EventRecord]) -> Statement:
    """What writes facts anew that stand already; one that does not stand is left alone."""
    rows: list[tuple[Value, ...]] = [
        (msgspec.json.encode(fact).decode(), fact.conversation_id, fact.position, fact.type) for fact in facts
    ]
    return _REWRITE, rows


def _revise(deliveries: Iterable[Delivery]) -> Statement:
    """What changes payloads alone: how far a delivery has come is written by who makes it."""
    rows: list[tuple[Value, ...]] = [
        (msgspec.json.encode(delivery.payload).decode(), delivery.id) for delivery in deliveries
    ]
    return _REVISE, rows


_REVISE = "UPDATE deliveries SET document = json_set(document, '$.payload', json(?)) WHERE id = ?"
_REWRITE = "UPDATE events SET document = ? WHERE conversation_id = ? AND position = ? AND type = ?"
