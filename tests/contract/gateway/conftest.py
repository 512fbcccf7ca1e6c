"""What tests of the gateway share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.store.sqlite import SqliteStore


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """A store with nothing in it."""
    opened = await SqliteStore.open(tmp_path / "store.db")
    yield opened
    await opened.close()
