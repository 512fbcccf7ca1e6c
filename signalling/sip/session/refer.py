"""REFER in an answered call, on either side: call somebody else instead (RFC 3515, RFC 4488).

The peer's REFER is taken with 202, and how it goes is told in NOTIFYs until our user says how it ended.
Ours is told to our user by what comes back (`signalling.sip.session.notify` has the NOTIFYs).
"""

from functools import partial

from signalling.sip.addresses import DEFAULT_PORTS
from signalling.sip.calls import CallReferred, Flow, TransferRequested
from signalling.sip.errors import LocalSipError, RemoteSipError
from signalling.sip.headers.event import Event
from signalling.sip.headers.refer_to import ReferTo
from signalling.sip.message import Request, Response
from signalling.sip.reasons import reason_of
from signalling.sip.refusals import NO_DIALOG, OVERLOADED, Refusal
from signalling.sip.session.ask import Question, ask
from signalling.sip.session.context import Context
from signalling.sip.session.replaces import find
from signalling.sip.session.session import Referral, Session
from signalling.sip.session.table import State
from signalling.sip.uri import SipUri, Uri

REFERRAL_LIMIT_S = 180
"""How long a transfer is followed: as long as a call may ring."""

SIPFRAG = "message/sipfrag"

UNDER_WAY = Refusal(491)
"""One transfer of a call at a time."""

_UP = frozenset({State.ESTABLISHED, State.MODIFYING})

_UP_FOR_PEER = _UP | {State.ANSWERED}
"""To a peer whose ACK is lost the call is up as well."""


def receive(context: Context, session: Session, request: Request, flow: Flow, now: float) -> Refusal | None:
    """Take the peer's REFER: our user hears whom to call. Returns why not."""
    if session.state not in _UP_FOR_PEER:
        return NO_DIALOG
    if session.referral is not None:
        return UNDER_WAY
    if len(context.transactions) >= context.config.max_transactions:
        return OVERLOADED
    values = request.headers.lines("Refer-To")
    if len(values) != 1:
        return Refusal(400, "Refer-To Not Given Once")
    try:
        target = ReferTo.parse(values[0])
    except RemoteSipError as error:
        return Refusal(error.status_code)
    dialog = session.known_dialog()
    dialog.take(request, flow)
    dialog.refresh_target(request)
    session.referral = Referral(Event("refer", str(request.cseq.number)), is_followed=_wants_notify(request))
    response = context.response(request, 202, tag=session.local_tag)
    response.headers.set("Contact", context.contact(flow))
    if not session.referral.is_followed:
        response.headers.set("Refer-Sub", "false")
    context.transactions.serve(request, flow, now).respond(response, now)
    context.emit(_wish(context, session, target, flow))
    report(context, session, 100, now)
    return None


def report(context: Context, session: Session, status_code: int, now: float) -> None:
    """Tell the peer how the call that it wanted goes; a final status ends that.

    Raises LocalSipError when the peer has not asked for one.
    """
    referral = session.referral
    if referral is None:
        raise LocalSipError("no transfer is under way")
    is_final = status_code >= 200
    if is_final:
        session.referral = None
    if not referral.is_followed:
        return
    state = "terminated;reason=noresource" if is_final else f"active;expires={REFERRAL_LIMIT_S}"
    dialog = session.known_dialog()
    notify = dialog.request("NOTIFY")
    notify.headers.add("Contact", context.contact(dialog.flow))
    notify.headers.add("Event", str(referral.event))
    notify.headers.add("Subscription-State", state)
    notify.headers.add("Content-Type", f"{SIPFRAG};version=2.0")
    notify.body = f"SIP/2.0 {status_code} {reason_of(status_code)}\r\n".encode()
    ask(context, Question(dialog, notify, session.login, partial(_notified, referral)), now)


def _notified(referral: Referral, response: Response, _now: float) -> None:
    """A peer that refuses a NOTIFY gets no more of them (RFC 6665 section 4.2.2)."""
    if response.status_code >= 300:
        referral.is_followed = False


def refer(context: Context, session: Session, target: ReferTo, now: float) -> None:
    """Ask the peer to call somebody else. CallReferred follows, once or more; the last one is final.

    Raises LocalSipError for a call that is not up, and 491 while the peer is at it.
    """
    if session.state not in _UP:
        raise LocalSipError(f"no transfer in a call that is {session.state}")
    if session.referring is not None:
        raise LocalSipError("a transfer is under way", 491)
    dialog = session.known_dialog()
    request = dialog.request("REFER")
    request.headers.add("Contact", context.contact(dialog.flow))
    request.headers.add("Refer-To", str(target))
    session.referring = request.cseq.number
    context.agenda.set(
        session, "referral", now + REFERRAL_LIMIT_S, partial(_miss, context, session, request.cseq.number)
    )
    ask(context, Question(dialog, request, session.login, partial(_answered, context, session)), now)


def _answered(context: Context, session: Session, response: Response, _now: float) -> None:
    """Take the response to our REFER. The CSeq names the subscription, credentials or not."""
    if session.referring is None or session.state is State.ENDED:
        return
    session.referring = response.cseq.number
    unfollowed = (response.headers.get("Refer-Sub") or "").strip().lower() == "false"
    if response.status_code >= 300 or unfollowed:
        tell(context, session, response.status_code, response.reason, is_final=True)
    else:
        context.emit(CallReferred(session.call, response.status_code, response.reason, is_final=False))


def tell(context: Context, session: Session, status_code: int, reason: str, *, is_final: bool) -> None:
    """Tell our user how the transfer goes that the peer was asked for."""
    if is_final:
        session.referring = None
        context.agenda.clear(session, "referral")
    context.emit(CallReferred(session.call, status_code, reason, is_final=is_final))


def _miss(context: Context, session: Session, _cseq: int, _now: float) -> None:
    if session.referring is not None:
        tell(context, session, 408, reason_of(408), is_final=True)


def _wants_notify(request: Request) -> bool:
    """Whether the peer wants to hear how it goes (RFC 4488): `Refer-Sub: false` says no."""
    return (request.headers.get("Refer-Sub") or "").partition(";")[0].strip().lower() != "false"


def _wish(context: Context, session: Session, target: ReferTo, flow: Flow) -> TransferRequested:
    other = find(context, target.replaces) if target.replaces is not None else None
    if other is session:
        other = None
    headers = dict(target.headers)
    if target.replaces is not None and other is None:
        headers["Replaces"] = str(target.replaces)
    is_here = _is_here(context, session, target.uri, flow)
    return TransferRequested(
        session.call, target.uri, is_here, None if other is None else other.call, headers
    )


def _is_here(context: Context, session: Session, uri: Uri, flow: Flow) -> bool:
    """Whether an address is ours: as we are told to others, or as this peer has called us."""
    if not isinstance(uri, SipUri):
        return False
    known = session.known_dialog().local.uri
    called = [(known.host, known.port)] if isinstance(known, SipUri) else []
    places = [context.config.sent_by(flow), flow.local, *called]
    usual = DEFAULT_PORTS[flow.transport]
    return (uri.host.lower(), uri.port or usual) in {(host.lower(), port or usual) for host, port in places}
