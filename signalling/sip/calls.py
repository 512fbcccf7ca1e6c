"""What a SIP endpoint tells its user about calls: the events, as values.

A *call* is one INVITE session (RFC 3261 section 13), named by a handle that the endpoint makes. The verbs
that answer these events are methods of `signalling.sip.endpoint.Endpoint`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NewType

from signalling.sdp.stream import StreamSpec
from signalling.sip.uri import Uri

CallHandle = NewType("CallHandle", str)

Transport = Literal["udp", "tcp", "tls", "ws", "wss"]
"""What carries SIP (RFC 3261 section 18, RFC 7118)."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Where a message came from or goes to. `connection` names the live connection, except over UDP."""

    transport: Transport
    remote: tuple[str, int]
    local: tuple[str, int]
    """Our own address: where its transport listens, for that is what peers are told."""
    connection: int = 0
    name: str = ""
    """What the certificate of a server that we call over TLS must name; its address when empty."""
    is_heard: bool = field(default=False, compare=False)
    """The peer was heard there over UDP: behind a NAT, it can be reached in no other way."""


@dataclass(frozen=True, slots=True)
class Transmit:
    """Octets to send on a flow. For TCP the shell opens the connection when there is none yet."""

    flow: Flow
    data: bytes


@dataclass(frozen=True, slots=True)
class CallEvent:
    """Something happened to a call."""

    call: CallHandle


@dataclass(frozen=True, slots=True)
class IncomingCall(CallEvent):
    """An admitted INVITE with a usable offer (or none: late offer) waits for ring, accept or reject."""

    to_user: str
    to_host: str
    from_user: str
    """Empty for a caller who does not want to be shown."""
    from_host: str
    from_display: str
    flow: Flow
    asserted_user: str = ""
    """The caller as servers assert them, `from_user` where none does: as true as who sent it is trusted."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """What the application hears of the INVITE (`signalling.sip.headers.passed`), by name."""
    account: str = ""
    """The digest user name that authenticated it; empty when its source is trusted."""
    domain: str = ""
    """The programmable SIP domain that let it in; empty for trunks and the gateway's own users."""
    replaces: CallHandle | None = None
    """The call of ours whose place it is to take (RFC 3891)."""
    is_party: bool = False
    """It is from who would be believed within that call; otherwise `account` proved a password at least."""


@dataclass(frozen=True, slots=True)
class CallRinging(CallEvent):
    """Our INVITE got 18x. `early` is the early-media stream when the response carried SDP."""

    status_code: int
    early: StreamSpec | None = None


@dataclass(frozen=True, slots=True)
class CallAnswered(CallEvent):
    """Our INVITE got 200 and we acknowledged it."""

    stream: StreamSpec


@dataclass(frozen=True, slots=True)
class CallEstablished(CallEvent):
    """The peer acknowledged our 200: the inbound call is up. `stream` is final (late offer included)."""

    stream: StreamSpec


@dataclass(frozen=True, slots=True)
class StreamChanged(CallEvent):
    """A re-INVITE by either side changed the stream: hold, resume, a new address."""

    stream: StreamSpec


@dataclass(frozen=True, slots=True)
class CallFailed(CallEvent):
    """Our INVITE ended without an answer. `status_code` is SIP's; 408 is also made by timer B."""

    status_code: int
    reason: str


@dataclass(frozen=True, slots=True)
class CallCancelled(CallEvent):
    """The caller gave up (CANCEL) before we answered; 487 is already sent."""


@dataclass(frozen=True, slots=True)
class CallEnded(CallEvent):
    """An established call is over: the peer's BYE, ours confirmed, or an ACK that never came."""

    by: Literal["peer", "us", "timeout"]
    status_code: int = 200
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TransferRequested(CallEvent):
    """The peer wants its party to be connected to somebody else (REFER): 202 is sent, and it waits."""

    target: Uri
    is_here: bool = False
    """The target is an address of ours."""
    replaces: CallHandle | None = None
    """The call of ours whose other end the party is to get (attended transfer)."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """For the call to the target; with `Replaces` when that names a dialog of others."""


@dataclass(frozen=True, slots=True)
class CallReferred(CallEvent):
    """How the peer gets on with the transfer that it was asked for; the last one is final."""

    status_code: int
    """Of its response to the REFER, and then of its own call."""
    reason: str
    is_final: bool


@dataclass(frozen=True, slots=True)
class DigitPressed(CallEvent):
    """The peer pressed a key and told by INFO: `0-9*#A-D`."""

    digit: str
    duration_ms: int


AnyCallEvent = (
    IncomingCall
    | CallRinging
    | CallAnswered
    | CallEstablished
    | StreamChanged
    | CallFailed
    | CallCancelled
    | CallEnded
    | TransferRequested
    | CallReferred
    | DigitPressed
)
