"""INVITE as the callee: ring, accept or reject, and the 2xx until its ACK (RFC 3261 section 13.3)."""

from functools import partial

from signalling.sdp.negotiation import SdpError
from signalling.sdp.negotiation import State as Negotiation
from signalling.sdp.stream import LocalMedia, StreamSpec
from signalling.sip.calls import CallEnded, CallEstablished, Flow, StreamChanged
from signalling.sip.dialog import Dialog, DialogInput
from signalling.sip.errors import LocalSipError
from signalling.sip.message import Request, Response
from signalling.sip.reasons import reason_of
from signalling.sip.refusals import RETRY_AFTER_S
from signalling.sip.session import bye, prack, session_timer
from signalling.sip.session.context import Context
from signalling.sip.session.ending import end
from signalling.sip.session.session import Answered, Session
from signalling.sip.session.table import UNANSWERED, Input, State
from signalling.sip.transaction.server import ServerTransaction

STILL_RINGING_S = 60.0
"""How often a call that rings says so."""

UNAVAILABLE = 503


def receive(context: Context, request: Request, flow: Flow, now: float) -> Session:
    """Open a session for an admitted INVITE. Raises SdpError or RemoteSipError with nothing done."""
    tag = context.token()
    session = context.session(request.call_id, tag, is_caller=False)
    session.dialog = Dialog.of_request(request, tag, flow)
    session.is_late = not request.body
    if not session.is_late:
        session.media.receive_offer(request.body)
    session.learn(request)
    prack.allow(context, session, request)
    session.incoming = context.transactions.serve(request, flow, now)
    session.incoming.local_tag = tag
    session.incoming.respond(context.response(request, 100, tag=tag), now)
    context.sessions.add(session)
    return session


def check(session: Session, local: LocalMedia) -> None:
    """Raise the LocalSipError with which `local` would fail to answer the offer."""
    try:
        session.media.check(local)
    except SdpError as error:
        raise LocalSipError(str(error), error.status_code) from error


def ring(context: Context, session: Session, now: float) -> None:
    """Send 180."""
    response = _provisional(context, session, _waiting(session), 180, b"")
    session.command(Input.RING)
    prack.say(context, session, response, now)
    _stay(context, session, now)


def progress(context: Context, session: Session, local: LocalMedia, now: float) -> StreamSpec | None:
    """Send 183 with our answer: early media.

    Without the peer's offer None is returned. Where he takes reliable responses ours goes out then, and
    StreamChanged tells of his answer.
    """
    invite = _waiting(session)
    if session.is_settled:
        return session.stream  # it was said, and arrives for certain
    sdp = _sdp(session, local) if not session.is_late or session.reliable is not None else b""
    session.command(Input.RING)
    prack.say(context, session, _provisional(context, session, invite, 183, sdp), now)
    _stay(context, session, now)
    return session.stream


def accept(context: Context, session: Session, local: LocalMedia, now: float) -> StreamSpec | None:
    """Send 200 with our answer; after a late offer, with our offer, and None is returned."""
    invite = _waiting(session)
    if session.reliable is None or not session.reliable.has_sdp:
        _accept(context, session, invite, local, now)
        return session.stream
    if not session.is_late:
        _answer_once(session, local)  # a codec that is not common is told while he may still be rejected
    session.command(Input.DEFER)
    session.reliable.answer = partial(_accept, context, session, invite, local)
    return session.stream


def _accept(
    context: Context, session: Session, invite: ServerTransaction, local: LocalMedia, now: float
) -> None:
    sdp = _sdp(session, local)
    session.command(Input.ANSWER)
    context.agenda.clear(session, "ringing")
    prack.stop(context, session)
    session.incoming = None
    session.known_dialog().advance(DialogInput.SUCCESS)
    succeed(context, session, invite, sdp, now)


def _stay(context: Context, session: Session, now: float) -> None:
    """Say each minute that the call still rings: proxies give up after three (section 13.3.1.1)."""
    context.agenda.set(session, "ringing", now + STILL_RINGING_S, partial(_say_again, context, session))


def _say_again(context: Context, session: Session, now: float) -> None:
    if session.incoming is not None:
        session.incoming.repeat(now)
        _stay(context, session, now)


def _sdp(session: Session, local: LocalMedia) -> bytes:
    """Make our answer to the peer's offer, or our offer; nothing when that was said reliably."""
    if session.is_settled or session.media.state is Negotiation.LOCAL_OFFER:
        return b""
    if not session.is_late:
        return _answer_once(session, local)
    session.local = local
    return session.media.offer(local, session.direction)


