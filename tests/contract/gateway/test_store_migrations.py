"""The schema that the migrations make is the one that the tables describe."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from gateway.store import migrations
from gateway.store.tables import metadata

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


def _broken(*_: object, **__: object) -> None:
    raise RuntimeError("no more")
