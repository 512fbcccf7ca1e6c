"""Who is not listened to: floods, guessers and scanners, found before anything is parsed.

In this order, the cheapest first: banned sources, sources above their rate, User-Agents of scanners. What is
dropped gets no answer: it would go to whoever's address an attacker wrote down.
"""

import re
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address

from signalling.sip.buckets import Buckets
from signalling.sip.calls import Flow
from signalling.sip.guard import Network, is_in
from signalling.sip.incidents import MAX_TEXT, Incident, Kind

MAX_SOURCES = 10_000
"""Sources whose rate we know, some 2 MB. With more at a time the flood is one of forged addresses, which no
rate by source stops: what is left then is that strangers cost us nothing that lasts."""

MAX_BANS = 10_000
"""The ban that ends first makes room."""

MOST_EXCESS = 3000
"""Messages above its rate that are borne, however soon they come: of a flood a fifth of a second. Strangers
wait in one queue, and as long as a flood fills it the others lose most of what they say."""

BREATH_S = 1.0
"""A source that was within its rate for so long starts anew."""

SCANNERS = (
    "friendly-scanner",
    "friendly-request",
    "sipvicious",
    "sipcli",
    "sip-scan",
    "sundayddr",
    "iwar",
    "smap",
    "pplsip",
    "vaxsipuseragent",
    "vaxasip",
)
"""Words of User-Agents, in whatever letters. What honest operators test with (sipp, sipsak) is not here."""

NO_LIMIT = 10**9
"""More than any machine is sent."""

LONGEST_USER_AGENT = 256
"""Octets of a User-Agent that we look at."""

_USER_AGENT = re.compile(rb"\n(?i:user-agent)[ \t]*:[ \t]*([^\r\n]{1,%d})" % LONGEST_USER_AGENT)


@dataclass(frozen=True, slots=True)
class FloodPolicy:
    """How much is borne."""

    rate: float = 10.0
    """Messages a second from one source, for as long as it likes."""
    burst: int = 20
    """Messages at once."""
    patience_s: float = 3.0
    """How long a source may be above its rate before it is banned."""
    ban_s: float = 300.0
    failures_per_minute: int = 10
    """Wrong passwords from one source; one more and it is banned."""
    scanners: tuple[str, ...] = SCANNERS
    exempt: tuple[Network, ...] = ()
    """Sources of which everything is borne, besides those that the guard trusts."""

    @classmethod
    def lenient(cls) -> "FloodPolicy":
        """What bears everything, for endpoints that nobody reaches but friends."""
        return cls(rate=NO_LIMIT, burst=NO_LIMIT, failures_per_minute=NO_LIMIT, scanners=())


@dataclass(frozen=True, slots=True)
class Ban:
    """One source that is not listened to."""

    source: str
    until: float
    """On the clock of `now`."""
    reason: str


class _Excess:
    """How a source has been above its rate: since when, when last, and by how many messages."""

    __slots__ = ("last", "messages", "since")

    def __init__(self, now: float) -> None:
        self.since = self.last = now
        self.messages = 0


