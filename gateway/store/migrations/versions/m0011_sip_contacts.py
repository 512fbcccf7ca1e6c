"""Where SIP phones are registered."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the table; there are none yet."""
    op.create_table(
        "sip_contacts",
        sa.Column("serial", sa.Integer, primary_key=True),
        sa.Column("aor", sa.Text, nullable=False, unique=True),
        sa.Column("document", sa.Text, nullable=False),
    )
