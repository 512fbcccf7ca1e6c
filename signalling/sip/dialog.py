"""Dialogs: what both ends of a call know of each other (RFC 3261 section 12)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from signalling.sip.addresses import DEFAULT_PORTS, SECURE, address_of, plain, transport_of
from signalling.sip.calls import Flow
from signalling.sip.errors import RemoteSipError
from signalling.sip.headers.name_addr import NameAddr
from signalling.sip.message import Headers, Request, Response
from signalling.sip.table import advance
from signalling.sip.uri import SipUri

MAX_ROUTES = 16
"""Hops of a route set. Real ones have fewer than five; each is written into every request."""

MAX_HOMES = 8
"""Addresses of one peer that are remembered: a phone that moves has one after the other."""


class DialogState(StrEnum):
    """RFC 3261 section 12."""

    EARLY = "early"
    CONFIRMED = "confirmed"
    TERMINATED = "terminated"


class DialogInput(StrEnum):
    """What moves a dialog."""

    PROVISIONAL = "1xx"
    SUCCESS = "2xx"
    FAILURE = "300-699"
    BYE = "BYE"


TABLE: Mapping[tuple[DialogState, DialogInput], DialogState] = {
    (DialogState.EARLY, DialogInput.PROVISIONAL): DialogState.EARLY,
    (DialogState.EARLY, DialogInput.SUCCESS): DialogState.CONFIRMED,
    (DialogState.EARLY, DialogInput.FAILURE): DialogState.TERMINATED,
    (DialogState.EARLY, DialogInput.BYE): DialogState.TERMINATED,
    (DialogState.CONFIRMED, DialogInput.SUCCESS): DialogState.CONFIRMED,
    (DialogState.CONFIRMED, DialogInput.BYE): DialogState.TERMINATED,
}


@dataclass(slots=True)
class Dialog:
    """One dialog, seen from our side. `local` and `remote` carry their tags."""

    call_id: str
    local: NameAddr
    remote: NameAddr
    target: SipUri
    """The peer's Contact: the Request-URI of what we send."""
    routes: tuple[NameAddr, ...]
    flow: Flow
    """Where requests leave: towards the first hop, or where the peer was heard last."""
    local_cseq: int
    remote_cseq: int | None
    state: DialogState = DialogState.EARLY
    homes: tuple[str, ...] = ()
    """The hosts that the peer was at, at most MAX_HOMES, the last one last."""

    @classmethod
    def of_request(cls, request: Request, local_tag: str, flow: Flow) -> "Dialog":
        """Make the early dialog of an INVITE that we answer (section 12.1.1).

        Raises RemoteSipError when the INVITE has no usable Contact or too many hops.
        """
        target = contact_of(request)
        if target is None:
            raise RemoteSipError("INVITE has no usable Contact")
        routes = _bounded(request.record_routes)
        return cls(
            call_id=request.call_id,
            local=request.to.with_tag(local_tag),
            remote=request.from_,
            target=target,
            routes=routes,
            flow=_flow_to(_first_hop(routes, target), flow),
            local_cseq=0,
            remote_cseq=request.cseq.number,
            homes=(plain(flow.remote[0]),),
        )

    @classmethod
    def of_response(cls, request: Request, response: Response, flow: Flow) -> "Dialog":
        """Make the dialog that a response to our INVITE opens (section 12.1.2).

        A peer without Contact is reached as it was called. Raises RemoteSipError for a bad route set.
        """
        target = contact_of(response) or request.uri
        if not isinstance(target, SipUri):
            raise RemoteSipError("peer has no SIP address")
        routes = _bounded(response.record_routes[::-1])
        return cls(
            call_id=request.call_id,
            local=request.from_,
            remote=response.to,
            target=target,
            routes=routes,
            flow=_flow_to(_first_hop(routes, target), flow),
            local_cseq=request.cseq.number,
            remote_cseq=None,
            homes=(plain(flow.remote[0]),),
        )

    def follow(self, early: "Dialog") -> None:
        """Go on counting where the early dialog of the same fork stands."""
        self.local_cseq, self.remote_cseq = early.local_cseq, early.remote_cseq

    @property
    def is_over(self) -> bool:
        """Whether a BYE or a failure ended it."""
        return self.state is DialogState.TERMINATED

    def advance(self, symbol: DialogInput) -> None:
        """Move along the table. Raises IllegalTransition."""
        self.state = advance(TABLE, self.state, symbol)

    def request(self, method: str) -> Request:
        """Build the next request, ACK excepted, without Via (section 12.2.1.1)."""
        self.local_cseq += 1
        return self._request(method, self.local_cseq)

    def ack(self, cseq: int) -> Request:
        """Build the ACK to a 2xx of the INVITE that had number `cseq`, without Via (section 13.2.2.4)."""
        return self._request("ACK", cseq)

    def is_next(self, request: Request) -> bool:
        """Whether a request of the peer is in order (section 12.2.2)."""
        return self.remote_cseq is None or request.cseq.number > self.remote_cseq

    def take(self, request: Request, flow: Flow) -> None:
        """Note a request of the peer that we act on, and where it was heard."""
        self.remote_cseq = max(request.cseq.number, self.remote_cseq or 0)
        self.flow = _flow_to(_first_hop(self.routes, self.target), flow) if self.routes else flow

    def is_home(self, host: str) -> bool:
        """Whether the peer was at an address before, or named it as its own or as a proxy's in between."""
        named = (self.target.host, *(_first_hop((route,), self.target).host for route in self.routes))
        return plain(host) in {*self.homes, *map(plain, named)}

    def move_in(self, host: str) -> None:
        """Note an address that the peer proved to be at."""
        others = [known for known in self.homes if known != plain(host)]
        self.homes = (*others, plain(host))[-MAX_HOMES:]

    def refresh_target(self, message: Request | Response) -> None:
        """Take the Contact of an INVITE or its 2xx as the peer's new address (section 12.2)."""
        self.target = contact_of(message) or self.target

    def receive_closed(self, flow: Flow) -> None:
        """The connection is gone: the next request opens another, to the peer's own address if it has one."""
        if self.flow != flow:
            return
        direct = _direct(_first_hop(self.routes, self.target), flow)
        self.flow = direct or replace(flow, connection=0)

    def _request(self, method: str, cseq: int) -> Request:
        uri, routes = self.target, list(self.routes)
        if routes and isinstance(strict := routes[0].uri, SipUri) and "lr" not in strict.params:
            # A strict router of RFC 2543 wants itself as the Request-URI and the target as the last hop.
            uri, routes = strict, [*routes[1:], NameAddr(self.target)]
        headers = Headers([("Max-Forwards", "70"), ("From", str(self.local)), ("To", str(self.remote))])
        headers.add("Call-ID", self.call_id)
        headers.add("CSeq", f"{cseq} {method}")
        for route in routes:
            headers.add("Route", str(route))
        return Request(method, uri, headers)


