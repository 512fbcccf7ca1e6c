"""Accounts with their secrets, and the pool of numbers that they rent from."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make both; rented numbers get a place in a list, and their country a column."""
    op.create_table("accounts", _serial(), _text("api_key", unique=True), _text("document"))
    op.create_table(
        "pool",
        _serial(),
        _text("msisdn", unique=True),
        _text("country"),
        _text("type"),
        _text("feature_set"),
        _text("origin"),
        _text("document"),
    )
    op.create_index("ix_pool_origin", "pool", ["origin"])
    op.create_index("ix_pool_country", "pool", ["country"])
    op.create_index("ix_pool_search", "pool", ["country", "type", "feature_set", "msisdn"])
    _numbers()


def _numbers() -> None:
    op.rename_table("numbers", "old_numbers")
    op.drop_index("ix_numbers_account", "old_numbers")
    op.drop_index("ix_numbers_app_id", "old_numbers")
    op.create_table(
        "numbers",
        _serial(),
        _text("msisdn", unique=True),
        _text("account"),
        _text("country"),
        _text("app_id", nullable=True),
        _text("document"),
    )
    op.execute(
        "INSERT INTO numbers (msisdn, account, country, app_id, document)"
        " SELECT msisdn, account, json_extract(document, '$.country'), app_id, document"
        " FROM old_numbers ORDER BY msisdn"
    )
    op.drop_table("old_numbers")
    op.create_index("ix_numbers_account", "numbers", ["account"])
    op.create_index("ix_numbers_app_id", "numbers", ["app_id"])


def _serial() -> "sa.Column[int]":
    return sa.Column("serial", sa.Integer, primary_key=True)


def _text(name: str, *, unique: bool | None = None, nullable: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, unique=unique, nullable=nullable)
