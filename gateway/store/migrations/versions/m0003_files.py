"""Files: recordings as media, and what is uploaded."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Nothing yet."""
