"""Single records: what each is found by. The SQL is made once; a read only brings the values."""

from typing import Generic, TypeVar

from sqlalchemy import TextClause, bindparam, select

from gateway.store.rows import (
    ACCOUNTS,
    ADDRESSES,
    APPLICATIONS,
    CONVERSATIONS,
    EVENTS,
    LEG_TRACES,
    LEGS,
    MEDIA,
    MEMBERS,
    NUMBERS,
    POOL,
    RECORDINGS,
    REPORTS,
    SIP_DOMAINS,
    USERS,
    Kind,
    compiled,
)
from gateway.store.tables import ACTIVE_CONVERSATION, KEPT_CONVERSATION, SHOWN_APPLICATION, SHOWN_LEG

R = TypeVar("R")


class Lookup(Generic[R]):
    """A record by the values of columns that no two rows share."""

    def __init__(self, kind: Kind[R], *columns: str, where: TextClause | None = None) -> None:
        """`where` holds besides, whatever the values."""
        table = kind.table
        query = select(table.c.document).where(*(table.c[name] == bindparam(name, None) for name in columns))
        self.kind = kind
        self.sql, _ = compiled(query if where is None else query.where(where))


EVENT = Lookup(EVENTS, "conversation_id", "id")
CONVERSATION = Lookup(CONVERSATIONS, "id", "application_id", where=KEPT_CONVERSATION)
CONVERSATION_BY_NAME = Lookup(CONVERSATIONS, "application_id", "name", where=ACTIVE_CONVERSATION)
MEMBER = Lookup(MEMBERS, "id", "conversation_id")
LEG = Lookup(LEGS, "id", "application_id", where=SHOWN_LEG)
USER = Lookup(USERS, "id", "application_id")
USER_BY_NAME = Lookup(USERS, "application_id", "name")
RECORDING = Lookup(RECORDINGS, "id", "application_id")
ACCOUNT = Lookup(ACCOUNTS, "api_key")
ADDRESS = Lookup(ADDRESSES, "id", "account")
POOL_NUMBER = Lookup(POOL, "msisdn")
APPLICATION = Lookup(APPLICATIONS, "id", where=SHOWN_APPLICATION)
ANY_APPLICATION = Lookup(APPLICATIONS, "id")
NUMBER = Lookup(NUMBERS, "msisdn")
SIP_DOMAIN = Lookup(SIP_DOMAINS, "name", "account")
ANY_LEG = Lookup(LEGS, "id")
LEG_TRACE = Lookup(LEG_TRACES, "leg_id")
MEDIUM = Lookup(MEDIA, "id")
REPORT = Lookup(REPORTS, "id", "account")
