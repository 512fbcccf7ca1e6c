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
    assert "192.0.2.1:5060" in table, "where its servers are"
    assert "1 33" in table
    assert "configured" in table

    assert typing.run("trunk", "remove", "carrier", "--yes").exit_code == 0
    assert typing.run("trunk", "list", "--quiet").stdout == "configured\n"


def test_a_trunk_is_shown_and_tested(typing: Shell) -> None:
    assert typing.json("trunk", "show", "configured")["settings"]["host"] == "192.0.2.1"
    tested = typing.run("trunk", "test", "configured")
    assert tested.exit_code == 0
    answer = next(line for line in tested.stdout.splitlines() if line.startswith("192.0.2.1"))
    assert answer.split() == ["192.0.2.1", "192.0.2.1:5060", "udp", "200", "OK", "12.5"]
    assert "prefixes: 44\n" in tested.stdout
    assert "codecs: PCMU PCMA G722 opus\n" in tested.stdout
    assert "no trouble is known" in tested.stdout
    (server,) = typing.json("trunk", "test", "configured")["servers"]
    assert (server["status"], server["time_ms"]) == (200, 12.5)


def test_a_server_that_does_not_answer_is_told_with_what_to_do(typing: Shell, carrier: Path) -> None:
    carrier.write_text(CARRIER.replace("two", "dead").replace('prefixes = ["44"]', ""))
    typing.json("trunk", "add", str(carrier))
    tested = typing.run("trunk", "test", "carrier")
    assert tested.exit_code == 1
    assert "prefixes: none, so no number may be called by it" in tested.stdout
    (trouble,) = [line for line in tested.stdout.splitlines() if "Look at" in line]
    assert trouble.startswith("dead.example.com (192.0.2.1:5060, tcp): nothing was heard.")
    machine = typing.run("trunk", "test", "carrier", "--json")
    assert machine.exit_code == 1
    assert trouble in machine.stdout
    assert typing.run("trunk", "remove", "carrier", "--yes").exit_code == 0


def test_a_trunk_that_is_not_there_cannot_be_tested(typing: Shell) -> None:
    tested = typing.run("trunk", "test", "nobody")
    assert tested.exit_code == 1
    assert "cordboard trunk list" in tested.stderr


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
