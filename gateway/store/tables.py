"""The tables: the columns that are searched or ordered by, and the whole record as a JSON document.

A read never takes a row apart: it decodes `document`. A column next to it exists only to find, order or
constrain rows, and always has the name and the value of a field of the record; `removed`, a mark that no
fact makes or takes away, is the one that records know nothing of. `serial` counts the rows of a
table in the order in which they came to be, so "by creation time" is "by serial", without ties.
"""

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text, UniqueConstraint, text

metadata = MetaData()

OPEN_LEG = text(
    "status NOT IN ('completed', 'busy', 'cancelled', 'failed', 'rejected', 'timeout', 'unanswered')"
)
SHOWN_LEG = text("removed = 0")
SHOWN_APPLICATION = text("removed = 0")
DELETED_APPLICATION = text("removed = 1")
OPEN_RECORDING = text("end_time IS NULL")
PRESENT_MEMBER = text("state != 'LEFT'")
KEPT_CONVERSATION = text("state != 'DELETED'")
ACTIVE_CONVERSATION = text("state = 'ACTIVE'")
PENDING_DELIVERY = text("state = 'pending'")
SETTLED_DELIVERY = text("state != 'pending'")
ENDED_LEG = text("end_time IS NOT NULL")
DUE = text("due IS NOT NULL")
KEPT_RECORDING = text("kept_since IS NOT NULL")
OPEN_REPORT = text("status IN ('PENDING', 'PROCESSING')")
LEG_CREATED = text("leg_id IS NOT NULL")
"""Conditions. SQLite uses a partial index when a query repeats its words."""


accounts = Table(
    "accounts",
    metadata,
    Column("serial", Integer, primary_key=True),
    Column("api_key", Text, nullable=False, unique=True),
    Column("document", Text, nullable=False),
)

applications = Table(
    "applications",
    metadata,
    Column("serial", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("account", Text, nullable=False, index=True),
    Column("removed", Integer, nullable=False, server_default="0"),
    Column("document", Text, nullable=False),
)

addresses = Table(
    "addresses",
    metadata,
    Column("serial", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("account", Text, nullable=False, index=True),
    Column("document", Text, nullable=False),
)

pool = Table(
    "pool",
    metadata,
    Column("serial", Integer, primary_key=True),
    Column("msisdn", Text, nullable=False, unique=True),
    Column("country", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("feature_set", Text, nullable=False),
    Column("origin", Text, nullable=False, index=True),
    Column("document", Text, nullable=False),
    # The first leads along a country's numbers in order, for a page; the second holds all that a search asks
    # about, for its count.
    Index("ix_pool_country", "country"),
    Index("ix_pool_search", "country", "type", "feature_set", "msisdn"),
)

numbers = Table(
    "numbers",
    metadata,
    Column("serial", Integer, primary_key=True),
    Column("msisdn", Text, nullable=False, unique=True),
    Column("account", Text, nullable=False, index=True),
    Column("country", Text, nullable=False),
    Column("app_id", Text, index=True),
    Column("document", Text, nullable=False),
)

sip_domains = Table(
    "sip_domains",
    metadata,
    Column("serial", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("account", Text, nullable=False, index=True),
    Column("document", Text, nullable=False),
)

trunks = Table(
    "trunks",
    metadata,
    Column("serial", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("document", Text, nullable=False),
)

sip_contacts = Table(
    "sip_contacts",
    metadata,
    Column("serial", Integer, primary_key=True),
    Column("aor", Text, nullable=False, unique=True),
    Column("document", Text, nullable=False),
)

leg_traces = Table(
    "leg_traces",
    metadata,
    Column("serial", Integer, primary_key=True),
    Column("leg_id", Text, nullable=False, unique=True),
    Column("document", Text, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("conversation_id", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("id", Integer),
    Column("type", Text, nullable=False),
    Column("leg_id", Text),
    Column("document", Text, nullable=False),
    UniqueConstraint("conversation_id", "position"),
    UniqueConstraint("conversation_id", "id"),
    Index("ix_events_type", "conversation_id", "type", "id"),
    Index("ix_events_leg", "leg_id", sqlite_where=LEG_CREATED),
)

conversations = Table(
    "conversations",
    metadata,
    Column("serial", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("application_id", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created", Text, nullable=False),
    Column("due", Text),
    Column("document", Text, nullable=False),
    Index("ix_conversations_name", "application_id", "name", unique=True, sqlite_where=ACTIVE_CONVERSATION),
    Index("ix_conversations_due", "due", sqlite_where=DUE),
)

members = Table(
    "members",
    metadata,
    Column("serial", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("conversation_id", Text, nullable=False, index=True),
    Column("user_id", Text, nullable=False, index=True),
    Column("state", Text, nullable=False),
    Column("due", Text),
    Column("document", Text, nullable=False),
    Index("ix_members_due", "due", sqlite_where=DUE),
    Index("ix_members_present", "conversation_id", "user_id", sqlite_where=PRESENT_MEMBER),
    Index("ix_members_presences", "user_id", sqlite_where=PRESENT_MEMBER),
)

legs = Table(
    "legs",
    metadata,
    Column("serial", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("application_id", Text, nullable=False, index=True),
    Column("conversation_id", Text, nullable=False, index=True),
    Column("status", Text, nullable=False),
    Column("created", Text, nullable=False),
    Column("removed", Integer, nullable=False, server_default="0"),
    Column("end_time", Text),
    Column("document", Text, nullable=False),
    Index("ix_legs_open", "serial", sqlite_where=OPEN_LEG),
    Index("ix_legs_ended", "application_id", "end_time", sqlite_where=ENDED_LEG),
)

users = Table(
    "users",
    metadata,
    Column("serial", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("application_id", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("document", Text, nullable=False),
    UniqueConstraint("application_id", "name"),
)

recordings = Table(
    "recordings",
    metadata,
    Column("serial", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("application_id", Text, nullable=False),
    Column("end_time", Text),
    Column("due", Text),
    Column("kept_since", Text),
    Column("document", Text, nullable=False),
    Index("ix_recordings_open", "serial", sqlite_where=OPEN_RECORDING),
    Index("ix_recordings_due", "due", sqlite_where=DUE),
    Index("ix_recordings_kept", "kept_since", sqlite_where=KEPT_RECORDING),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("application_id", Text, nullable=False),
    Column("order", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("created", Text),
    Column("document", Text, nullable=False),
    Index("ix_deliveries_pending", "order", sqlite_where=PENDING_DELIVERY),
    Index("ix_deliveries_owed", "application_id", "order", sqlite_where=PENDING_DELIVERY),
    Index("ix_deliveries_settled", "state", "created", sqlite_where=SETTLED_DELIVERY),
)

media = Table(
    "media",
    metadata,
    Column("serial", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("account", Text, nullable=False),
    Column("application_id", Text),
    Column("created", Text, nullable=False),
    Column("document", Text, nullable=False),
    Index("ix_media_account", "account", "created"),
)

reports = Table(
    "reports",
    metadata,
    Column("serial", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("account", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("received", Text, nullable=False),
    Column("document", Text, nullable=False),
    Index("ix_reports_account", "account", "received"),
    Index("ix_reports_open", "serial", sqlite_where=OPEN_REPORT),
)
