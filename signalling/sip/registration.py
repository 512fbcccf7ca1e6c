"""Our registration with somebody else's registrar, as trunks ask for it (RFC 3261 section 10.2)."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from signalling.sip import outgoing
from signalling.sip.calls import Flow
from signalling.sip.digest import Login
from signalling.sip.errors import RemoteSipError
from signalling.sip.grammar import number
from signalling.sip.headers.name_addr import NameAddr
from signalling.sip.message import Response
from signalling.sip.notices import RegistrationChanged, RegistrationHandle
from signalling.sip.outgoing import Errand
from signalling.sip.session.context import Context
from signalling.sip.table import advance
from signalling.sip.uri import SipUri

DEFAULT_EXPIRES_S = 3600
"""What we ask for."""

MAX_EXPIRES_S = 24 * 3600
"""The longest that we ask for when a registrar finds us too brief, and that we believe it grants."""

REFRESH = (0.5, 0.9)
"""When we register again, in parts of the time granted: drawn anew each time, so that trunks spread."""

FIRST_RETRY_S = 60.0
"""Upper bound of the first pause after a failure; it doubles with each (RFC 5626 section 4.5)."""

LAST_RETRY_S = 1800.0
"""Longest pause after failures. A pause is at least half of its bound: 30 s."""


class State(StrEnum):
    """Where a registration stands."""

    UNREGISTERED = "unregistered"
    REGISTERING = "registering"
    REGISTERED = "registered"
    REFRESHING = "refreshing"
    FAILED = "failed"
    """Refused or unheard; it is tried again."""
    LEAVING = "leaving"


class Input(StrEnum):
    """What happens to a registration."""

    START = "start"
    DUE = "due"
    GRANT = "grant"
    REFUSE = "refuse"
    MISS = "miss"
    """Silence or trouble there, and there is another place that was not asked yet."""
    TOO_BRIEF = "too brief"
    STOP = "stop"


TABLE: dict[tuple[State, Input], State] = {
    (State.UNREGISTERED, Input.START): State.REGISTERING,
    (State.REGISTERING, Input.GRANT): State.REGISTERED,
    (State.REGISTERING, Input.REFUSE): State.FAILED,
    (State.REGISTERING, Input.MISS): State.REGISTERING,
    (State.REGISTERING, Input.TOO_BRIEF): State.REGISTERING,
    (State.REGISTERING, Input.STOP): State.LEAVING,
    (State.REGISTERED, Input.DUE): State.REFRESHING,
    (State.REGISTERED, Input.STOP): State.LEAVING,
    (State.REFRESHING, Input.GRANT): State.REGISTERED,
    (State.REFRESHING, Input.REFUSE): State.FAILED,
    (State.REFRESHING, Input.MISS): State.REGISTERING,
    (State.REFRESHING, Input.TOO_BRIEF): State.REFRESHING,
    (State.REFRESHING, Input.STOP): State.LEAVING,
    (State.FAILED, Input.DUE): State.REGISTERING,
    # The registrar may think us registered still.
    (State.FAILED, Input.STOP): State.LEAVING,
    (State.LEAVING, Input.GRANT): State.UNREGISTERED,
    (State.LEAVING, Input.REFUSE): State.UNREGISTERED,
    (State.LEAVING, Input.TOO_BRIEF): State.UNREGISTERED,
    (State.LEAVING, Input.STOP): State.LEAVING,
    (State.UNREGISTERED, Input.STOP): State.UNREGISTERED,
}

_TROUBLE = frozenset({408, *range(500, 600)})
"""Of the registrar, not with us. Silence is 408, and 503 without a connection."""

_SENDING = frozenset({State.REGISTERING, State.REFRESHING, State.LEAVING})


@dataclass(frozen=True, slots=True)
class Place:
    """One registrar at one address."""

    registrar: SipUri
    """The Request-URI, without a user."""
    aor: SipUri
    """The address that is registered: From and To."""
    flow: Flow


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Where to register, and as whom."""

    places: tuple[Place, ...]
    """One or more. Where one is silent or in trouble (408, 5xx) the next one is asked, after the last the
    first; a place that has us keeps us until it fails."""
    contact_user: str
    """The user part of our Contact: calls of the registrar come to it."""
    login: Login | None = None
    expires_s: int = field(default=DEFAULT_EXPIRES_S)