def contact_of(message: Request | Response) -> SipUri | None:
    """Read the SIP address in Contact, None when there is none."""
    contacts = message.contacts
    uri = contacts[0].uri if contacts else None
    return uri if isinstance(uri, SipUri) else None


def _bounded(routes: list[NameAddr]) -> tuple[NameAddr, ...]:
    if len(routes) > MAX_ROUTES:
        raise RemoteSipError(f"more than {MAX_ROUTES} Record-Routes")
    if not all(isinstance(route.uri, SipUri) for route in routes):
        raise RemoteSipError("Record-Route is not a SIP URI")
    return tuple(routes)


def _first_hop(routes: tuple[NameAddr, ...], target: SipUri) -> SipUri:
    first = routes[0].uri if routes else target
    return first if isinstance(first, SipUri) else target


def _flow_to(hop: SipUri, seen: Flow) -> Flow:
    """Choose the flow to a hop: a live connection, else its own address, else where the peer was seen."""
    if seen.transport != "udp":
        return seen
    return _direct(hop, seen) or seen


def _direct(hop: SipUri, seen: Flow) -> Flow | None:
    """Make the flow to a hop's own address; None when it has none that we can reach.

    A name, and an address on another kind of network than the one that the message came from (a phone behind
    a NAT), is reached where the peer was seen, as RFC 3581 does for responses. What was secret stays so.
    """
    address, source = address_of(hop.host), address_of(seen.remote[0])
    if address is None or source is None:
        return None
    alike = (address.version, address.is_private, address.is_loopback, address.is_unspecified)
    if alike != (source.version, source.is_private, source.is_loopback, False):
        return None
    transport = transport_of(hop) or seen.transport
    if seen.transport in SECURE and transport not in SECURE:
        return None
    return Flow(transport, (hop.host, hop.port or DEFAULT_PORTS[transport]), seen.local, name=seen.name)
