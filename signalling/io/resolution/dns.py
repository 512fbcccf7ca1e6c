"""Asking DNS servers, by dnspython."""

import itertools
from collections.abc import Iterable, Iterator

import dns.asyncresolver
import dns.exception
import dns.name
import dns.nameserver
import dns.resolver
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA
from dns.rdtypes.IN.NAPTR import NAPTR
from dns.rdtypes.IN.SRV import SRV

from signalling.io.resolution.records import Answer, Host, Naptr, Question, Record, Srv

ANSWER_TIMEOUT_S = 3.0
"""How long all servers together may take for one question: a caller waits."""

SERVER_TIMEOUT_S = 1.0
"""How long one server may take before the next, or it again, is asked."""

MAX_RECORDS = 32
"""Records of one answer that are looked at."""


ABSENT_TTL_S = 30.0
"""How long a name that does not exist is not asked for again."""


class DnsFailure(Exception):
    """No server answered, or none would."""


class DnsServers:
    """Servers at `(address, port)`; those that the system names when none is given."""

    def __init__(self, servers: tuple[tuple[str, int], ...] = ()) -> None:
        try:
            self._resolver = dns.asyncresolver.Resolver(configure=not servers)
        except dns.resolver.NoResolverConfiguration:
            self._resolver = dns.asyncresolver.Resolver(configure=False)
        if servers:
            self._resolver.nameservers = [dns.nameserver.Do53Nameserver(*server) for server in servers]
        self._resolver.timeout = SERVER_TIMEOUT_S
        self._resolver.lifetime = ANSWER_TIMEOUT_S

    @property
    def exist(self) -> bool:
        """Whether there is any server to ask."""
        return bool(self._resolver.nameservers)

    async def ask(self, question: Question) -> Answer:
        """Ask. A name that does not exist has no records. Raises DnsFailure."""
        try:
            name = dns.name.from_text(question.name)
            found = await self._resolver.resolve(name, question.kind, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN:
            return Answer((), ABSENT_TTL_S)
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            raise DnsFailure(f"{question.kind} of {question.name}: {error}") from None
        # With records the shortest of their times, else what the SOA says (RFC 2308).
        ttl_s = float(found.response.resolve_chaining().minimum_ttl)
        return Answer(tuple(_records(itertools.islice(found.rrset or (), MAX_RECORDS))), ttl_s)


def _records(rdatas: Iterable[object]) -> Iterator[Record]:
    for rdata in rdatas:
        match rdata:
            case NAPTR():
                flags, service = (
                    rdata.flags.decode("ascii", "replace"),
                    rdata.service.decode("ascii", "replace"),
                )
                replacement = rdata.replacement.to_text(omit_final_dot=True)
                yield Naptr(rdata.order, rdata.preference, flags, service, replacement)
            case SRV():
                yield Srv(rdata.priority, rdata.weight, rdata.port, rdata.target.to_text(omit_final_dot=True))
            case A() | AAAA():
                yield Host(rdata.address)
