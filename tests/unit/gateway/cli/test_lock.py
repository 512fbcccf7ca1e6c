"""A data directory is served by one gateway at a time."""

import os
from pathlib import Path

import click
import pytest

from gateway.cli.lock import held, last_holder

pytestmark = pytest.mark.unit


def test_the_second_is_refused_and_the_next_is_let_in(tmp_path: Path) -> None:
    with (
        held(tmp_path),
        pytest.raises(click.ClickException, match="Another gateway is serving"),
        held(tmp_path),
    ):
        pass
    with held(tmp_path):
        pass


def test_the_holder_is_known(tmp_path: Path) -> None:
    assert last_holder(tmp_path) is None
    for _ in range(2):
        with held(tmp_path):
            assert last_holder(tmp_path) == os.getpid()
