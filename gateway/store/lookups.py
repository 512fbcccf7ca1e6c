"""Single records: what each is found by. The SQL is made once; a read only brings the values."""

from typing import Generic, TypeVar

from sqlalchemy import TextClause, bindparam, select

from gateway.store.rows import (
    APPLICATIONS,
    CONVERSATIONS,
    EVENTS,
    LEGS,
    MEMBERS,
    NUMBERS,
    RECORDINGS,
    USERS,
    Kind,
    compiled,
)
from gateway.store.tables import ACTIVE_CONVERSATION, KEPT_CONVERSATION

R = TypeVar("R")


class Lookup(Generic[R]):
    """A record by the values of columns that no two rows share."""

    def __init__(self, kind: Kind[R], *columns: str, where: TextClause | None = None) -> None:
        """`where` holds besides, whatever the values."""
        table = kind.table
        query = select(table.c.document).where(*(table.c[name] == bindparam(name) for name in columns))
        self.kind = kind
        self.sql, _ = compiled(query if where is None else query.where(where))


EVENT = Lookup(EVENTS, "conversation_id", "id")
CONVERSATION = Lookup(CONVERSATIONS, "id", "application_id", where=KEPT_CONVERSATION)
CONVERSATION_BY_NAME = Lookup(CONVERSATIONS, "application_id", "name", where=ACTIVE_CONVERSATION)
MEMBER = Lookup(MEMBERS, "id", "conversation_id")
LEG = Lookup(LEGS, "id", "application_id")
USER = Lookup(USERS, "id", "application_id")
USER_BY_NAME = Lookup(USERS, "application_id", "name")
RECORDING = Lookup(RECORDINGS, "id", "application_id")
APPLICATION = Lookup(APPLICATIONS, "id")
NUMBER = Lookup(NUMBERS, "msisdn")
