"""Who may send us requests: callers of SIP domains, trusted networks, digest users, and nobody else.

A request that names a domain is judged by that domain alone: a source that the gateway trusts is no friend
of every tenant.
"""

from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Protocol

from signalling.sdp.stream import SrtpPolicy
from signalling.sip.addresses import SECURE, peer_of
from signalling.sip.attempts import Attempts
from signalling.sip.calls import Flow
from signalling.sip.digest import ALGORITHMS, Nonces, UserKey, Users, Verifier, challenges, is_meant, make_key
from signalling.sip.digest import Verdict as Judgement
from signalling.sip.errors import RemoteSipError
from signalling.sip.headers.auth import Credentials
from signalling.sip.message import Request
from signalling.sip.uri import SipUri

MAX_CREDENTIALS = 4
"""Authorization lines looked at. A request that crossed several realms has one for each."""

# RFC 3261 section 22.1: nobody can answer a challenge to these, and alone they do nothing.
_UNCHALLENGED = frozenset({"ACK", "CANCEL"})

Network = IPv4Network | IPv6Network
Policy = SrtpPolicy
"""Whether something is asked for, taken or refused."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """Go on. `account` is the digest user, empty for a trusted source."""

    account: str = ""
    domain: str = ""
    """The programmable SIP domain that let it in; empty for trunks and the gateway's own users."""

    @property
    def is_known(self) -> bool:
        """Whether it is the operator's trunk, or proved a password: anybody can write a domain's sources."""
        return bool(self.account) or not self.domain


@dataclass(frozen=True, slots=True)
class Challenged:
    """Answer 401 with these WWW-Authenticate values, in this order."""

    headers: tuple[str, ...]
    wrong: str = ""
    """The user whose name or password was wrong; empty when nobody tried."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Answer with this status."""

    status_code: int = 403


Verdict = Admitted | Challenged | Refused


@dataclass(frozen=True, slots=True)
class Door:
    """What a programmable SIP domain asks of those who call it."""

    name: str
    """Its realm, too."""
    networks: tuple[Network, ...]
    """Where calls may come from."""
    users: Users
    asks_password: bool
    """Calls need one besides; registrations always do, since they are somebody's."""
    tls: Policy = "optional"


class Domains(Protocol):
    """The programmable SIP domains of the gateway."""

    def find(self, host: str) -> Door | None:
        """The domain that the host of a request-URI names, if it names one."""
        ...


