"""Bans by command, against the interface itself."""

import pytest

from tests.contract.gateway.cli.fakes import Shell

pytestmark = pytest.mark.contract


def test_a_ban_is_seen_and_lifted(typing: Shell) -> None:
    (ban,) = typing.json("sip", "bans", "list")
    assert (ban["source"], ban["reason"]) == ("192.0.2.66", "too many messages")
    assert "192.0.2.66" in typing.run("sip", "bans", "list").stdout
    assert typing.run("sip", "bans", "lift", "192.0.2.66").exit_code == 0
    assert typing.run("sip", "bans", "list").stdout == "Nobody is banned.\n"
    assert typing.run("sip", "bans", "lift", "192.0.2.66").exit_code != 0
