"""Which host names which programmable SIP domain, and whose application takes its calls."""

import pytest

from gateway.legs.sip_doors import SipDoors
from gateway.routing.domains import SipDirectory
from gateway.store.records import SipDomainRecord, SipUserRecord

pytestmark = pytest.mark.unit


def domain(name: str = "bakery", **fields: object) -> SipDomainRecord:
    made = {"account": "acc", "application_id": "app", "acl": ("192.0.2.0/24", "2001:db8::1"), "created": ""}
    return SipDomainRecord(name=name, **{**made, **fields})  # type: ignore[arg-type]


@pytest.fixture
def directory() -> SipDirectory:
    directory = SipDirectory(["sip.example.com", "SIP-eu.example.net."], ["gateway", "sip.example.com"])
    directory.put(domain())
    directory.put(domain("gateway"))
    return directory


@pytest.mark.parametrize(
    "host",
    [
        "bakery",
        "BAKERY",
        "bakery.",
        "bakery.sip.example.com",
        "Bakery.sip-EU.example.net",
        "bakery.sip.example.com.",
    ],
)
def test_its_name_alone_or_below_a_suffix(directory: SipDirectory, host: str) -> None:
    assert directory.at(host) == domain()


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "butcher",
        "bakery.example.com",
        "x.bakery.sip.example.com",
        "bakery.sip.example.com.evil",
        "192.0.2.1",
    ],
)
def test_other_hosts_name_no_domain(directory: SipDirectory, host: str) -> None:
    assert directory.at(host) is None


def test_a_domain_takes_no_call_to_the_gateway(directory: SipDirectory) -> None:
    assert directory.at("gateway") is None
    assert directory.at("gateway.sip.example.com") is not None


def test_a_door_is_made_once_and_anew_for_a_changed_domain(directory: SipDirectory) -> None:
    doors = SipDoors(directory)
    first = doors.find("bakery")
    assert first is not None
    assert doors.find("bakery.sip.example.com") is first
    user = SipUserRecord(key="ann", md5="a", sha256="b")
    directory.put(domain(digest_auth=True, tls="always", users=(user,)))
    second = doors.find("bakery")
    assert second is not None
    assert (first.asks_password, second.asks_password, second.tls) == (False, True, "always")
    assert [str(network) for network in second.networks] == ["192.0.2.0/24", "2001:db8::1/128"]
    assert [(key.md5, key.sha256) for key in second.users["ann"]] == [("a", "b")]
    directory.remove("bakery")
    assert doors.find("bakery") is None


def test_doors_of_domains_that_are_gone_are_not_kept(directory: SipDirectory) -> None:
    doors = SipDoors(directory)
    for number in range(100):
        name = f"passing-{number}"
        directory.put(domain(name))
        assert doors.find(name) is not None
        directory.remove(name)
    assert len(doors) <= len(directory) + 1


def test_addresses_name_a_domain_below_the_first_suffix(directory: SipDirectory) -> None:
    assert directory.host_of("bakery") == "bakery.sip.example.com"
    assert SipDirectory().host_of("bakery") == "bakery"
