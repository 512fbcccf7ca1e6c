"""The first schema: the event log, the read models and the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    _accounts()
    _conversations()
    _legs()
    _outbox()


def _serial() -> "sa.Column[int]":
    return sa.Column("serial", sa.Integer, primary_key=True)


def _text(
    name: str, *, unique: bool | None = None, nullable: bool = False, primary_key: bool = False
) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, unique=unique, nullable=nullable, primary_key=primary_key)


def _index(table: str, *columns: str, name: str = "", where: str = "", unique: bool = False) -> None:
    condition = sa.text(where) if where else None
    op.create_index(
        name or f"ix_{table}_{columns[0]}", table, list(columns), unique=unique, sqlite_where=condition
    )


def _accounts() -> None:
    op.create_table("applications", _serial(), _text("id", unique=True), _text("account"), _text("document"))
    _index("applications", "account")
    op.create_table(
        "numbers",
        _text("msisdn", primary_key=True),
        _text("account"),
        _text("app_id", nullable=True),
        _text("document"),
    )
    _index("numbers", "account")
    _index("numbers", "app_id")
    op.create_table(
        "users",
        _serial(),
        _text("id", unique=True),
        _text("application_id"),
        _text("name"),
        _text("document"),
        sa.UniqueConstraint("application_id", "name"),
    )
    _index("users", "application_id")


def _conversations() -> None:
    op.create_table(
        "events",
        _text("conversation_id"),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("id", sa.Integer),
        _text("type"),
        _text("document"),
        sa.UniqueConstraint("conversation_id", "position"),
        sa.UniqueConstraint("conversation_id", "id"),
    )
    _index("events", "conversation_id", "type", "id", name="ix_events_type")
    op.create_table(
        "conversations",
        _serial(),
        _text("id", unique=True),
        _text("application_id"),
        _text("name"),
        _text("state"),
        _text("created"),
        _text("document"),
    )
    _index("conversations", "application_id")
    _index(
        "conversations",
        "application_id",
        "name",
        name="ix_conversations_name",
        where="state = 'ACTIVE'",
        unique=True,
    )
    op.create_table(
        "members",
        _serial(),
        _text("id", unique=True),
        _text("conversation_id"),
        _text("user_id"),
        _text("document"),
    )
    _index("members", "conversation_id")
    _index("members", "user_id")


def _legs() -> None:
    op.create_table(
        "legs",
        _serial(),
        _text("id", unique=True),
        _text("application_id"),
        _text("conversation_id"),
        _text("status"),
        _text("created"),
        _text("document"),
    )
    _index("legs", "application_id")
    _index("legs", "conversation_id")
    _index(
        "legs",
        "serial",
        name="ix_legs_open",
        where="status NOT IN"
        " ('completed', 'busy', 'cancelled', 'failed', 'rejected', 'timeout', 'unanswered')",
    )
    op.create_table(
        "recordings",
        _serial(),
        _text("id", unique=True),
        _text("application_id"),
        _text("end_time", nullable=True),
        _text("document"),
    )
    _index("recordings", "serial", name="ix_recordings_open", where="end_time IS NULL")


def _outbox() -> None:
    op.create_table(
        "deliveries",
        _text("id", primary_key=True),
        _text("application_id"),
        sa.Column("order", sa.Integer, nullable=False),
        _text("state"),
        _text("document"),
    )
    _index("deliveries", "order", name="ix_deliveries_pending", where="state = 'pending'")
    _index("deliveries", "application_id", "order", name="ix_deliveries_owed", where="state = 'pending'")
