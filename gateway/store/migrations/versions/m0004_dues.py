"""What falls due: invitations, empty conversations, what has been kept long enough."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Give everything that falls due a column that says when, and an index of what has one."""
    for table, column in (
        ("conversations", "due"),
        ("members", "due"),
        ("legs", "end_time"),
        ("deliveries", "created"),
        ("recordings", "due"),
        ("recordings", "kept_since"),
    ):
        op.add_column(table, sa.Column(column, sa.Text))
    # Conversations and members of earlier versions have neither a ttl that counts nor an end.
    op.execute("UPDATE legs SET end_time = json_extract(document, '$.end_time')")
    op.execute("UPDATE deliveries SET created = json_extract(document, '$.created')")
    op.execute("UPDATE recordings SET kept_since = end_time")
    _index("ix_conversations_due", "conversations", ["due"], "due IS NOT NULL")
    _index("ix_members_due", "members", ["due"], "due IS NOT NULL")
    _index("ix_legs_ended", "legs", ["application_id", "end_time"], "end_time IS NOT NULL")
    _index("ix_deliveries_settled", "deliveries", ["state", "created"], "state != 'pending'")
    _index("ix_recordings_due", "recordings", ["due"], "due IS NOT NULL")
    _index("ix_recordings_kept", "recordings", ["kept_since"], "kept_since IS NOT NULL")


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where))
