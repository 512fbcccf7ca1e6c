"""Where a peer may have us send its stream: no description turns us against a third party's network."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from signalling.sdp.errors import SdpError

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Destinations:
    """The addresses that `c=` may name: public ones, those of `networks`, and the peer's own."""

    networks: tuple[Network, ...] = ()
    """Networks that are allowed though they are not public: the operator's own word."""
    peer: str = ""
    """Where the peer's signalling comes from. It stands in for a private address, which a NAT hides."""

    def admit(self, host: str, own: str) -> str:
        """Give the address to send to. Raises SdpError (488) for one that the peer may not name.

        `host` is the numeric address of `c=`; `own` is the address that we listen at.
        """
        address = _plain(host)
        if (
            address.is_unspecified
            or host == self.peer
            or any(address in network for network in self.networks)
        ):
            return host
        if address.is_loopback or address.is_link_local or host == own:
            raise SdpError("stream address is not allowed")
        if address.is_global:
            return host
        if not self.peer:
            raise SdpError("stream address is private")
        return self.peer


def check_unicast(host: str) -> None:
    """Refuse names, which the media plane would have to look up, and multicast. Raises SdpError (488)."""
    try:
        address = _plain(host)
    except ValueError:
        raise SdpError("stream address is not numeric") from None
    if address.is_multicast:
        raise SdpError("stream is multicast")


def _plain(host: str) -> Address:
    """Read an address; IPv4 inside IPv6 is judged as what it is."""
    address = ip_address(host)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
