"""Where a peer may have us send its stream: no description turns us against a third party's network."""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address

from signalling.sdp.errors import SdpError

Address = IPv4Address | IPv6Address

_NO_HOSTS = (IPv4Network("0.0.0.0/8"), IPv4Network("240.0.0.0/4"))
"""This network, and what is reserved, where all of a network is reached by its last address (RFC 6890)."""


@dataclass(frozen=True, slots=True)
class Destinations:
    """The addresses that `c=` may name: those that `allows` says yes to, and the peer's own."""

    allows: Callable[[str], bool]
    """Judges a numeric address: the owner of the gateway knows which networks are whose."""
    peer: str = ""
    """Where the peer's signalling comes from. It stands in for a private address, which a NAT hides."""

    def admit(self, host: str, own: str) -> str:
        """Give the address to send to. Raises SdpError (488) for one that the peer may not name.

        `host` is the numeric address of `c=`; `own` is the address that we listen at.
        """
        address = _plain(host)
        if address.is_unspecified or host == self.peer or self.allows(host):
            return host
        if address.is_loopback or address.is_link_local or host == own or not self.peer:
            raise SdpError("stream address is not allowed")
        return self.peer


def check_unicast(host: str) -> None:
    """Refuse names, which the media plane would have to look up, and what is no one host's address.

    The unspecified address passes: it means hold. Raises SdpError (488).
    """
    try:
        address = _plain(host)
    except ValueError:
        raise SdpError("stream address is not numeric") from None
    if address.is_multicast:
        raise SdpError("stream is multicast")
    if not address.is_unspecified and any(address in network for network in _NO_HOSTS):
        raise SdpError("stream address is no host's")


def _plain(host: str) -> Address:
    """Read an address; IPv4 inside IPv6 is judged as what it is."""
    address = ip_address(host)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
