"""Who may send us requests: trusted networks, then digest users, nobody else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from signalling.sip.digest import Nonces, Verifier, challenges
from signalling.sip.errors import RemoteSipError
from signalling.sip.headers.auth import Credentials
from signalling.sip.message import Request

MAX_CREDENTIALS = 4
"""Authorization lines looked at. A request that crossed several realms has one for each."""

# RFC 3261 section 22.1: nobody can answer a challenge to these, and alone they do nothing.
_UNCHALLENGED = frozenset({"ACK", "CANCEL"})


@dataclass(frozen=True, slots=True)
class Admitted:
    """Go on. `account` is the digest user, empty for a trusted source."""

    account: str = ""
    domain: str = ""
    """The programmable SIP domain that let it in; empty for trunks and the gateway's own users."""


@dataclass(frozen=True, slots=True)
class Challenged:
    """Answer 401 with these WWW-Authenticate values, in this order."""

    headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """Answer with this status."""

    status_code: int = 403


class Guard:
    """Judges a request by its source and its credentials, and keeps no state for those it turns away."""

    def __init__(
        self,
        trusted: Iterable[IPv4Network | IPv6Network],
        users: Mapping[str, str],
        realm: str,
        nonces: Nonces,
    ) -> None:
        self._trusted = tuple(trusted)
        self._verifier = Verifier(realm, users, nonces)

    def admit(self, request: Request, source_host: str, now: float) -> Admitted | Challenged | Refused:
        """Judge one request; `now` in seconds. Where there are users, ACK and CANCEL pass unchallenged."""
        if self._is_trusted(source_host):
            return Admitted()
        if not self._verifier.users:
            return Refused()
        if request.method in _UNCHALLENGED:
            return Admitted()
        stale = False
        for credentials in self._credentials(request):
            verdict = self._verifier.verify(credentials, request.method, now, source_host)
            if verdict == "ok":
                return Admitted(credentials.username)
            stale = stale or verdict == "stale"
        nonce = self._verifier.nonces.issue(now, source_host)
        return Challenged(tuple(challenges(self._verifier.realm, nonce, stale=stale)))

    def _credentials(self, request: Request) -> list[Credentials]:
        """Credentials for our realm. Malformed ones count as none: the challenge tells what we expect."""
        found: list[Credentials] = []
        for value in request.headers.lines("Authorization")[:MAX_CREDENTIALS]:
            try:
                credentials = Credentials.parse(value)
            except RemoteSipError:
                continue
            if credentials.realm == self._verifier.realm:
                found.append(credentials)
        return found

    def _is_trusted(self, source_host: str) -> bool:
        address = _address(source_host)
        return address is not None and any(address in network for network in self._trusted)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    # A dual-stack socket shows IPv4 peers as ::ffff:a.b.c.d.
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
