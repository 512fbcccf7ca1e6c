"""Addresses and transports: what a host is, and which port and parameter a transport has."""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from signalling.sip.calls import Transport
from signalling.sip.grammar import MAX_REMEMBERED
from signalling.sip.uri import SipUri

Address = IPv4Address | IPv6Address

DEFAULT_PORTS: Mapping[Transport, int] = {"udp": 5060, "tcp": 5060, "tls": 5061, "ws": 80, "wss": 443}
"""RFC 3261 section 19.1.2; RFC 7118 leaves those of HTTP."""

URI_PARAMETERS: Mapping[Transport, str] = {"udp": "", "tcp": "tcp", "tls": "tls", "ws": "ws", "wss": "ws"}
"""The `transport` of a URI; none for UDP, which is what a URI without one means (RFC 7118 section 5.2)."""

SECURE: frozenset[Transport] = frozenset({"tls", "wss"})
"""What a `sips` URI may travel on."""

_OF_PARAMETER: Mapping[tuple[str, str], Transport] = {
    ("sip", "udp"): "udp",
    ("sip", "tcp"): "tcp",
    ("sip", "tls"): "tls",
    ("sip", "ws"): "ws",
    ("sip", "wss"): "wss",
    ("sips", "tcp"): "tls",
    ("sips", "tls"): "tls",
    ("sips", "ws"): "wss",
    ("sips", "wss"): "wss",
}


@lru_cache(MAX_REMEMBERED)
def address_of(host: str) -> Address | None:
    """Read an IP address, IPv6 without brackets; None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def is_address(host: str) -> bool:
    """Whether a host is an IP address, IPv6 without brackets."""
    return address_of(host) is not None


def peer_of(host: str) -> Address | None:
    """Like `address_of`, of a peer: a dual-stack socket shows IPv4 ones as ::ffff:a.b.c.d."""
    address = address_of(host)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


@lru_cache(MAX_REMEMBERED)
def plain(host: str) -> str:
    """Write a host as it compares: an address in its one form, a name in small letters."""
    return str(peer_of(host) or host.lower())


def is_ipv6(host: str) -> bool:
    """Whether an address is IPv6. False for names."""
    return ":" in host


def transport_of(uri: SipUri) -> Transport | None:
    """Read the transport that a URI asks for; None when it leaves the choice (RFC 3263 section 4.1).

    `sips` is served by secure transports only: one that names UDP asks for nothing that there is.
    """
    parameter = (uri.params.get("transport") or "").lower()
    return _OF_PARAMETER.get((uri.scheme, parameter))