def reject(context: Context, session: Session, status_code: int, reason: str | None, now: float) -> None:
    """Refuse the call with a final response, 300..699. A 503 says when to try again (section 21.5.4)."""
    if not 300 <= status_code <= 699:
        raise LocalSipError("a refusal is 300 to 699")
    invite = _unanswered(session)
    response = context.response(invite.request, status_code, reason, tag=session.local_tag)
    if status_code == UNAVAILABLE:
        response.headers.add("Retry-After", str(RETRY_AFTER_S))
    invite.respond(response, now)
    text = reason or reason_of(status_code)
    end(context, session, Input.REFUSE, CallEnded(session.call, "us", status_code, text))


def succeed(context: Context, session: Session, invite: ServerTransaction, sdp: bytes, now: float) -> None:
    """Send the 2xx to an INVITE or re-INVITE, and repeat it until the ACK comes (section 13.3.1.4)."""
    response = context.response(invite.request, 200, tag=session.local_tag)
    context.describe(response, invite.flow, sdp)
    session_timer.accept(context, session, invite.request, response, now)
    timers = context.config.timers
    is_offer = session.media.state is Negotiation.LOCAL_OFFER
    session.answered = Answered(invite, response, timers.t1, is_offer)
    invite.respond(response, now)
    context.agenda.set(session, "ack", now + timers.timeout, partial(_miss_ack, context, session))
    context.agenda.set(session, "2xx", now + timers.t1, partial(_repeat, context, session))


def receive_ack(context: Context, session: Session, ack: Request, flow: Flow, now: float) -> bool:
    """Take the ACK to our 2xx. Returns False for any other, a repeated one too: it means nothing."""
    answered = session.answered
    if answered is None or ack.cseq.number != answered.cseq:
        return False
    session.answered = None
    context.agenda.clear(session, "2xx")
    context.agenda.clear(session, "ack")
    session.known_dialog().take(ack, flow)
    if session.state is State.TERMINATING:
        session.step(Input.ACK)
        bye.send(context, session, now)
        return True
    before, is_first = session.stream, session.state is State.ANSWERED
    session.step(Input.ACK)
    try:
        stream = session.media.receive_answer(ack.body) if answered.is_offer else session.stream
    except SdpError as error:
        bye.bye(context, session, CallEnded(session.call, "us", error.status_code, str(error)), now)
        return True
    session.stream = stream
    if stream is not None and (is_first or stream != before):
        event = CallEstablished if is_first else StreamChanged
        context.emit(event(session.call, stream))
    return True


def _waiting(session: Session) -> ServerTransaction:
    """Find the INVITE that our user may still answer. Raises LocalSipError."""
    if session.state is State.ANSWERING:
        raise LocalSipError("the call is answered")
    return _unanswered(session)


def _unanswered(session: Session) -> ServerTransaction:
    if session.incoming is None or session.state not in UNANSWERED:
        raise LocalSipError(f"nothing to answer in a call that is {session.state}")
    return session.incoming


def _provisional(
    context: Context, session: Session, invite: ServerTransaction, status_code: int, sdp: bytes
) -> Response:
    response = context.response(invite.request, status_code, tag=session.local_tag)
    context.describe(response, invite.flow, sdp)
    return response


def _answer_once(session: Session, local: LocalMedia) -> bytes:
    """Answer the first offer; what went out in a 183 is repeated in the 200 (section 13.2.1).

    Raises LocalSipError 488 when our codecs have none of the peer's: the call still waits, to be rejected.
    """
    if session.stream is None:
        session.local = local
        try:
            session.first_answer, session.stream = session.media.answer(local, session.direction)
        except SdpError as error:
            raise LocalSipError(str(error), error.status_code) from error
    return session.first_answer


def _repeat(context: Context, session: Session, now: float) -> None:
    answered = session.answered
    if answered is None:
        return
    answered.transaction.respond(answered.response, now)
    answered.interval = min(2 * answered.interval, context.config.timers.t2)
    context.agenda.set(session, "2xx", now + answered.interval, partial(_repeat, context, session))


def _miss_ack(context: Context, session: Session, now: float) -> None:
    """End a call whose 2xx nobody acknowledged (section 13.3.1.4)."""
    bye.drop(context, session.known_dialog(), session.login, now)
    end(context, session, Input.NO_ACK, CallEnded(session.call, "timeout", 408, "no-ack"))
