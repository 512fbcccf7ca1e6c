"""Trunks by command, against the interface itself."""

from pathlib import Path

import pytest

from tests.contract.gateway.cli.fakes import Shell

pytestmark = pytest.mark.contract

CARRIER = """
name = "carrier"
prefixes = ["44"]
username = "me"
password = "swordfish"
[[targets]]
host = "one.example.com"
[[targets]]
host = "two.example.com"
transport = "tcp"
"""


@pytest.fixture
def carrier(tmp_path: Path) -> Path:
    file = tmp_path / "carrier.toml"
    file.write_text(CARRIER)
    return file


def test_a_trunk_comes_changes_and_goes(typing: Shell, carrier: Path) -> None:
    added = typing.json("trunk", "add", str(carrier))
    assert [target["host"] for target in added["targets"]] == ["one.example.com", "two.example.com"]
    assert "swordfish" not in str(added)

    carrier.write_text(CARRIER.replace('"44"', '"1", "33"'))
    assert typing.json("trunk", "add", str(carrier))["settings"]["prefixes"] == ["1", "33"]
    table = typing.run("trunk", "list").stdout
    assert "carrier" in table
    assert "1 33" in table
    assert "configured" in table

    assert typing.run("trunk", "remove", "carrier", "--yes").exit_code == 0
    assert typing.run("trunk", "list", "--quiet").stdout == "configured\n"


def test_a_trunk_is_shown_and_tested(typing: Shell) -> None:
    assert typing.json("trunk", "show", "configured")["settings"]["host"] == "192.0.2.1"
    assert typing.run("trunk", "test", "configured").exit_code == 0


def test_a_trunk_that_is_not_registered_is_told(typing: Shell, carrier: Path) -> None:
    carrier.write_text("register = true\n" + CARRIER)
    typing.json("trunk", "add", str(carrier))
    tested = typing.run("trunk", "test", "carrier")
    assert tested.exit_code == 1
    assert "registering, not registered" in tested.stdout
    assert typing.run("trunk", "remove", "carrier", "--yes").exit_code == 0


@pytest.mark.parametrize("text", ["name =", '[[trunks]]\nname = "a"\n[[trunks]]\nname = "b"'])
def test_a_file_that_cannot_be_used_is_named(typing: Shell, carrier: Path, text: str) -> None:
    carrier.write_text(text)
    refused = typing.run("trunk", "add", str(carrier))
    assert refused.exit_code == 1
    assert str(carrier) in refused.stderr


def test_a_wrong_key_is_named(typing: Shell, carrier: Path) -> None:
    carrier.write_text(CARRIER.replace("two.example.com", "two example"))
    refused = typing.run("trunk", "add", str(carrier))
    assert refused.exit_code == 1
    assert "targets" in refused.stderr
