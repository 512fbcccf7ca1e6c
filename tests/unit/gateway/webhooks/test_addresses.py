"""The table of addresses that a customer's URL may and may not lead to."""

from ipaddress import ip_address

import pytest

from gateway.webhooks.addresses import MAX_REMEMBERED, AddressPolicy, address_of, classify

pytestmark = pytest.mark.unit

PUBLIC = (
    "8.8.8.8",
    "1.1.1.1",
    "168.63.129.15",
    "172.15.0.1",
    "100.128.0.1",
    "2606:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
)

FORBIDDEN = {
    "0.0.0.0": "this network",
    "10.1.2.3": "private",
    "100.64.0.1": "carrier-grade NAT",
    "100.100.100.200": "carrier-grade NAT",
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "168.63.129.16": "cloud host",
    "169.254.169.254": "link-local",
    "172.31.255.255": "private",
    "192.0.0.8": "protocol assignments",
    "192.0.0.192": "protocol assignments",
    "192.0.2.1": "documentation",
    "192.88.99.1": "6to4 relay",
    "192.168.1.1": "private",
    "198.19.0.1": "benchmarking",
    "224.0.0.1": "multicast",
    "255.255.255.255": "reserved",
    "::": "unspecified",
    "::1": "loopback",
    "::7f00:1": "reserved",
    "::ffff:127.0.0.1": "loopback",
    "::ffff:169.254.169.254": "link-local",
    "64:ff9b::7f00:1": "loopback",
    "64:ff9b:1::1": "reserved",
    "100::1": "discard",
    "2001:0:4136:e378::1": "Teredo",
    "2001:db8::1": "documentation",
    "2002:7f00:1::": "6to4",
    "2002:808:808::": "6to4",
    "3fff::1": "documentation",
    "fc00::1": "private",
    "fd12:3456::1": "private",
    "fd00:ec2::254": "private",
    "fe80::1": "link-local",
    "fec0::1": "site-local",
    "ff02::1": "multicast",
    "4000::1": "reserved",
}


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert classify(ip_address(address)) == "public"
    assert AddressPolicy().admits(address)


@pytest.mark.parametrize(("address", "kind"), FORBIDDEN.items())
def test_forbidden(address: str, kind: str) -> None:
    assert classify(ip_address(address)) == kind
    assert not AddressPolicy().admits(address)


def test_the_operator_admits_networks() -> None:
    policy = AddressPolicy(("127.0.0.0/8", "fd00::/8"))
    assert policy.admits("127.0.0.1")
    assert policy.admits("::ffff:127.0.0.1")
    assert policy.admits("fd00::1")
    assert not policy.admits("10.0.0.1")
    assert not policy.admits("::1")


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "2130706433", "1.2.3.4.5", "fe80::1%eth0"])
def test_what_is_not_written_as_an_address_is_not_admitted(text: str) -> None:
    assert not AddressPolicy(("127.0.0.0/8",)).admits(text)


def test_a_wrong_network_is_said_at_once() -> None:
    with pytest.raises(ValueError, match="host bits"):
        AddressPolicy(("10.0.0.1/8",))


def test_few_addresses_are_remembered() -> None:
    policy = AddressPolicy()
    for number in range(MAX_REMEMBERED + 1):
        assert policy.admits(f"8.8.{number >> 8}.{number & 255}")
    assert address_of.cache_info().currsize == MAX_REMEMBERED
    assert classify.cache_info().currsize == MAX_REMEMBERED
