"""The mark of legs that were taken out of lists."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """No leg that stands has it."""
    op.add_column("legs", sa.Column("removed", sa.Integer, nullable=False, server_default="0"))