class Registration:
    """One registration, kept up until it is stopped. Its owner hears of each change by a notice.

    Every REGISTER has the same Call-ID and a higher CSeq, and waits until the one before is over (RFC 3261
    section 10.2): its answer counts for nothing then.
    """

    def __init__(self, context: Context, enrolment: Enrolment) -> None:
        self.handle = RegistrationHandle(context.token())
        self.state = State.UNREGISTERED
        self.expires_at = 0.0
        """Until when we are registered; 0 when we are not."""
        self._context = context
        self._enrolment = enrolment
        self._at = 0
        """Which of the places it is with."""
        self._missed = 0
        """Places that were asked in vain since the last pause."""
        self._expires_s = enrolment.expires_s
        self._call_id = context.token()
        self._tag = context.token()
        self._cseq = 0
        self._is_asking = False
        """A REGISTER is under way."""
        self._is_due = False
        """Another one waits for its end."""
        self._failures = 0

    def is_used(self, flow: Flow) -> bool:
        """Whether calls of the registrar come by a connection."""
        return self.state is not State.UNREGISTERED and self._place.flow == flow

    @property
    def _place(self) -> Place:
        return self._enrolment.places[self._at]

    def start(self, now: float) -> None:
        """Begin."""
        self._step(Input.START, now)

    def stop(self, now: float) -> None:
        """Take the registration back; it is UNREGISTERED when the registrar heard that, or was not heard."""
        if self.state is not State.LEAVING:
            self._step(Input.STOP, now)

    def _step(self, symbol: Input, now: float, response: Response | None = None) -> None:
        before, self.state = self.state, advance(TABLE, self.state, symbol)
        self._context.agenda.clear_all(self)
        if self.state in _SENDING and self._is_asking:
            self._is_due = True
        elif self.state in _SENDING:
            self._send(now)
        elif self.state is State.REGISTERED:
            self._failures = self._missed = 0
            self._wait(now, self._between(*REFRESH) * (self.expires_at - now))
        elif self.state is State.FAILED:
            self.expires_at = 0.0
            self._missed = 0
            self._failures += 1
            self._wait(now, max(self._pause(), _retry_after(response)))
        else:
            self.expires_at = 0.0
        if self.state is not before:
            self._tell(response)

    def _send(self, now: float) -> None:
        self._is_asking = True
        self._cseq += 1
        seconds = 0 if self.state is State.LEAVING else self._expires_s
        us = NameAddr(self._place.aor)
        errand = Errand(
            method="REGISTER",
            target=self._place.registrar,
            flow=self._place.flow,
            from_=us.with_tag(self._tag),
            to=us,
            call_id=self._call_id,
            cseq=self._cseq,
            headers=(("Contact", str(self._contact())), ("Expires", str(seconds))),
            login=self._enrolment.login,
        )
        outgoing.send(self._context, errand, self._receive, now)

    def _receive(self, response: Response, now: float) -> None:
        self._cseq = response.cseq.number
        self._is_asking = False
        if self._is_due:
            self._is_due = False
            self._send(now)
        elif response.status_code == 423 and self._lengthen(response):
            self._step(Input.TOO_BRIEF, now, response)
        elif response.status_code < 300:
            self.expires_at = now + self._granted(response)
            self._step(Input.GRANT, now, response)
        else:
            self._step(self._refusal(response), now, response)

    def _refusal(self, response: Response) -> Input:
        """What a refusal means. After trouble the next place is asked: at once, until each was asked."""
        if self.state is State.LEAVING or response.status_code not in _TROUBLE:
            return Input.REFUSE
        self._missed += 1
        self._at = (self._at + 1) % len(self._enrolment.places)
        return Input.MISS if self._missed < len(self._enrolment.places) else Input.REFUSE

    def _lengthen(self, response: Response) -> bool:
        """Ask for what the registrar wants at least. False when it asks for nothing sensible."""
        wanted = _seconds(response.headers.get("Min-Expires"))
        if wanted is None or not self._expires_s < wanted <= MAX_EXPIRES_S:
            return False
        self._expires_s = wanted
        return True

    def _granted(self, response: Response) -> int:
        """How long we are registered (section 10.2.4): of our own contact, of all, or what we asked for."""
        ours = self._contact().uri
        for contact in response.contacts:
            if contact.uri == ours and (seconds := _seconds(contact.params.get("expires"))) is not None:
                return min(seconds, MAX_EXPIRES_S)
        general = _seconds(response.headers.get("Expires"))
        return self._expires_s if general is None else min(general, MAX_EXPIRES_S)

    def _contact(self) -> NameAddr:
        contact = NameAddr.parse(self._context.contact(self._place.flow))
        if not isinstance(contact.uri, SipUri):
            return contact
        return replace(contact, uri=replace(contact.uri, user=self._enrolment.contact_user))

    def _wait(self, now: float, seconds: float) -> None:
        self._context.agenda.set(self, "due", now + seconds, lambda at: self._step(Input.DUE, at))

    def _pause(self) -> float:
        bound = min(LAST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(self._failures - 1, 10))
        return self._between(0.5, 1.0) * bound

    def _between(self, low: float, high: float) -> float:
        return low + (high - low) * self._context.fraction()

    def _tell(self, response: Response | None) -> None:
        status_code, reason = (0, "") if response is None else (response.status_code, response.reason)
        self._context.notify(
            RegistrationChanged(self.handle, self.state.value, status_code, reason, self.expires_at)
        )


def _retry_after(response: Response | None) -> float:
    """Seconds that the registrar asks us to stay away; 0 when it does not."""
    text = None if response is None else response.headers.get("Retry-After")
    seconds = _seconds(None if text is None else text.partition(";")[0].partition("(")[0])
    return float(min(seconds or 0, int(LAST_RETRY_S)))


def _seconds(text: str | None) -> int | None:
    try:
        return None if text is None else number(text, 2**32 - 1, "seconds")
    except RemoteSipError:
        return None
