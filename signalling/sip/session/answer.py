"""INVITE as the callee: ring, accept or reject, and the 2xx until its ACK (RFC 3261 section 13.3)."""

from functools import partial

from signalling.sdp.negotiation import SdpError
from signalling.sdp.stream import LocalMedia, StreamSpec
from signalling.sip.calls import CallEnded, CallEstablished, Flow, StreamChanged
from signalling.sip.dialog import Dialog, DialogInput
from signalling.sip.errors import LocalSipError
from signalling.sip.message import Request, Response
from signalling.sip.reasons import reason_of
from signalling.sip.session import bye
from signalling.sip.session.context import Context
from signalling.sip.session.ending import end
from signalling.sip.session.session import Answered, Session
from signalling.sip.session.table import Input, State
from signalling.sip.transaction.server import ServerTransaction


def receive(context: Context, request: Request, flow: Flow, now: float) -> Session:
    """Open a session for an admitted INVITE. Raises SdpError or RemoteSipError with nothing done."""
    tag = context.token()
    session = context.session(request.call_id, tag, is_caller=False)
    session.dialog = Dialog.of_request(request, tag, flow)
    session.is_late = not request.body
    if not session.is_late:
        session.media.receive_offer(request.body)
    session.incoming = context.transactions.serve(request, flow, now)
    session.incoming.local_tag = tag
    session.incoming.respond(context.response(request, 100, tag=tag), now)
    context.sessions.add(session)
    return session


def ring(context: Context, session: Session, now: float) -> None:
    """Send 180."""
    invite = _waiting(session)
    session.command(Input.RING)
    invite.respond(_provisional(context, session, invite, 180), now)


def progress(context: Context, session: Session, local: LocalMedia, now: float) -> StreamSpec | None:
    """Send 183 with our answer: early media. Without the peer's offer there is none, and None is returned."""
    invite = _waiting(session)
    sdp = b"" if session.is_late else _answer_once(session, local)
    session.command(Input.RING)
    response = _provisional(context, session, invite, 183)
    context.describe(response, invite.flow, sdp)
    invite.respond(response, now)
    return session.stream


def accept(context: Context, session: Session, local: LocalMedia, now: float) -> StreamSpec | None:
    """Send 200 with our answer; after a late offer, with our offer, and None is returned."""
    invite = _waiting(session)
    if session.is_late:
        session.local = local
        sdp = session.media.offer(local, session.direction)
    else:
        sdp = _answer_once(session, local)
    session.command(Input.ANSWER)
    session.incoming = None
    session.known_dialog().advance(DialogInput.SUCCESS)
    succeed(context, session, invite, sdp, now)
    return session.stream


def reject(context: Context, session: Session, status_code: int, reason: str | None, now: float) -> None:
    """Refuse the call with a final response, 300..699."""
    if not 300 <= status_code <= 699:
        raise LocalSipError("a refusal is 300 to 699")
    invite = _waiting(session)
    invite.respond(context.response(invite.request, status_code, reason, tag=session.local_tag), now)
    text = reason or reason_of(status_code)
    end(context, session, Input.REFUSE, CallEnded(session.call, "us", status_code, text))


def succeed(context: Context, session: Session, invite: ServerTransaction, sdp: bytes, now: float) -> None:
    """Send the 2xx to an INVITE or re-INVITE, and repeat it until the ACK comes (section 13.3.1.4)."""
    response = context.response(invite.request, 200, tag=session.local_tag)
    context.describe(response, invite.flow, sdp)
    timers = context.config.timers
    is_offer = not invite.request.body
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
    if session.incoming is None or session.state not in {State.OFFERING, State.EARLY}:
        raise LocalSipError(f"nothing to answer in a call that is {session.state}")
    return session.incoming


def _provisional(context: Context, session: Session, invite: ServerTransaction, status_code: int) -> Response:
    response = context.response(invite.request, status_code, tag=session.local_tag)
    context.describe(response, invite.flow, b"")
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
