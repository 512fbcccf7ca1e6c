"""Whose hosts the streams of calls may be sent to."""

from ipaddress import ip_address, ip_network

from gateway.routing.trunks import Trunks
from gateway.webhooks.addresses import AddressPolicy


class StreamHosts:
    """Public hosts, those that the operator lists, and those of trunks. Our own only if it is listed."""

    def __init__(self, listed: tuple[str, ...], trunks: Trunks, own: str) -> None:
        """`listed`: networks in CIDR; `own`: the address that RTP comes to."""
        self._policy = AddressPolicy(listed)
        self._listed = [ip_network(network) for network in listed]
        self._trunks = trunks
        self._own = own

    def allows(self, host: str) -> bool:
        """Whether a peer may name this numeric address for its stream."""
        if host == self._own:
            return any(ip_address(host) in network for network in self._listed)
        return self._policy.admits(host) or self._trunks.of_source(host) is not None
