"""Programmable SIP by command, against the interface itself."""

from collections.abc import Iterator

import pytest

from gateway.store.records import SipContact
from tests.contract.gateway.cli.fakes import Shell
from tests.contract.gateway.cli.served import Served
from tests.support.api import APPLICATION

pytestmark = pytest.mark.contract

CONTACT = SipContact(
    uri="sip:ann@192.0.2.7",
    transport="udp",
    remote=("192.0.2.7", 5060),
    local=("192.0.2.1", 5060),
    expires=0,
    call_id="a",
    cseq=1,
)


@pytest.fixture
def bakery(typing: Shell) -> Iterator[str]:
    """A domain."""
    options = ("--from", "192.0.2.0/24", "--from", "::1", "--digest", "--tls", "always", "--srtp", "never")
    added = typing.json("sip", "domain", "add", "bakery", APPLICATION, *options, "--type", "trunk")
    assert added == {
        "name": "bakery",
        "application_id": APPLICATION,
        "acl": ["192.0.2.0/24", "::1"],
        "digest_auth": True,
        "tls": "always",
        "srtp": "never",
        "domain_type": "trunk",
    }
    yield "bakery"
    assert typing.run("sip", "domain", "remove", "bakery", "--yes").exit_code == 0
    assert typing.json("sip", "domain", "list") == []


def test_domains_are_shown_and_listed(typing: Shell, bakery: str) -> None:
    (listed,) = typing.json("sip", "domain", "list")
    assert typing.json("sip", "domain", "show", bakery) == listed
    table = typing.run("sip", "domain", "list").stdout
    assert "192.0.2.0/24 ::1" in table
    assert typing.run("sip", "domain", "list", "--quiet").stdout == "bakery\n"


def test_a_domain_that_is_not_there_is_told_with_what_helps(typing: Shell) -> None:
    refused = typing.run("sip", "domain", "show", "butcher")
    assert refused.exit_code == 1
    assert "cordboard sip domain list" in refused.stderr


def test_users_come_and_go(typing: Shell, bakery: str) -> None:
    made = typing.json("sip", "user", "add", bakery, "ann")
    assert len(made["secret"]) >= 8
    given = typing.json("sip", "user", "add", bakery, "bob", "--secret", "sesame-open")
    assert given == {"key": "bob", "secret": "sesame-open"}
    assert typing.run("sip", "user", "add", bakery, "bob").exit_code == 1
    assert typing.json("sip", "user", "add", bakery, "bob", "--replace")["secret"] != "sesame-open"
    assert typing.json("sip", "user", "list", bakery) == [{"key": "ann"}, {"key": "bob"}]
    assert typing.run("sip", "user", "remove", bakery, "ann", "--yes").stdout == "ann removed\n"
    assert typing.run("sip", "user", "list", bakery, "--quiet").stdout == "bob\n"


def test_who_is_registered(typing: Shell, served: Served, bakery: str) -> None:
    assert typing.run("sip", "registrations", bakery).stdout == "Nobody is registered.\n"
    typing.json("sip", "user", "add", bakery, "ann")
    served.api.contacts.known[bakery, "ann"] = (CONTACT,)
    (row,) = typing.json("sip", "registrations", bakery)
    assert (row["key"], row["uri"], row["address"]) == ("ann", "sip:ann@192.0.2.7", "192.0.2.7:5060")
