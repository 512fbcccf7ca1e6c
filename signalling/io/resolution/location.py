"""Which servers a SIP URI means, in which order to try them (RFC 3263 section 4, RFC 2782).

Pure: the questions go out and the answers come in through a generator, and chance is an argument. Records
come from DNS in any order; the order here is ours.
"""

import itertools
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass

from signalling.io.resolution.records import Host, Naptr, Question, Records, Srv
from signalling.sip.addresses import DEFAULT_PORTS, SECURE, is_address, is_ipv6, transport_of
from signalling.sip.calls import Transport
from signalling.sip.uri import SipUri

MAX_TARGETS = 16
"""Addresses tried for one request. At a few seconds each, nobody waits for more."""

Fraction = Callable[[], float]
"""Draws a number from 0 up to, not including, 1."""

Asking = Generator[tuple[Question, ...], tuple[Records, ...], "tuple[Target, ...]"]
"""Yields questions that may be asked at once, is sent their answers in that order, returns the targets."""

_SERVICES: tuple[tuple[Transport, str, str], ...] = (
    ("udp", "SIP+D2U", "_sip._udp"),
    ("tcp", "SIP+D2T", "_sip._tcp"),
    ("tls", "SIPS+D2T", "_sips._tcp"),
)
"""Transport, its NAPTR service and its SRV prefix, in the order that we prefer when a domain says nothing."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is to go: of a URI, or of a trunk. What is not said is None, and found out."""

    host: str
    port: int | None = None
    transport: Transport | None = None
    secure: bool = False
    """Only TLS will do (`sips`)."""

    @classmethod
    def of(cls, uri: SipUri) -> "Place":
        """Read the place from a URI; `maddr` stands for its host (RFC 3263 section 4)."""
        return cls(uri.params.get("maddr") or uri.host, uri.port, transport_of(uri), uri.scheme == "sips")


@dataclass(frozen=True, slots=True)
class Target:
    """One address to try."""

    transport: Transport
    address: str
    port: int
    name: str
    """The domain that was asked for: what a certificate must name, whatever DNS said (RFC 5922 section 4)."""


@dataclass(frozen=True, slots=True)
class _Server:
    transport: Transport
    host: str
    port: int


def locate(place: Place, families: frozenset[int], fraction: Fraction) -> Asking:
    """Find the targets of a place; none when it has no address of `families` (4, 6 or both)."""
    default = place.transport or ("tls" if place.secure else "udp")
    itself = _Server(default, place.host, place.port or DEFAULT_PORTS[default])
    if is_address(place.host) or place.port is not None or default in ("ws", "wss"):
        servers = [itself]
    else:
        servers = (yield from _servers(place, fraction)) or [itself]
    return (yield from _targets(servers, families, place.host))


def _servers(
    place: Place, fraction: Fraction
) -> Generator[tuple[Question, ...], tuple[Records, ...], list[_Server]]:
    """The servers that SRV records name, best first."""
    services = [] if place.transport else (yield from _named_services(place))
    if not services:
        services = [(one, f"{prefix}.{place.host}") for one, _, prefix in _SERVICES if _suits(place, one)]
    answers = yield tuple(Question(name, "SRV") for _, name in services)
    return [
        _Server(transport, srv.target, srv.port)
        for (transport, _), records in zip(services, answers, strict=True)
        for srv in ordered((record for record in records if isinstance(record, Srv)), fraction)
        if srv.target not in ("", ".")
    ]


def _named_services(
    place: Place,
) -> Generator[tuple[Question, ...], tuple[Records, ...], list[tuple[Transport, str]]]:
    """Which of our transports the domain itself prefers, with the names of their SRV records."""
    ((*records,),) = yield (Question(place.host, "NAPTR"),)
    named = [record for record in records if isinstance(record, Naptr) and record.flags.lower() == "s"]
    transports = {service: transport for transport, service, _ in _SERVICES if _suits(place, transport)}
    return [
        (transports[naptr.service.upper()], naptr.replacement)
        for naptr in sorted(named, key=lambda one: (one.order, one.preference))
        if naptr.service.upper() in transports
    ]


def _suits(place: Place, transport: Transport) -> bool:
    return place.transport in (None, transport) and (not place.secure or transport in SECURE)


def ordered(records: Iterable[Srv], fraction: Fraction) -> list[Srv]:
    """Order servers by priority, and by chance in proportion to their weights within one (RFC 2782)."""
    waiting = sorted(records, key=lambda srv: (srv.priority, srv.weight))
    done: list[Srv] = []
    while waiting:
        alike = [srv for srv in waiting if srv.priority == waiting[0].priority]
        sums = itertools.accumulate(srv.weight for srv in alike)
        point = fraction() * sum(srv.weight for srv in alike)
        chosen = next((srv for srv, total in zip(alike, sums, strict=True) if total > point), alike[0])
        waiting.remove(chosen)
        done.append(chosen)
    return done


def _targets(servers: list[_Server], families: frozenset[int], name: str) -> Asking:
    """The addresses of servers, in their order."""
    servers = servers[:MAX_TARGETS]
    kinds = tuple(kind for family, kind in ((4, "A"), (6, "AAAA")) if family in families)
    questions = [
        Question(server.host, "A" if kind == "A" else "AAAA")
        for server in servers
        if not is_address(server.host)
        for kind in kinds
    ]
    answers = yield tuple(dict.fromkeys(questions))
    known = dict(zip(dict.fromkeys(questions), answers, strict=True))
    targets = [
        Target(server.transport, address, server.port, name)
        for server in servers
        for address in _addresses(server.host, known)
        if (6 if is_ipv6(address) else 4) in families
    ]
    return tuple(dict.fromkeys(targets))[:MAX_TARGETS]


def _addresses(host: str, known: dict[Question, Records]) -> list[str]:
    if is_address(host):
        return [host]
    answers = (known.get(Question(host, "A"), ()), known.get(Question(host, "AAAA"), ()))
    return [record.address for records in answers for record in records if isinstance(record, Host)]
