"""Programmable SIP domains, with their users."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the table; there are none yet."""
    op.create_table(
        "sip_domains",
        sa.Column("serial", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_index("ix_sip_domains_account", "sip_domains", ["account"])
