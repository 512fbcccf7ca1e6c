"""What falls due: invitations, empty conversations, what has been kept long enough."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Nothing yet."""