class Sentry:
    """Judges octets by where they come from. Sources that `is_trusted` are never turned away.

    Of IPv6 a source is the network of 64 bits: every customer has as many addresses as he likes in his.
    """

    def __init__(
        self, policy: FloodPolicy, is_trusted: Callable[[str], bool], tell: Callable[[Incident], None]
    ) -> None:
        self.counters: Counter[str] = Counter()
        """What was dropped: `banned`, `rate`, `scanner`."""
        self._policy = policy
        self._is_trusted = is_trusted
        self._tell = tell
        self._rates = Buckets(policy.rate, policy.burst, MAX_SOURCES)
        self._failures = Buckets(
            policy.failures_per_minute / 60, max(1, policy.failures_per_minute), MAX_SOURCES
        )
        self._oversize = Buckets(1 / policy.ban_s, 1, MAX_SOURCES)
        self._excess: OrderedDict[str, _Excess] = OrderedDict()
        """Sources above their rate."""
        self._bans: dict[str, Ban] = {}
        names = "|".join(re.escape(name) for name in policy.scanners)
        self._scanner = re.compile(rf"(?<!\w)(?:{names})(?!\w)", re.IGNORECASE) if names else None

    @property
    def sources(self) -> int:
        """How many sources are remembered to be above their rate."""
        return len(self._excess)

    def admits(self, data: bytes, flow: Flow, now: float) -> bool:
        """Whether a message is to be looked at."""
        source = source_of(flow.remote[0])
        if source in self._bans and self.is_banned(flow.remote[0], now):
            self.counters["banned"] += 1
            return False
        if not self._rates.take(source, now) and not self._is_exempt(flow.remote[0]):
            self.counters["rate"] += 1
            self._exceed(source, flow, now)
            return False
        if (name := self._scanner_in(data)) and not self._is_exempt(flow.remote[0]):
            self.counters["scanner"] += 1
            self._tell(Incident(Kind.SCANNER_SEEN, flow.remote[0], flow.transport, detail=name))
            return False
        return True

    def admits_oversize(self, beginning: bytes, flow: Flow, now: float) -> bool:
        """Whether a datagram that is too long is to be answered: the first of a source is."""
        if not self.admits(beginning, flow, now) or not self._oversize.take(source_of(flow.remote[0]), now):
            return False
        self._tell(Incident(Kind.MESSAGE_TOO_LARGE, flow.remote[0], flow.transport))
        return True

    def note(self, incident: Incident, now: float) -> None:
        """Take notice of what the endpoint found out."""
        if incident.kind is not Kind.INVALID_PASSWORD or self._is_exempt(incident.source):
            return
        source = source_of(incident.source)
        if not self._failures.take(source, now):
            self._ban(source, incident.source, incident.transport, "wrong passwords", now)

    def is_banned(self, host: str, now: float) -> bool:
        """Whether nothing of an address is looked at."""
        source = source_of(host)
        ban = self._bans.get(source)
        if ban is not None and ban.until <= now:
            del self._bans[source]
            return False
        return ban is not None

    def bans(self, now: float) -> list[Ban]:
        """Those that hold, the one that ends first before the others."""
        self._bans = {source: ban for source, ban in self._bans.items() if ban.until > now}
        return list(self._bans.values())

    def lift(self, host: str) -> bool:
        """Listen to a source again. False when it is not banned."""
        return self._bans.pop(source_of(host), None) is not None

    def _is_exempt(self, host: str) -> bool:
        return self._is_trusted(host) or is_in(host, self._policy.exempt)

    def _exceed(self, source: str, flow: Flow, now: float) -> None:
        excess = self._excess.pop(source, None)
        if excess is None or now - excess.last > BREATH_S:
            excess = _Excess(now)
            self._tell(Incident(Kind.RATE_EXCEEDED, flow.remote[0], flow.transport))
        excess.last = now
        excess.messages += 1
        if now - excess.since >= self._policy.patience_s or excess.messages > MOST_EXCESS:
            self._ban(source, flow.remote[0], flow.transport, "too many messages", now)
            return
        self._excess[source] = excess
        if len(self._excess) > MAX_SOURCES:
            self._excess.popitem(last=False)

    def _ban(self, source: str, host: str, transport: str, reason: str, now: float) -> None:
        if source in self._bans:
            return
        if len(self._bans) >= MAX_BANS:
            # All last as long, so the first that was made ends first.
            del self._bans[next(iter(self._bans))]
        self._bans[source] = Ban(source, now + self._policy.ban_s, reason)
        self._tell(Incident(Kind.SOURCE_BANNED, host, transport, detail=reason))

    def _scanner_in(self, data: bytes) -> str:
        """What the User-Agent says, where it is a scanner's; it is found without parsing."""
        if self._scanner is None:
            return ""
        found = _USER_AGENT.search(data)
        text = found[1].decode("ascii", "replace") if found else ""
        return text[:MAX_TEXT] if self._scanner.search(text) else ""


@lru_cache(maxsize=MAX_SOURCES)
def source_of(host: str) -> str:
    """Write the source that an address is of: itself, of IPv6 its network."""
    if ":" not in host:
        return host
    address = IPv6Address(host.partition("%")[0])
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"{IPv6Address(int(address) >> 64 << 64)}/64"
