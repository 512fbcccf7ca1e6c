"""The data of one call. What happens to it is in the modules named after the verbs."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from signalling.sdp.negotiation import OfferAnswer
from signalling.sdp.stream import Direction, LocalMedia, StreamSpec
from signalling.sip.calls import AnyCallEvent, CallHandle, Flow, Transmit
from signalling.sip.dialog import Dialog
from signalling.sip.digest import Login
from signalling.sip.errors import LocalSipError
from signalling.sip.guard import Admitted
from signalling.sip.headers.event import Event
from signalling.sip.message import Request, Response
from signalling.sip.session.table import TABLE, Input, State
from signalling.sip.table import IllegalTransition, advance
from signalling.sip.transaction.client import ClientTransaction
from signalling.sip.transaction.server import ServerTransaction


@dataclass(slots=True)
class Fork:
    """One branch of our INVITE that said more than 100: its dialog, and its answer to our offer."""

    dialog: Dialog
    media: OfferAnswer
    """Still open after an answer that did not come reliably: the 2xx may have another."""
    stream: StreamSpec | None = None
    """Its early media."""
    rseq: int = 0
    """Number of the last reliable response that we acknowledged (RFC 3262), 0 when there was none."""
    heard: bytes = b""
    """The first answer that it gave, for a 2xx without one."""


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
    offered: OfferAnswer = field(default_factory=OfferAnswer)
    """The offer of an INVITE, open: each fork answers it."""
    forks: dict[str, Fork] = field(default_factory=dict)
    """By their tags, at most MAX_FORKS."""
    acks: dict[str, Transmit] = field(default_factory=dict)
    """The ACK for each 2xx by the tag of the fork, to repeat when the 2xx is; at most MAX_FORKS."""


@dataclass(slots=True)
class Reliable:
    """Provisional responses of ours that the peer acknowledges (RFC 3262), one at a time."""

    is_required: bool
    """Each of them has to be; otherwise only those with SDP are."""
    rseq: int
    """Number of the last one."""
    interval: float = 0.0
    response: Response | None = None
    """The one that waits for its PRACK."""
    waiting: list[Response] = field(default_factory=list)
    """What our user wanted to say meanwhile, at most MAX_WAITING."""
    answer: Callable[[float], None] | None = None
    """His answer, which waits as well."""

    @property
    def has_sdp(self) -> bool:
        """SDP of ours is not acknowledged yet: no 2xx may go out (RFC 3262 section 3)."""
        said = self.waiting if self.response is None else [self.response, *self.waiting]
        return any(response.body for response in said)


@dataclass(frozen=True, slots=True)
class Refreshing:
    """The session timer as both sides agreed on it (RFC 4028)."""

    interval_s: int
    is_ours: bool
    """We refresh; otherwise the peer does."""


@dataclass(slots=True)
class Referral:
    """A transfer that the peer asked for and that our user is at (RFC 3515)."""

    event: Event
    is_followed: bool
    """The peer wants NOTIFYs."""


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
    owner: Admitted = field(default_factory=Admitted)
    """Who the peer is to the guard."""
    login: Login | None = None
    outgoing: Outgoing | None = None
    incoming: ServerTransaction | None = None
    """The peer's first INVITE, until our final response."""
    is_late: bool = False
    """The peer's first INVITE had no offer."""
    first_answer: bytes = b""
    """Our SDP answer to the peer's first offer."""
    reliable: Reliable | None = None
    """Set when the peer's first INVITE allows reliable provisional responses."""
    is_settled: bool = False
    """Our SDP goes out, or went, in a response that is acknowledged: nothing else carries it."""
    allows: frozenset[str] = frozenset()
    """The methods that the peer takes, as far as it told."""
    refreshing: Refreshing | None = None
    is_probed: bool = False
    """A question whether the peer is still there is under way."""
    answered: Answered | None = None
    glares: int = 0
    """How often in a row our re-INVITE met the peer's."""
    referral: Referral | None = None
    referring: int | None = None
    """CSeq of the REFER of ours that the peer is at."""
    keys: deque[str] = field(default_factory=deque)
    """Keys that wait to be sent by INFO, at most MAX_PENDING."""
    is_pressing: bool = False
    """A key of ours, or a pause, is under way."""
    reason: str = ""
    """The Reason header of our CANCEL (RFC 3326)."""
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

    def learn(self, message: Request | Response) -> None:
        """Note what the peer says of itself."""
        self.allows = message.allow or self.allows

    def known_dialog(self) -> Dialog:
        """Return the dialog of a call that has one. Raises LocalSipError otherwise."""
        if self.dialog is None:
            raise LocalSipError("the call has no dialog yet")
        return self.dialog
