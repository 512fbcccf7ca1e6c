"""An engine without threads, sockets or time."""

from collections.abc import Iterator

import pytest

from media.engine.compile import COMPILED
from tests.support.board import Board


@pytest.fixture
def board() -> Iterator[Board]:
    if COMPILED:
        pytest.skip("a compiled tick makes true system calls; the contract tests do that")
    made = Board()
    yield made
    made.close()
