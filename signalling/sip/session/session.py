"""The data of one call. What happens to it is in the modules named after the verbs."""

from dataclasses import dataclass, field

from signalling.sdp.negotiation import OfferAnswer
from signalling.sdp.stream import Direction, LocalMedia, StreamSpec
from signalling.sip.calls import AnyCallEvent, CallHandle, Flow, Transmit
from signalling.sip.dialog import Dialog
from signalling.sip.digest import Login
from signalling.sip.errors import LocalSipError
from signalling.sip.message import Request, Response
from signalling.sip.session.table import TABLE, Input, State
from signalling.sip.table import IllegalTransition, advance
from signalling.sip.transaction.client import ClientTransaction
from signalling.sip.transaction.server import ServerTransaction


@dataclass(slots=True)
class EarlyStream:
    """What one fork of our INVITE said before it answered."""

    media: OfferAnswer
    stream: StreamSpec


@dataclass(slots=True)
class Outgoing:
    """An INVITE or re-INVITE of ours, from its sending until its transaction is gone."""

    request: Request
    flow: Flow
    direction: Direction = "sendrecv"
    transaction: ClientTransaction | None = None
    is_heard: bool = False
    """A provisional response came: from then on CANCEL may be sent (RFC 3261 section 9.1)."""
    is_cancelled: bool = False
    early: dict[str, EarlyStream] = field(default_factory=dict)
    """Early media by the tag of the fork, at most MAX_FORKS."""
    acks: dict[str, Transmit] = field(default_factory=dict)
    """The ACK for each 2xx by the tag of the fork, to repeat when the 2xx is; at most MAX_FORKS."""


@dataclass(slots=True)
class Answered:
    """A 2xx of ours that waits for its ACK."""

    transaction: ServerTransaction
    response: Response
    interval: float
    is_offer: bool
    """The 2xx carried our offer: the answer comes in the ACK."""

    @property
    def cseq(self) -> int:
        """Number of the INVITE, and so of its ACK."""
        return self.response.cseq.number


@dataclass(slots=True, eq=False)
class Session:
    """One call, from its INVITE to its end."""

    call: CallHandle
    call_id: str
    local_tag: str
    is_caller: bool
    """We sent the first INVITE: we own the Call-ID."""
    media: OfferAnswer
    state: State = State.OFFERING
    dialog: Dialog | None = None
    local: LocalMedia | None = None
    stream: StreamSpec | None = None
    direction: Direction = "sendrecv"
    """What our user wants: `sendonly` while he holds the call."""
    agreed: Direction = "sendrecv"
    """What he wanted in our last offer that the peer took."""
    login: Login | None = None
    outgoing: Outgoing | None = None
    incoming: ServerTransaction | None = None
    """The peer's first INVITE, until our final response."""
    is_late: bool = False
    """The peer's first INVITE had no offer."""
    first_answer: bytes = b""
    """Our SDP answer to the peer's first offer."""
    answered: Answered | None = None
    glares: int = 0
    """How often in a row our re-INVITE met the peer's."""
    outcome: AnyCallEvent | None = None
    """How the call ends, once that is decided: reported when it is over."""

    def step(self, symbol: Input) -> None:
        """Move along the table. Raises IllegalTransition."""
        self.state = advance(TABLE, self.state, symbol)

    def command(self, symbol: Input) -> None:
        """Move along the table for our user. Raises LocalSipError when his verb comes at the wrong time."""
        try:
            self.step(symbol)
        except IllegalTransition:
            raise LocalSipError(f"no {symbol} in a call that is {self.state}") from None

    def known_dialog(self) -> Dialog:
        """Return the dialog of a call that has one. Raises LocalSipError otherwise."""
        if self.dialog is None:
            raise LocalSipError("the call has no dialog yet")
        return self.dialog
