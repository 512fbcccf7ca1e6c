"""The operator's trunks: which of them a call may leave by, and which it came in by."""

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from gateway.config import TrunkSettings
from gateway.routing.number_format import is_e164
from gateway.routing.toll import is_allowed

DEFAULT_PORT = 5060

MAX_TRUNKS = 1_000
"""Configured and stored: they are searched one after the other."""

Network = IPv4Network | IPv6Network

Server = tuple[str, int]
"""Address and port."""


class NoTrunk(Exception):
    """No trunk may carry the call; the text says what the operator can do."""


class Trunks:
    """The trunks in the order in which they are asked: those of the configuration, then the stored ones."""

    def __init__(self, configured: Sequence[TrunkSettings] = (), vbc: str = "") -> None:
        """`vbc`: the name of the trunk behind which extensions are."""
        self.configured = tuple(configured)
        self._stored: dict[str, TrunkSettings] = {}
        self._servers: dict[str, frozenset[Server]] = {}
        self._vbc = vbc

    def __iter__(self) -> Iterator[TrunkSettings]:
        yield from self.configured
        yield from self._stored.values()

    def __len__(self) -> int:
        return len(self.configured) + len(self._stored)

    def store(self, trunk: TrunkSettings) -> None:
        """Enter a stored trunk, or replace it."""
        self._stored[trunk.name] = trunk

    def remove(self, name: str) -> None:
        """Forget a stored trunk."""
        self._stored.pop(name, None)
        self._servers.pop(name, None)

    def find(self, name: str) -> TrunkSettings | None:
        """The trunk of that name."""
        return next((trunk for trunk in self if trunk.name == name), None)

    def is_configured(self, name: str) -> bool:
        """Whether it stands in the configuration, which alone can change it."""
        return any(trunk.name == name for trunk in self.configured)

    def for_number(self, number: str, only: str = "") -> tuple[TrunkSettings, ...]:
        """The trunks that may carry a call to the number, in order. Raises NoTrunk.

        `only` names the one that may be asked, where not all may.
        """
        if not is_e164(number):
            raise NoTrunk("a number of 7 to 15 digits is needed, country code first, no +")
        found = tuple(trunk for trunk in self if only in ("", trunk.name) and is_allowed(number, trunk))
        if found:
            return found
        if only:
            raise NoTrunk(f"no trunk {only} may carry {number}")
        if not len(self):
            raise NoTrunk("there is no trunk; add [[trunks]] with prefixes to the configuration")
        raise NoTrunk(f"no trunk has a prefix that {number} begins with, or it is denied")

    def for_extension(self) -> TrunkSettings:
        """The trunk to every extension. Raises NoTrunk."""
        found = self.find(self._vbc) if self._vbc else None
        if found is None:
            raise NoTrunk("no VBC system is configured; set [vbc] trunk to the name of a trunk")
        return found

    def located(self, name: str, servers: Iterable[Server]) -> None:
        """Note where a trunk's targets are: what they send is the trunk's, and what they get."""
        self._servers[name] = frozenset(servers)

    def serving(self, host: str, port: int | None = None) -> TrunkSettings | None:
        """The trunk that has a server there: at the name that it is configured with, or at an address.

        Every port of a carrier's machine leads to the carrier; on ours they belong to different programs.
        """
        place = (host.lower(), port or DEFAULT_PORT)
        machine = _machine(host)
        for trunk in self:
            servers = self._servers.get(trunk.name, frozenset())
            if place in servers or place in _names(trunk) or machine in (_machine(at) for at, _ in servers):
                return trunk
        return None

    def networks(self) -> list[Network]:
        """Everywhere that trunks call from without a password."""
        return [network for trunk in self for network in self._networks_of(trunk)]

    def logins(self) -> dict[str, str]:
        """Username and password of the trunks that call from anywhere."""
        return {trunk.inbound_username: trunk.inbound_password for trunk in self if trunk.inbound_username}

    def of_source(self, host: str, username: str = "") -> TrunkSettings | None:
        """The trunk that a call came in by: that of the digest user, else the first with the address."""
        if username:
            return next((trunk for trunk in self if trunk.inbound_username == username), None)
        try:
            address = ip_address(host)
        except ValueError:
            return None
        return next(
            (trunk for trunk in self if any(address in network for network in self._networks_of(trunk))), None
        )

    def _networks_of(self, trunk: TrunkSettings) -> Iterator[Network]:
        for text in trunk.networks:
            yield ip_network(text)
        for host in sorted({host for host, _ in self._servers.get(trunk.name, ())}):
            yield ip_network(host)


def _names(trunk: TrunkSettings) -> Iterator[Server]:
    """Its servers as they are configured."""
    return ((target.host.lower(), target.port or DEFAULT_PORT) for target in trunk.all_targets())


def _machine(host: str) -> object:
    """What is one machine of somebody else's, to be compared; a name and loopback are none."""
    try:
        address = ip_address(host)
    except ValueError:
        return object()
    return object() if address.is_loopback else address
