"""`cordboard workers`."""

import pytest

from tests.contract.gateway.cli.fakes import Shell

pytestmark = pytest.mark.contract


def test_workers_are_listed(typing: Shell) -> None:
    first, second = typing.json("workers")
    assert (first["number"], first["legs"], second["pid"], second["deaths"]) == (1, 2, None, 4)
    assert "they die" in typing.run("workers").stdout
