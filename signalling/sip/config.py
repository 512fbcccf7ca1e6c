"""What an endpoint is told once, and what it is told for each call that it makes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from signalling.sdp.stream import LocalMedia
from signalling.sip.addresses import is_address, is_ipv6
from signalling.sip.calls import Flow
from signalling.sip.digest import Login
from signalling.sip.guard import Admitted, Guard
from signalling.sip.timers import Timers
from signalling.sip.uri import SipUri

Credentials = Login
"""Digest credentials: username, password and, to answer no other, a realm."""


MAX_CALLS = 2000
"""Calls at one time, both ways: twice what one media worker mixes. More are refused with 503."""

MAX_TRANSACTIONS = 20_000
"""Transactions at one time; each lingers for 32 s. New calls beyond are refused with 503."""


MAX_NEW_CALLS_PER_S = 200
"""Calls that may come in each second: more than one core sets up. More are refused with 503, at no cost."""

SHARE_OF_UNKNOWN = 0.75
"""Of the room for calls and of their rate, what is for callers whom a domain's acl lets in and nothing else:
over UDP anybody can write an address. The rest is for trunks, and for who proved a password."""

MAX_BINDINGS = 20_000
"""Contacts of phones in all: a large company's, some 20 MB. More are refused with 503."""


@dataclass(frozen=True, slots=True)
class EndpointConfig:
    """The settings of one endpoint."""

    host: str
    port: int
    guard: Guard
    """Decides which INVITEs from outside a dialog come in."""
    advertised_host: str = ""
    """The address in Via and Contact; our own of the flow when empty."""
    user_agent: str = "Cordboard"
    """User-Agent and Server. No version: it would only help an attacker."""
    timers: Timers = field(default_factory=Timers)
    session_expires_s: int = 1800
    """The session interval that we ask for (RFC 4028): seconds, 90 and up; 0 leaves timers to the peers."""
    wall: Callable[[], float] | None = None
    """Tells the wall clock time for Date, in seconds since 1970; no Date is sent without."""
    max_calls: int = MAX_CALLS
    max_transactions: int = MAX_TRANSACTIONS
    max_bindings: int = MAX_BINDINGS
    max_new_calls_per_s: int = MAX_NEW_CALLS_PER_S

    def sent_by(self, flow: Flow) -> tuple[str, int]:
        """Host and port in Via and Contact of what goes over a flow.

        An advertised address is that of one family: over the other, peers are told our own.
        """
        advertised, (host, port) = self.advertised_host, flow.local
        is_alike = not is_address(advertised) or is_ipv6(advertised) == is_ipv6(flow.remote[0])
        return advertised if advertised and is_alike else host, port


@dataclass(frozen=True, slots=True)
class Invitation:
    """A call to make."""

    target: SipUri
    flow: Flow
    """The next hop: a trunk's address, or the target's own."""
    from_user: str
    local: LocalMedia
    from_host: str = ""
    """The endpoint's advertised host when empty."""
    from_display: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Further headers of the INVITE (`X-*`, `User-to-User`); none of those that the endpoint makes itself."""
    routes: tuple[str, ...] = ()
    """Proxies to pass first: the Route of the INVITE, each a name-addr (RFC 3327 section 5.3)."""
    to: SipUri | None = None
    """Who is called, where the target is but where they are now (RFC 3261 section 8.1.1.2): the To."""
    credentials: Credentials | None = None
    """For a trunk that challenges; its realm, when named, keeps the password from other servers."""
    callee: Admitted = field(default_factory=Admitted)
    """Who is called, where that is a user who logs in: a phone that moves is asked for its password."""
