"""Where a user can be reached: the binding of an address-of-record to one contact (RFC 3261 section 10)."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from signalling.sip.calls import Flow
from signalling.sip.uri import SipUri

STANDARD_PORT = {"tcp": 5060, "tls": 5061}
"""Where a contact without a port listens, by the transports on which a server can open a connection."""


class Aor(NamedTuple):
    """An address-of-record, by what the digest proved rather than by how the phone wrote it."""

    domain: str
    """The programmable SIP domain; empty for the gateway's own users."""
    user: str
    """The digest user."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One contact of an address-of-record."""

    contact: SipUri
    """The Request-URI of requests to the phone."""
    flow: Flow
    """Where the phone was heard: requests go there, whatever its contact says, and so through its NAT."""
    expires_at: float
    """On the clock of the endpoint, in seconds."""
    call_id: str
    cseq: int
    """Call-ID and number of the REGISTER that said so last."""
    q: float = 1.0
    """The phone's own preference, 0 to 1."""
    path: tuple[str, ...] = ()
    """The proxies on the way to the phone: the Route of requests to it (RFC 3327)."""
    instance: str = ""
    """The phone's `+sip.instance`, as sent."""
    reg_id: int = 0
    """Which of its flows this is (RFC 5626); 0 for a phone that does not speak of flows."""
    user_agent: str = ""

    @property
    def is_outbound(self) -> bool:
        """Whether the binding is of a flow, not of an address (RFC 5626 section 6)."""
        return bool(self.reg_id)

    def replaces(self, other: "Binding") -> bool:
        """Whether both speak of the same contact (RFC 3261 section 10.3 step 7, RFC 5626 section 6)."""
        if self.is_outbound and other.is_outbound:
            return (self.instance, self.reg_id) == (other.instance, other.reg_id)
        return self.is_outbound == other.is_outbound and self.contact.is_equivalent(other.contact)

    def after_close(self) -> "Binding | None":
        """What is left when the connection is gone: the contact's port, where the phone may listen.

        None where nobody can be called back: a flow, a websocket, a contact elsewhere. No phone shall say
        which other hosts we connect to.
        """
        port = self.contact.port or STANDARD_PORT.get(self.flow.transport)
        address = self.flow.remote[0]
        if self.is_outbound or self.flow.transport not in STANDARD_PORT or port is None:
            return None
        if self.contact.host.lower() != address:
            return None
        return replace(self, flow=replace(self.flow, remote=(address, port), connection=0))


@dataclass(frozen=True, slots=True)
class BindingsChanged:
    """The contacts of an address-of-record are not what they were, if only by their expiry."""

    aor: Aor
