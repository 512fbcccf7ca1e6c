"""The mark of applications that are deleted, and of whose calls something is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """No application that stands has it."""
    op.add_column("applications", sa.Column("removed", sa.Integer, nullable=False, server_default="0"))
