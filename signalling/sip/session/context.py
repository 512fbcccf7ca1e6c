"""What every session of an endpoint shares: its settings, its clockwork and its way out."""

from collections.abc import Callable
from dataclasses import dataclass, field

from signalling.sdp.negotiation import OfferAnswer
from signalling.sip.addresses import URI_PARAMETERS
from signalling.sip.calls import AnyCallEvent, CallHandle, Flow, Transmit
from signalling.sip.capabilities import ALLOW, SDP, SUPPORTED
from signalling.sip.config import EndpointConfig
from signalling.sip.grammar import Params
from signalling.sip.headers.name_addr import NameAddr
from signalling.sip.headers.via import MAGIC_COOKIE, Via
from signalling.sip.message import Request, Response, respond
from signalling.sip.notices import AnyNotice
from signalling.sip.refusals import Refusal
from signalling.sip.session.registry import Registry
from signalling.sip.session.session import Session
from signalling.sip.timers import Agenda
from signalling.sip.transaction.layer import TransactionLayer
from signalling.sip.uri import SipUri

TOKEN_OCTETS = 12
"""96 bits: RFC 3261 section 19.3 asks 32 of a tag, and nobody shall guess one."""

SDP_ID_OCTETS = 4
"""A session id that old phones still read as a number (RFC 8866 section 5.2)."""

NOT_ACCEPTABLE = 488

INCOMPATIBLE = '399 cordboard "No codec, or no encryption, that both sides want"'
"""The Warning of a 488 (RFC 3261 section 21.4.26). Its agent is a name: an address would show our inside."""

RandomBytes = Callable[[int], bytes]


@dataclass(slots=True)
class Context:
    """The shared part. `transmits`, `events` and `notices` are drained by the endpoint's user."""

    config: EndpointConfig
    random: RandomBytes
    refresh: Callable[["Context", Session, float], None]
    """Sends what keeps a session alive (RFC 4028)."""
    agenda: Agenda = field(default_factory=Agenda)
    sessions: Registry = field(default_factory=Registry)
    transmits: list[Transmit] = field(default_factory=list)
    events: list[AnyCallEvent] = field(default_factory=list)
    notices: list[AnyNotice] = field(default_factory=list)
    transactions: TransactionLayer = field(init=False)

    def __post_init__(self) -> None:
        self.transactions = TransactionLayer(self.config.timers, self.agenda, self.send)

    @property
    def is_full(self) -> bool:
        """Whether there is no room for another call. Calls that are up go on all the same."""
        return self.is_fuller_than(1.0)

    def is_fuller_than(self, share: float) -> bool:
        """Whether more than a share of the room for calls is taken."""
        config = self.config
        return (
            len(self.sessions) >= share * config.max_calls
            or len(self.transactions) >= share * config.max_transactions
        )

    def send(self, flow: Flow, octets: bytes) -> None:
        """Queue octets for the wire."""
        self.transmits.append(Transmit(flow, octets))

    def emit(self, event: AnyCallEvent) -> None:
        """Queue an event for the user."""
        self.events.append(event)

    def notify(self, notice: AnyNotice) -> None:
        """Queue a notice for the user."""
        self.notices.append(notice)

    def token(self) -> str:
        """Make an unguessable token: a tag, a branch, a Call-ID, a handle."""
        return self.random(TOKEN_OCTETS).hex()

    def fraction(self) -> float:
        """Draw a number from 0 up to, not including, 1."""
        return int.from_bytes(self.random(4), "big") / 2**32

    def session(self, call_id: str, local_tag: str, *, is_caller: bool) -> Session:
        """Make a session with a handle and an SDP session id of its own."""
        media = OfferAnswer(int.from_bytes(self.random(SDP_ID_OCTETS), "big"), self.random)
        return Session(CallHandle(self.token()), call_id, local_tag, is_caller, media)

    def stamp(self, request: Request, flow: Flow) -> Request:
        """Put our Via, with a fresh branch, on top of a request (RFC 3261 section 8.1.1.7, RFC 3581)."""
        host, port = self.config.sent_by(flow)
        params = Params({"branch": MAGIC_COOKIE + self.token(), "rport": None})
        request.headers.prepend("Via", str(Via(flow.transport.upper(), host, port, params)))
        request.headers.set("User-Agent", self.config.user_agent)
        return request

    def contact(self, flow: Flow) -> str:
        """Write our Contact as seen over a flow."""
        host, port = self.config.sent_by(flow)
        transport = URI_PARAMETERS[flow.transport]
        params = Params({"transport": transport} if transport else {})
        return str(NameAddr(SipUri("sip", "cordboard", host, port, params)))

    def describe(self, message: Request | Response, flow: Flow, sdp: bytes) -> None:
        """Give what makes or changes a call, request or response, our Contact, our powers and a body."""
        message.headers.set("Contact", self.contact(flow))
        message.headers.set("Allow", ALLOW)
        message.headers.set("Supported", SUPPORTED)
        if sdp:
            message.headers.set("Content-Type", SDP)
            message.body = sdp

    def response(
        self, request: Request, status_code: int, reason: str | None = None, *, tag: str
    ) -> Response:
        """Build a response that names us."""
        response = respond(request, status_code, reason, to_tag=tag)
        response.headers.set("Server", self.config.user_agent)
        if status_code == NOT_ACCEPTABLE:
            response.headers.set("Warning", INCOMPATIBLE)
        return response

    def refusal(self, request: Request, refusal: Refusal, *, tag: str) -> Response:
        """Build the response that refuses a request."""
        response = self.response(request, refusal.status_code, refusal.reason, tag=tag)
        for name, value in refusal.headers:
            response.headers.add(name, value)
        return response
