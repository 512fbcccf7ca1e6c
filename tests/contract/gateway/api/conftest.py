"""The interface for every test of this folder."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.api import Api
from tests.support.party import Party


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with Api(tmp_path) as served:
        yield served


@pytest.fixture
async def party(api: Api) -> Party:
    """A conversation with users of every kind."""
    return await Party.of(api)
