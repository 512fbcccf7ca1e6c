"""The schema's history, and how a database is brought up to its end.

A new migration is a file in `versions/`; `HEAD` names the last one.
"""

import sqlite3
from pathlib import Path

HEAD = "0012"
"""The revision that this version of the gateway works with."""


def upgrade(path: Path) -> None:
    """Make or upgrade the schema of the database at `path`, all of it or nothing.

    Costs one query when the database is up to date: alembic is imported only when it has work.
    """
    if _revision(path) == HEAD:
        return
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine, event

    engine = create_engine(f"sqlite:///{path}")
    # The driver commits before some statements unless it is told to keep out: then a killed upgrade would
    # leave half a schema.
    event.listen(engine, "connect", _leave_transactions_alone)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)
    engine.dispose()


def _revision(path: Path) -> str | None:
    connection = sqlite3.connect(path)
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError:
        return None
    finally:
        connection.close()
    return row[0] if row else None


def _leave_transactions_alone(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
