"""Members by their state: who is in a conversation, and where a user is."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

PRESENT = "state != 'LEFT'"


def upgrade() -> None:
    """Give members a column for the state that their documents have."""
    op.add_column("members", sa.Column("state", sa.Text, nullable=False, server_default=""))
    op.execute("UPDATE members SET state = json_extract(document, '$.state')")
    op.create_index(
        "ix_members_present", "members", ["conversation_id", "user_id"], sqlite_where=sa.text(PRESENT)
    )
    op.create_index("ix_members_presences", "members", ["user_id"], sqlite_where=sa.text(PRESENT))
