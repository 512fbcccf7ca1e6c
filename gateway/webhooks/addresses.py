"""Which addresses a customer's URL may lead to: our own table, since `ipaddress.is_global` is no guard.

It calls multicast, 6to4, NAT64 and site-local addresses global. Here an IPv4 address is public unless a row
names it, an IPv6 address only inside 2000::/3 and unless a row names it; an address that carries an IPv4 one
is judged by that one. Rows: the IANA special-purpose registries (RFC 6890 and successors), and the one public
address at which a cloud (Azure) serves its machines their secrets; other clouds use link-local ones.
"""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_REMEMBERED = 1024
"""Addresses that are kept as they were read and judged: those of a webhook's host come with every event."""

_SPECIAL = {
    "0.0.0.0/8": "this network",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "carrier-grade NAT",
    "127.0.0.0/8": "loopback",
    "168.63.129.16/32": "cloud host",
    "169.254.0.0/16": "link-local",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "protocol assignments",
    "192.0.2.0/24": "documentation",
    "192.88.99.0/24": "6to4 relay",
    "192.168.0.0/16": "private",
    "198.18.0.0/15": "benchmarking",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
    "::/128": "unspecified",
    "::1/128": "loopback",
    "100::/64": "discard",
    "2001::/32": "Teredo",
    "2001::/23": "protocol assignments",
    "2001:db8::/32": "documentation",
    "2002::/16": "6to4",
    "3fff::/20": "documentation",
    "fc00::/7": "private",
    "fe80::/10": "link-local",
    "fec0::/10": "site-local",
    "ff00::/8": "multicast",
}
_TABLE: list[tuple[Network, str]] = [(ip_network(network), name) for network, name in _SPECIAL.items()]

_GLOBAL_UNICAST = ip_network("2000::/3")
_CARRIERS = (ip_network("::ffff:0:0/96"), ip_network("64:ff9b::/96"))
"""IPv4-mapped and NAT64 (RFC 6052): the last 32 bits are the IPv4 address that is reached."""


@lru_cache(MAX_REMEMBERED)
def address_of(text: str) -> Address | None:
    """Read an address, IPv6 without brackets; None for a name."""
    try:
        return ip_address(text)
    except ValueError:
        return None


@lru_cache(MAX_REMEMBERED)
def classify(address: Address) -> str:
    """`public`, or the name of what it is instead."""
    address = embedded(address)
    for network, name in _TABLE:
        if address in network:
            return name
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return "reserved"
    return "public"


def embedded(address: Address) -> Address:
    """The IPv4 address that an IPv6 one leads to, or the address itself."""
    if any(address in carrier for carrier in _CARRIERS):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


class AddressPolicy:
    """Public addresses, and the networks that the operator allows besides."""

    def __init__(self, allow: tuple[str, ...] = ()) -> None:
        """`allow` is in CIDR. Raises ValueError for what is no network."""
        self._allow = [ip_network(network) for network in allow]

    def admits(self, address: str) -> bool:
        """Whether a customer's URL may lead to this address, given as `getaddrinfo` writes it."""
        parsed = address_of(address)
        if parsed is None:
            return False
        return classify(parsed) == "public" or any(
            candidate in network for network in self._allow for candidate in (parsed, embedded(parsed))
        )
