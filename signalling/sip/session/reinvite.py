"""Re-INVITE: hold, resume and other changes of an answered call, on either side (RFC 3261 section 14)."""

from functools import partial

from signalling.sdp.negotiation import SdpError
from signalling.sdp.stream import Direction
from signalling.sip.calls import CallEnded, Flow, StreamChanged
from signalling.sip.capabilities import SDP
from signalling.sip.errors import LocalSipError
from signalling.sip.message import Request, Response
from signalling.sip.refusals import NO_DIALOG, RETRY_AFTER_S, Refusal
from signalling.sip.session import again, answer, bye, offer, session_timer
from signalling.sip.session.context import Context
from signalling.sip.session.invite import acknowledge
from signalling.sip.session.session import Outgoing, Session
from signalling.sip.session.table import Input, State

MAX_GLARES = 40
"""Attempts in a row that meet the peer's re-INVITE before we let its view stand.

With a back-off of a second, the mean where it is short, they outlast any transaction of the peer's.
"""

MAX_PAUSE_S = 30
"""The longest Retry-After that we heed: a user waits for his hold."""

_PASSING = frozenset({491, 500})
"""What a re-INVITE gets for a moment: it met another, or a later request overtook it."""


def modify(context: Context, session: Session, direction: Direction, now: float) -> None:
    """Offer another direction; while a re-INVITE is under way, as soon as that is over.

    Raises LocalSipError for a call that is not up.
    """
    if session.state not in {State.ESTABLISHED, State.MODIFYING} or session.local is None:
        raise LocalSipError(f"no hold or resume in a call that is {session.state}")
    session.direction = direction
    session.glares = 0
    if session.state is State.ESTABLISHED:
        _offer(context, session, now)


def refresh(context: Context, session: Session, now: float) -> None:
    """Offer the same again (RFC 4028); a re-INVITE that is under way refreshes too."""
    if session.state is State.ESTABLISHED:
        _offer(context, session, now)


def _offer(context: Context, session: Session, now: float) -> None:
    if session.local is None:
        return
    context.agenda.clear(session, "glare")
    session.step(Input.MODIFY)
    dialog = session.known_dialog()
    request = context.stamp(dialog.request("INVITE"), dialog.flow)
    context.describe(request, dialog.flow, session.media.offer(session.local, session.direction))
    session_timer.propose(context, session, request)
    _send(context, session, Outgoing(request, dialog.flow, session.direction), now)


def _send(context: Context, session: Session, outgoing: Outgoing, now: float) -> None:
    session.outgoing = outgoing
    respond = partial(_receive_response, context, session, outgoing)
    outgoing.transaction = context.transactions.send(outgoing.request, outgoing.flow, respond, now)


def _receive_response(
    context: Context, session: Session, outgoing: Outgoing, response: Response, now: float
) -> None:
    if 200 <= response.status_code < 300:
        _succeed(context, session, outgoing, response, now)
    elif response.status_code >= 300 and session.state is State.MODIFYING:
        _fail(context, session, outgoing, response, now)


def _succeed(context: Context, session: Session, outgoing: Outgoing, response: Response, now: float) -> None:
    tag = response.to.tag or ""
    if tag in outgoing.acks:
        context.transmits.append(outgoing.acks[tag])
        return
    dialog = session.known_dialog()
    dialog.refresh_target(response)
    session.learn(response)
    outgoing.acks[tag] = acknowledge(context, dialog, outgoing.request.cseq.number)
    if session.state is not State.MODIFYING:
        return
    try:
        stream = session.media.receive_answer(response.body if response.content_type == SDP else b"")
    except SdpError as error:
        bye.bye(context, session, CallEnded(session.call, "us", error.status_code, str(error)), now)
        return
    session_timer.learn(context, session, response, now)
    session.glares = 0
    if stream != session.stream or outgoing.direction != session.agreed:
        context.emit(StreamChanged(session.call, stream))
    session.stream = stream
    session.agreed = outgoing.direction
    session.step(Input.SETTLE)
    catch_up(context, session, now)


def catch_up(context: Context, session: Session, now: float) -> None:
    """Offer what our user asked for while a re-INVITE was under way."""
    if session.state is State.ESTABLISHED and session.direction != session.agreed:
        _offer(context, session, now)


def _fail(context: Context, session: Session, outgoing: Outgoing, response: Response, now: float) -> None:
    """Take a refusal: the stream stays as it was (section 14.1)."""
    dialog = session.known_dialog()
    request = again.within(context, session.login, outgoing.request, response, dialog)
    if request is not None:
        _send(context, session, Outgoing(request, dialog.flow, outgoing.direction), now)
        return
    if response.status_code in bye.GONE:
        bye.lose(context, session, response, now)
        return
    session.media.rollback()
    session.step(Input.SETTLE)
    if response.status_code in _PASSING and session.glares < MAX_GLARES:
        session.glares += 1
        pause = max(_back_off(context, session), min(response.retry_after_s, MAX_PAUSE_S))
        context.agenda.set(session, "glare", now + pause, partial(_retry, context, session))
        return
    if session.direction == outgoing.direction:
        session.direction = session.agreed
    catch_up(context, session, now)


def _back_off(context: Context, session: Session) -> float:
    """Seconds to wait after a 491; the owner of the Call-ID lets the peer go first (section 14.1)."""
    low, high = (2.1, 4.0) if session.is_caller else (0.0, 2.0)
    return low + context.fraction() * (high - low)


def _retry(context: Context, session: Session, now: float) -> None:
    if session.state is State.ESTABLISHED:
        _offer(context, session, now)
    else:
        context.agenda.set(
            session, "glare", now + _back_off(context, session), partial(_retry, context, session)
        )


def receive(context: Context, session: Session, request: Request, flow: Flow, now: float) -> None:
    """Answer or refuse the peer's re-INVITE.

    A refusal has a transaction too: a copy that the network delivers later must not pass for a new offer.
    """
    dialog = session.known_dialog()
    dialog.take(request, flow)
    invite = context.transactions.serve(request, flow, now)
    before = session.stream
    sdp = _answer(session, request)
    if isinstance(sdp, Refusal):
        invite.respond(context.refusal(request, sdp, tag=session.local_tag), now)
        return
    dialog.refresh_target(request)
    session.learn(request)
    session.step(Input.MODIFY)
    answer.succeed(context, session, invite, sdp, now)
    if session.stream is not None and session.stream != before:
        context.emit(StreamChanged(session.call, session.stream))


def _answer(session: Session, request: Request) -> bytes | Refusal:
    """Answer the peer's offer, or make ours when it sent none (section 14.2)."""
    if (refusal := _refusal(session)) is not None:
        return refusal
    if request.body or session.local is None:
        return offer.answer(session, request.body)
    return session.media.offer(session.local, session.direction)


def _refusal(session: Session) -> Refusal | None:
    match session.state:
        case State.ESTABLISHED:
            return None
        case State.MODIFYING | State.ANSWERED:
            return Refusal(491)
        case State.OFFERING | State.EARLY:
            return Refusal(500, headers=(("Retry-After", str(RETRY_AFTER_S)),))
        case _:
            return NO_DIALOG
