"""A data directory is served by one gateway at a time."""

from pathlib import Path

import click
import pytest

from gateway.cli.lock import held

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
