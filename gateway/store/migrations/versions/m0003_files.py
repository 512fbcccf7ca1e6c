"""Files: recordings as media, what is uploaded, and reports."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables, and list the recordings that there are."""
    op.create_table(
        "media",
        sa.Column("serial", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("application_id", sa.Text),
        sa.Column("created", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_index("ix_media_account", "media", ["account", "created"])
    op.create_table(
        "reports",
        sa.Column("serial", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("received", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_index("ix_reports_account", "reports", ["account", "received"])
    op.create_index(
        "ix_reports_open",
        "reports",
        ["serial"],
        sqlite_where=sa.text("status IN ('PENDING', 'PROCESSING')"),
    )
    op.add_column("events", sa.Column("leg_id", sa.Text))
    op.execute("UPDATE events SET leg_id = document ->> '$.body.leg.id' WHERE type = 'leg:created'")
    op.create_index("ix_events_leg", "events", ["leg_id"], sqlite_where=sa.text("leg_id IS NOT NULL"))
    op.execute(_LIST_RECORDINGS)


_LIST_RECORDINGS = """
INSERT INTO media (id, account, application_id, created, document)
SELECT r.id, a.account, a.id, r.end_time, json_object(
    'id', r.id,
    'account', a.account,
    'application_id', a.id,
    'path', r.document ->> '$.path',
    'name', r.id || '.' || (r.document ->> '$.format'),
    'mime_type', CASE r.document ->> '$.format'
        WHEN 'mp3' THEN 'audio/mpeg' WHEN 'ogg' THEN 'audio/ogg' ELSE 'audio/wav' END,
    'size', r.document ->> '$.size',
    'created', r.end_time,
    'updated', r.end_time
)
FROM recordings r JOIN applications a ON a.id = r.application_id
WHERE r.end_time IS NOT NULL AND (r.document ->> '$.size') > 0
ORDER BY r.serial
"""
