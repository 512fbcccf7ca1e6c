"""The schema that the migrations make is the one that the tables describe."""

import sqlite3
from pathlib import Path

import msgspec
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from gateway.store import migrations
from gateway.store.queries import NumberFilter, Window
from gateway.store.sqlite import SqliteStore
from gateway.store.tables import metadata
from tests.support import records

pytestmark = pytest.mark.contract


def test_the_migrations_end_where_the_tables_are(tmp_path: Path) -> None:
    migrations.upgrade(tmp_path / "store.db")
    engine = create_engine(f"sqlite:///{tmp_path}/store.db")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_the_conditions_of_partial_indexes_agree(tmp_path: Path) -> None:
    migrations.upgrade(tmp_path / "migrated.db")
    engine = create_engine(f"sqlite:///{tmp_path}/described.db")
    metadata.create_all(engine)
    engine.dispose()

    def indexes(name: str) -> list[tuple[str, str]]:
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"
        with sqlite3.connect(tmp_path / name) as connection:
            return [(index, " ".join(sql.split())) for index, sql in connection.execute(query)]

    assert indexes("migrated.db") == indexes("described.db")


async def test_rented_numbers_are_still_rented_after_the_upgrade(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "store.db"
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "HEAD", "0001")
        migrations.upgrade(path)
    rented = records.number("447700900001", app_id="app-1")
    document = msgspec.json.encode(rented).decode()
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO numbers VALUES (?, ?, ?, ?)", (rented.msisdn, "acc-1", "app-1", document)
        )
    store = await SqliteStore.open(path)
    page = await store.numbers("acc-1", Window(), NumberFilter(country="GB", app_id="app-1"))
    await store.close()
    assert page.rows == [rented]


def test_head_names_the_last_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_current_head() == migrations.HEAD


def test_a_database_that_is_up_to_date_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "store.db"
    migrations.upgrade(path)

    def fail(*_: object) -> None:
        raise AssertionError("alembic was asked")

    monkeypatch.setattr("alembic.command.upgrade", fail)
    migrations.upgrade(path)


def test_an_upgrade_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "100% store.db"
    original = migrations.HEAD
    monkeypatch.setattr("alembic.op.create_index", _broken)
    with pytest.raises(RuntimeError):
        migrations.upgrade(path)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    monkeypatch.undo()
    migrations.upgrade(path)
    assert migrations._revision(path) == original


def test_rows_of_before_get_their_dates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "store.db"
    monkeypatch.setattr(migrations, "HEAD", "0003")
    migrations.upgrade(path)
    monkeypatch.undo()
    ended = '{"end_time": "2024-05-01T12:00:00.000Z", "created": "2024-05-01T11:00:00.000Z"}'
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO legs (id, application_id, conversation_id, status, created, document)"
            " VALUES ('leg-1', 'app-1', 'CON-1', 'completed', '', ?),"
            " ('leg-2', 'app-1', 'CON-1', 'answered', '', '{}')",
            (ended,),
        )
        connection.execute(
            'INSERT INTO deliveries (id, application_id, "order", state, document)'
            " VALUES ('d1', 'app-1', 1, 'dead', ?)",
            (ended,),
        )
        connection.execute(
            "INSERT INTO recordings (id, application_id, end_time, document) VALUES ('r1', 'app-1', ?, '{}')",
            ("2024-05-01T12:00:00.000Z",),
        )
    migrations.upgrade(path)
    with sqlite3.connect(path) as connection:
        ends = connection.execute("SELECT end_time FROM legs ORDER BY id").fetchall()
        made = connection.execute("SELECT created FROM deliveries").fetchall()
        kept = connection.execute("SELECT due, kept_since FROM recordings").fetchall()
    assert ends == [("2024-05-01T12:00:00.000Z",), (None,)]
    assert made == [("2024-05-01T11:00:00.000Z",)]
    assert kept == [(None, "2024-05-01T12:00:00.000Z")]


def _broken(*_: object, **__: object) -> None:
    raise RuntimeError("no more")
