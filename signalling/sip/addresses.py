"""Addresses and transports: what a host is, and which port and parameter a transport has."""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache

from signalling.sip.calls import Transport
from signalling.sip.grammar import MAX_REMEMBERED
from signalling.sip.uri import SipUri

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
def is_address(host: str) -> bool:
    """Whether a host is an IP address, IPv6 without brackets."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@lru_cache(MAX_REMEMBERED)
def plain(host: str) -> str:
    """Write a host as it compares: an address in its one form, a name in small letters."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host.lower()
    # A dual-stack socket shows IPv4 peers as ::ffff:a.b.c.d.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def is_ipv6(host: str) -> bool:
    """Whether an address is IPv6. False for names."""
    return ":" in host


def transport_of(uri: SipUri) -> Transport | None:
    """Read the transport that a URI asks for; None when it leaves the choice (RFC 3263 section 4.1).

    `sips` is served by secure transports only: one that names UDP asks for nothing that there is.
    """
    parameter = (uri.params.get("transport") or "").lower()
    return _OF_PARAMETER.get((uri.scheme, parameter))
