"""What the parts of the store share: the reader, the writer, and what the database's refusals mean."""

import sqlite3

from sqlalchemy import Column

from gateway.errors import Conflict, Unavailable
from gateway.store.base import LogConflict
from gateway.store.reader import Condition, Reader
from gateway.store.rows import Statement
from gateway.store.writer import Writer

_TAKEN = {
    "conversations.": (
        "The conversation name already exists. Please provide a unique conversation name and try again.",
        "conversation:error:duplicate-name",
    ),
    "users.": (
        "The user name already exists. Please provide a unique user name and try again.",
        "user:error:duplicate-name",
    ),
    "accounts.": ("This API key is taken.", None),
    "sip_domains.": ("This domain name is taken.", None),
    "numbers.": ("This number is rented already.", None),
}
"""What a broken unique constraint means, by the table that SQLite names in its message."""


class Part:
    """One concern of the store; `SqliteStore` is all of them over one reader and one writer."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader = reader
        self._writer = writer

    async def _write(self, *statements: Statement) -> None:
        try:
            await self._writer.write(list(statements))
        except sqlite3.IntegrityError as error:
            raise _conflict(str(error)) from error
        except sqlite3.Error as error:
            raise Unavailable("The store cannot be written.") from error


def created_between(created: Column[str], start: str | None, end: str | None) -> list[Condition]:
    """Conditions for both dates, each included; None leaves its side open."""
    bounds: list[Condition] = []
    if start is not None:
        bounds.append(created >= start)
    if end is not None:
        bounds.append(created <= end)
    return bounds


def _conflict(message: str) -> Exception:
    """What `UNIQUE constraint failed: table.column, …` means; NOT NULL is what `upsert` makes it say."""
    constraint, _, place = message.partition(" constraint failed: ")
    for table, (detail, code) in _TAKEN.items():
        if constraint == "UNIQUE" and place.startswith(table):
            return Conflict(detail, code=code)
    return LogConflict(message)
