"""What an endpoint is told once, and what it is told for each call that it makes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from signalling.sdp.stream import LocalMedia
from signalling.sip.calls import Flow
from signalling.sip.digest import Login
from signalling.sip.guard import Guard
from signalling.sip.timers import Timers
from signalling.sip.uri import SipUri

Credentials = Login
"""Digest credentials: username, password and, to answer no other, a realm."""


MAX_CALLS = 2000
"""Calls at one time, both ways: twice what one media worker mixes. More are refused with 503."""

MAX_TRANSACTIONS = 20_000
"""Transactions at one time; each lingers for 32 s. New calls beyond are refused with 503."""


@dataclass(frozen=True, slots=True)
class EndpointConfig:
    """The settings of one endpoint."""

    host: str
    port: int
    guard: Guard
    """Decides which INVITEs from outside a dialog come in."""
    advertised_host: str = ""
    """The address in Via and Contact; `host` when empty."""
    user_agent: str = "Cordboard"
    """User-Agent and Server. No version: it would only help an attacker."""
    timers: Timers = field(default_factory=Timers)
    max_calls: int = MAX_CALLS
    max_transactions: int = MAX_TRANSACTIONS

    @property
    def sent_by(self) -> tuple[str, int]:
        """Host and port in Via and Contact."""
        return self.advertised_host or self.host, self.port


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
    credentials: Credentials | None = None
    """For a trunk that challenges; its realm, when named, keeps the password from other servers."""