class Guard:
    """Judges a request by its source and its credentials.

    Of those that it turns away it keeps a count by the name that they tried, and nothing else.
    """

    def __init__(
        self,
        trusted: Iterable[Network],
        users: Mapping[str, str],
        realm: str,
        nonces: Nonces,
        domains: Domains | None = None,
        *,
        accounts: Users | None = None,
        algorithms: Sequence[str] = ALGORITHMS,
    ) -> None:
        """`users`: name to password. `accounts` are more of them, as they are at the time of a request.

        `algorithms`: what strangers are challenged by, some of `ALGORITHMS`.
        """
        self._trusted = tuple(trusted)
        self._peers: tuple[Network, ...] = ()
        self._peer_users: dict[str, tuple[UserKey, ...]] = {}
        own = {name: (make_key(name, realm, password),) for name, password in users.items()}
        known: Users = ChainMap(own, self._peer_users, {} if accounts is None else accounts)  # type: ignore[arg-type]
        self._verifier = Verifier(realm, known, nonces, algorithms)
        self._attempts = Attempts()
        self._domains = domains

    def trust(self, networks: Iterable[Network], users: Mapping[str, str]) -> None:
        """Let the operator's trunks in, too: these, in place of those that were named before."""
        self._peers = tuple(networks)
        realm = self._verifier.realm
        self._peer_users.clear()
        self._peer_users |= {name: (make_key(name, realm, secret),) for name, secret in users.items()}

    @property
    def networks(self) -> tuple[Network, ...]:
        """The networks that are trusted, the trunks' among them."""
        return self._trusted + self._peers

    def trusts(self, host: str) -> bool:
        """Whether an address is a trunk's or a trusted network's."""
        return is_in(host, self._trusted) or is_in(host, self._peers)

    def admit(self, request: Request, flow: Flow, now: float) -> Verdict:
        """Judge one request; `now` in seconds. Where there are users, ACK and CANCEL pass unchallenged."""
        door = self._door(request)
        return (
            self._by_source(request, flow, now) if door is None else self._by_door(door, request, flow, now)
        )

    def admit_within(self, owner: Admitted, request: Request, flow: Flow, now: float) -> Verdict:
        """Judge a request in a call with `owner` that comes from where its party was not seen yet.

        Who logged in does so again. ACK and CANCEL, for which nobody can be asked for a password, say
        nobody's name and are refused then.
        """
        door = self._door_of(owner)
        if self.stands_in(owner, flow):
            return owner
        if not owner.account or (owner.domain and (door is None or not _is_open(door, flow))):
            return Refused()
        verdict = self._by_password(self._verifier_of(door), request, flow.remote[0], now)
        is_another = isinstance(verdict, Admitted) and verdict.account != owner.account
        return Refused() if is_another else verdict

    def stands_in(self, owner: Admitted, flow: Flow) -> bool:
        """Whether who is there is believed for `owner`: servers that need no password are for each other."""
        door = self._door_of(owner)
        if owner.domain:
            return door is not None and _is_open(door, flow) and not owner.account
        return self.trusts(flow.remote[0])

    def _door_of(self, owner: Admitted) -> Door | None:
        return self._domains.find(owner.domain) if self._domains is not None and owner.domain else None

    def _door(self, request: Request) -> Door | None:
        if self._domains is None or not isinstance(request.uri, SipUri):
            return None
        return self._domains.find(request.uri.host)

    def _by_source(self, request: Request, flow: Flow, now: float) -> Verdict:
        source = flow.remote[0]
        if self.trusts(source):
            return Admitted()
        if not self._verifier.users:
            return Refused()
        return self._by_password(self._verifier, request, source, now)

    def _by_door(self, door: Door, request: Request, flow: Flow, now: float) -> Verdict:
        if not _is_open(door, flow):
            return Refused()
        if not (door.asks_password or request.method == "REGISTER"):
            return Admitted(domain=door.name)
        if not door.users:
            return Refused()
        verdict = self._by_password(self._verifier_of(door), request, flow.remote[0], now)
        return Admitted(verdict.account, door.name) if isinstance(verdict, Admitted) else verdict

    def _verifier_of(self, door: Door | None) -> Verifier:
        own = self._verifier
        return own if door is None else Verifier(door.name, door.users, own.nonces, own.algorithms)

    def _by_password(
        self, verifier: Verifier, request: Request, source: str, now: float
    ) -> Admitted | Challenged:
        if request.method in _UNCHALLENGED:
            return Admitted()
        stale, wrong = False, ""
        for credentials in _credentials(request, verifier.realm):
            name = f"{credentials.username}\n{verifier.realm}"
            verdict: Judgement = "wrong"
            if is_meant(credentials, request.uri) and self._attempts.may_try(name, source, now):
                verdict = verifier.verify(credentials, request.method, now, source)
            if verdict == "ok":
                self._attempts.succeed(name, source)
                return Admitted(credentials.username)
            if verdict == "wrong":
                self._attempts.fail(name, now)
                wrong = wrong or credentials.username or "?"
            stale = stale or verdict == "stale"
        nonce = verifier.nonces.issue(now, source)
        offered = challenges(verifier.realm, nonce, stale=stale, algorithms=verifier.algorithms)
        return Challenged(tuple(offered), wrong)


def _is_open(door: Door, flow: Flow) -> bool:
    """Whether a domain takes anything from there, and over that transport."""
    is_secure = flow.transport in SECURE
    return is_in(flow.remote[0], door.networks) and door.tls != ("never" if is_secure else "always")


def _credentials(request: Request, realm: str) -> list[Credentials]:
    """Credentials for a realm. Malformed ones count as none: the challenge tells what we expect."""
    found: list[Credentials] = []
    for value in request.headers.lines("Authorization")[:MAX_CREDENTIALS]:
        try:
            credentials = Credentials.parse(value)
        except RemoteSipError:
            continue
        if credentials.realm == realm:
            found.append(credentials)
    return found


def is_in(source: str, networks: Iterable[Network]) -> bool:
    """Whether an address belongs to one of the networks."""
    address = peer_of(source)
    return address is not None and any(address in network for network in networks)
