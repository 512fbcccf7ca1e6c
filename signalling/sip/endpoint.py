"""The SIP endpoint: octets and time in, octets and events out (RFC 3261), with no socket and no clock.

    endpoint.receive(data, flow, now)     what came in            transmits()  what to send
    endpoint.handle_timers(now)           when next_timer() is due    events()     what happened to calls
    endpoint.invite(...), ring(...), ...  what our user wants

After each call of the first column the owner drains the second and looks at `next_timer()` again.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace

from signalling.sdp.destinations import Destinations
from signalling.sdp.negotiation import SdpError
from signalling.sdp.stream import LocalMedia, StreamSpec
from signalling.sip.admission import admit, admit_within, report
from signalling.sip.buckets import Buckets
from signalling.sip.calls import AnyCallEvent, CallEnded, CallFailed, CallHandle, Flow, Transmit
from signalling.sip.config import SHARE_OF_UNKNOWN, Credentials, EndpointConfig, Invitation
from signalling.sip.digest import Login
from signalling.sip.errors import LocalSipError, RemoteSipError
from signalling.sip.headers.refer_to import ReferTo
from signalling.sip.incidents import Kind
from signalling.sip.message import Request
from signalling.sip.multipart import unwrap
from signalling.sip.notices import AnyNotice
from signalling.sip.outreach import Outreach
from signalling.sip.reading import read_message
from signalling.sip.reasons import reason_of
from signalling.sip.refusals import (
    MERGED,
    NO_DIALOG,
    OVERLOADED,
    Refusal,
    refuse,
)
from signalling.sip.registrar.registrar import Registrar
from signalling.sip.session import (
    answer,
    bye,
    cancel,
    in_dialog,
    info,
    invite,
    options,
    probe,
    refer,
    reinvite,
    replaces,
    session_timer,
    snapshot,
)
from signalling.sip.session.announcement import announcement
from signalling.sip.session.context import Context, RandomBytes
from signalling.sip.session.refresh import refresh
from signalling.sip.session.session import Session
from signalling.sip.session.table import UNANSWERED, State
from signalling.sip.stateless import Stateless

__all__ = ["Credentials", "Endpoint", "EndpointConfig", "Invitation"]

_UNSUPPORTED = frozenset({405, 415, 416, 420})

Service = Callable[[Request, Flow, float], Refusal | None]
"""Acts on a request outside any dialog, or says why not."""


class Endpoint:
    """Routes messages to transactions and sessions, and its user's verbs to sessions.

    `random(n)` gives n unguessable octets. `counters` counts what came in and led to nothing: `malformed`
    (not SIP), `stray` (a response or ACK that nobody waits for), `refused` (answered statelessly).
    A verb on a call that ended, or at the wrong time, raises LocalSipError.
    """

    def __init__(self, config: EndpointConfig, random: RandomBytes) -> None:
        self.counters: Counter[str] = Counter()
        self._context = Context(config, random, refresh)
        self._stateless = Stateless(self._context, random(32), self.counters)
        self._new_calls = Buckets(config.max_new_calls_per_s, config.max_new_calls_per_s, 1)
        self.registrar = Registrar(self._context)
        self.outreach = Outreach(self._context)
        self._services: dict[str, Service] = {
            "INVITE": self._serve_invite,
            "OPTIONS": self._serve_options,
            "REGISTER": self._serve_register,
        }

    # What comes in.

    def receive(self, data: bytes, flow: Flow, now: float) -> None:
        """Take one datagram, or one message cut from a stream. Never raises."""
        self._stateless.heard(len(data))
        try:
            message = read_message(data)
        except RemoteSipError as error:
            self._stateless.refuse_unreadable(data, error, flow)
            return
        try:
            message.check()
        except RemoteSipError as error:
            self._stateless.refuse_malformed(message, error, flow)
            return
        unwrap(message)
        if isinstance(message, Request):
            self._receive_request(message, flow, now)
        elif not self._context.transactions.receive_response(message, now):
            self.counters["stray"] += 1

    def receive_oversize(self, beginning: bytes, flow: Flow) -> None:
        """Tell the sender of a datagram that it is too long; `beginning` is what we read of it."""
        self._stateless.heard(len(beginning))
        self._stateless.refuse_large(beginning, flow)

    def receive_closed(self, flow: Flow, now: float) -> None:
        """A connection is gone, or could not be opened."""
        for session in self._context.sessions:
            if session.dialog is not None:
                session.dialog.receive_closed(flow)
        self._context.transactions.receive_closed(flow, now)
        self.registrar.receive_closed(flow)

    def handle_timers(self, now: float) -> None:
        """Do what is due."""
        self._context.agenda.run(now)

    # What goes out.

    def next_timer(self) -> float | None:
        """When `handle_timers` is to be called, None when nothing is pending."""
        return self._context.agenda.next()

    def transmits(self) -> list[Transmit]:
        """Drain what is to be sent, in order."""
        drained, self._context.transmits = self._context.transmits, []
        return drained

    def events(self) -> list[AnyCallEvent]:
        """Drain what happened, in order. Every call has exactly one terminal event, its last."""
        drained, self._context.events = self._context.events, []
        return drained

    def notices(self) -> list[AnyNotice]:
        """Drain what happened besides calls, in order."""
        drained, self._context.notices = self._context.notices, []
        return drained

    def is_used(self, flow: Flow) -> bool:
        """Whether calls live on a connection, or come by it, so that it is worth keeping."""
        is_called = any(session.dialog and session.dialog.flow == flow for session in self._context.sessions)
        return is_called or self.registrar.is_used(flow) or self.outreach.is_used(flow)

    @property
    def calls(self) -> int:
        """How many calls have not ended."""
        return len(self._context.sessions)

    @property
    def pending_transactions(self) -> int:
        """How many transactions live."""
        return len(self._context.transactions)

    # What our user wants.

    def invite(self, invitation: Invitation, now: float) -> CallHandle:
        """Call somebody: CallRinging, then CallAnswered or CallFailed follow.

        Raises LocalSipError: 503 when the tables are full, 500 for a header that cannot be sent.
        """
        return invite.invite(self._context, invitation, now).call

    def check(self, call: CallHandle, local: LocalMedia) -> None:
        """Raise the LocalSipError (488) with which `local` would fail to answer an incoming call."""
        answer.check(self._session(call), local)

    def ring(self, call: CallHandle, now: float) -> None:
        """Tell an incoming call that it rings (180)."""
        answer.ring(self._context, self._session(call), now)

    def progress(self, call: CallHandle, local: LocalMedia, now: float) -> StreamSpec | None:
        """Open early media to an incoming call (183 with SDP); None when it made no offer."""
        return answer.progress(self._context, self._session(call), local, now)

    def accept(self, call: CallHandle, local: LocalMedia, now: float) -> StreamSpec | None:
        """Answer an incoming call (200): CallEstablished follows. None when it made no offer: we make it.

        Raises LocalSipError 488 when `local` has no codec of the offer.
        """
        return answer.accept(self._context, self._session(call), local, now)

    def reject(self, call: CallHandle, status_code: int, reason: str | None, now: float) -> None:
        """Refuse an incoming call with 300..699; `reason` None is the usual phrase."""
        answer.reject(self._context, self._session(call), status_code, reason, now)

    def hang_up(self, call: CallHandle, now: float, reason: str = "") -> None:
        """End a call in whatever state: CANCEL, BYE or 480. Its terminal event follows when it is over.

        `reason`: the Reason header (RFC 3326) of the CANCEL.
        """
        session = self._session(call)
        session.reason = reason
        if session.state is State.TERMINATING:
            return
        if session.state not in UNANSWERED:
            bye.bye(self._context, session, CallEnded(call, "us"), now)
        elif session.is_caller:
            cancel.cancel(self._context, session, CallFailed(call, 487, reason_of(487)), now)
        else:
            answer.reject(self._context, session, 480, None, now)

    def hold(self, call: CallHandle, now: float) -> None:
        """Send, but do not hear: a re-INVITE. StreamChanged follows when the peer agrees."""
        reinvite.modify(self._context, self._session(call), "sendonly", now)

    def resume(self, call: CallHandle, now: float) -> None:
        """Undo `hold`."""
        reinvite.modify(self._context, self._session(call), "sendrecv", now)

    def refer(self, call: CallHandle, target: ReferTo, now: float) -> None:
        """Ask the peer to call somebody else (REFER). CallReferred follows; the last one is final.

        Raises LocalSipError, 491 while an earlier one is under way.
        """
        refer.refer(self._context, self._session(call), target, now)

    def report_transfer(self, call: CallHandle, status_code: int, now: float) -> None:
        """Tell the peer how the transfer goes that it asked for; a final status (200..699) ends that."""
        refer.report(self._context, self._session(call), status_code, now)

    def press(self, call: CallHandle, digits: str, now: float) -> None:
        """Send keys by INFO, one after the other: `0-9*#A-D`, and `p` for a pause of half a second."""
        info.press(self._context, self._session(call), digits, now)

    def probe(self, call: CallHandle, now: float) -> None:
        """Ask the peer of an answered call whether it still lives; CallEnded follows when it does not."""
        probe.probe(self._context, self._session(call), now)

    def call_id(self, call: CallHandle) -> str:
        """The Call-ID that the call's messages have."""
        return self._session(call).call_id

    def dialog_state(self, call: CallHandle) -> dict[str, object]:
        """Write an answered call as JSON-safe values, to `adopt` after a restart."""
        return snapshot.write(self._session(call))

    def adopt(
        self,
        values: Mapping[str, object],
        now: float,
        *,
        login: Login | None = None,
        destinations: Destinations | None = None,
    ) -> CallHandle:
        """Take over a call that an endpoint before us made. Raises LocalSipError for what is no snapshot.

        `login` and `destinations` are those that the call was made or answered with: no snapshot has them.
        """
        session = snapshot.read(values, self._context.random)
        if session.call in self._context.sessions:
            raise LocalSipError("the call is already here")
        session.login = login
        if session.local is not None:
            session.local = replace(session.local, destinations=destinations)
        self._context.sessions.add(session)
        session_timer.take_up(self._context, session, now)
        return session.call

    def _session(self, call: CallHandle) -> Session:
        return self._context.sessions.of_call(call)

    # Requests.

    def _receive_request(self, request: Request, flow: Flow, now: float) -> None:
        # Where it came from, before anything is answered (RFC 3261 section 18.2.1, RFC 3581 section 4).
        request.headers.set_first("Via", str(request.via.stamped(*flow.remote)))
        transaction = self._context.transactions.server_of(request)
        if transaction is not None and not transaction.receive(request, flow, now):
            return
        if request.method == "ACK":
            self._receive_ack(request, flow, now)
        elif refusal := refuse(request):
            if refusal.status_code in _UNSUPPORTED:
                report(self._context, Kind.REQUEST_NOT_SUPPORTED, request, flow)
            self._stateless.refuse(request, refusal, flow)
        elif refusal := self._serve(request, flow, now):
            self._stateless.refuse(request, refusal, flow)

    def _serve(self, request: Request, flow: Flow, now: float) -> Refusal | None:
        """Act on a request that started no transaction yet. Returns why not."""
        if request.method == "CANCEL":
            return cancel.receive(self._context, request, flow, now)
        if request.to.tag is not None:
            session = self._session_of(request)
            return (
                NO_DIALOG
                if session is None
                else in_dialog.receive(self._context, session, request, flow, now)
            )
        serve = self._services.get(request.method)
        return NO_DIALOG if serve is None else serve(request, flow, now)

    def _serve_options(self, request: Request, flow: Flow, _now: float) -> None:
        self._stateless.answer(options.answer(self._context, request, self._stateless.tag(request)), flow)

    def _serve_register(self, request: Request, flow: Flow, now: float) -> Refusal | None:
        return self.registrar.serve(request, flow, now, tag=self._stateless.tag(request))

    def _serve_invite(self, request: Request, flow: Flow, now: float) -> Refusal | None:
        if self._context.transactions.is_merged(request):
            return MERGED
        if self._context.is_full:
            report(self._context, Kind.SESSION_LIMIT, request, flow)
            return OVERLOADED
        admitted = admit(self._context, request, flow, now)
        if isinstance(admitted, Refusal):
            return admitted
        if excess := self._excess(1.0 if admitted.is_known else SHARE_OF_UNKNOWN, now):
            report(self._context, excess, request, flow)
            return OVERLOADED
        old = replaces.replaced(self._context, request, flow, admitted)
        if isinstance(old, Refusal):
            return old
        try:
            session = answer.receive(self._context, request, flow, now)
        except (SdpError, RemoteSipError) as error:
            return Refusal(error.status_code)
        session.owner = admitted
        self._context.emit(announcement(session.call, request, flow, admitted, old))
        return None

    def _excess(self, share: float, now: float) -> Kind | None:
        """Why a caller who may take this share of the room gets none."""
        if self._context.is_fuller_than(share):
            return Kind.SESSION_LIMIT
        kept = (1 - share) * self._context.config.max_new_calls_per_s
        return None if self._new_calls.take("", now, leave=kept) else Kind.LOAD_AVERAGE_LIMIT

    def _receive_ack(self, ack: Request, flow: Flow, now: float) -> None:
        session = self._session_of(ack)
        if session is None or admit_within(self._context, session, ack, flow, now):
            self.counters["stray"] += 1
        elif answer.receive_ack(self._context, session, ack, flow, now):
            reinvite.catch_up(self._context, session, now)

    def _session_of(self, request: Request) -> Session | None:
        """Find the session by the whole id of its dialog: Call-ID and both tags."""
        session = self._context.sessions.of_dialog(request.call_id, request.to.tag or "")
        if session is None or session.dialog is None or session.dialog.remote.tag != request.from_.tag:
            return None
        return session
