"""What went over the wire for legs."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the table; there are none yet."""
    op.create_table(
        "leg_traces",
        sa.Column("serial", sa.Integer, primary_key=True),
        sa.Column("leg_id", sa.Text, nullable=False, unique=True),
        sa.Column("document", sa.Text, nullable=False),
    )
