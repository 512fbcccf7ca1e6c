"""PRACK: provisional responses that arrive for certain, on either side (RFC 3262)."""

from functools import partial

from signalling.sdp.errors import SdpError
from signalling.sdp.negotiation import State as Negotiation
from signalling.sip.calls import CallEnded, Flow, StreamChanged
from signalling.sip.capabilities import RELIABLE
from signalling.sip.headers.rack import RAck
from signalling.sip.message import Request, Response
from signalling.sip.refusals import NO_DIALOG, Refusal
from signalling.sip.session import offer
from signalling.sip.session.ask import Question, ask
from signalling.sip.session.context import Context
from signalling.sip.session.ending import end
from signalling.sip.session.session import Fork, Reliable, Session
from signalling.sip.session.table import Input

MAX_WAITING = 4
"""Provisional responses behind one that is not acknowledged; more are dropped, they only repeat those."""

MAX_FIRST_RSEQ = 2**31 - 1
"""RFC 3262 section 3."""


# As the callee.


def allow(context: Context, session: Session, invite: Request) -> None:
    """Note whether the caller takes reliable provisional responses, or insists on them."""
    is_required = RELIABLE in invite.require
    if is_required or RELIABLE in invite.supported:
        session.reliable = Reliable(is_required, rseq=int(context.fraction() * MAX_FIRST_RSEQ))


def say(context: Context, session: Session, response: Response, now: float) -> None:
    """Send a provisional response: reliably when the caller insists, or when it has SDP and he can."""
    reliable = session.reliable
    if reliable is None or not (reliable.is_required or response.body):
        _respond(session, response, now)
        return
    if reliable.response is None:
        _say_reliably(context, session, reliable, response, now)
    elif len(reliable.waiting) < MAX_WAITING:
        reliable.waiting.append(response)
    else:
        return
    session.is_settled |= bool(response.body)


def _say_reliably(
    context: Context, session: Session, reliable: Reliable, response: Response, now: float
) -> None:
    reliable.rseq += 1
    response.headers.add("Require", RELIABLE)
    response.headers.set("RSeq", str(reliable.rseq))
    reliable.response, reliable.interval = response, context.config.timers.t1
    _respond(session, response, now)
    context.agenda.set(
        session, "prack", now + context.config.timers.timeout, partial(_miss, context, session)
    )
    context.agenda.set(session, "1xx", now + reliable.interval, partial(_repeat, context, session, reliable))


def _respond(session: Session, response: Response, now: float) -> None:
    if session.incoming is not None:
        session.incoming.respond(response, now)


def _repeat(context: Context, session: Session, reliable: Reliable, now: float) -> None:
    if reliable.response is None:
        return
    _respond(session, reliable.response, now)
    reliable.interval *= 2
    context.agenda.set(session, "1xx", now + reliable.interval, partial(_repeat, context, session, reliable))


def _miss(context: Context, session: Session, now: float) -> None:
    _refuse(context, session, 504, CallEnded(session.call, "timeout", 408, "no-prack"), now)


def _refuse(context: Context, session: Session, status_code: int, event: CallEnded, now: float) -> None:
    if session.incoming is not None:
        request = session.incoming.request
        session.incoming.respond(context.response(request, status_code, tag=session.local_tag), now)
    end(context, session, Input.REFUSE, event)


def stop(context: Context, session: Session) -> None:
    """Say no more of it: the answer goes out. A PRACK for what was said may still come."""
    context.agenda.clear(session, "1xx")
    context.agenda.clear(session, "prack")
    if session.reliable is not None:
        session.reliable.waiting.clear()
        session.reliable.answer = None


def receive(context: Context, session: Session, request: Request, flow: Flow, now: float) -> Refusal | None:
    """Take a PRACK, with the answer to our offer or an offer of its own, and say what waited for it."""
    reliable = session.reliable
    if reliable is None or reliable.response is None:
        return NO_DIALOG
    if request.rack != RAck(reliable.rseq, reliable.response.cseq):
        return NO_DIALOG
    session.known_dialog().take(request, flow)
    transaction = context.transactions.serve(request, flow, now)
    is_answer = bool(reliable.response.body) and session.media.state is Negotiation.LOCAL_OFFER
    before = session.stream
    sdp = _settle(session, request.body) if is_answer else offer.amend(session, request.body)
    if isinstance(sdp, Refusal):
        transaction.respond(context.refusal(request, sdp, tag=session.local_tag), now)
        if is_answer:
            event = CallEnded(session.call, "us", sdp.status_code, "no usable answer")
            _refuse(context, session, sdp.status_code, event, now)
            return None
    else:
        response = context.response(request, 200, tag=session.local_tag)
        context.describe(response, flow, sdp)
        transaction.respond(response, now)
    if session.stream is not None and session.stream != before:
        context.emit(StreamChanged(session.call, session.stream))
    _go_on(context, session, reliable, now)
    return None


def _settle(session: Session, body: bytes) -> bytes | Refusal:
    """Take the answer to our offer; there is nothing to say to that."""
    try:
        session.stream = session.media.receive_answer(body)
    except SdpError as error:
        return Refusal(error.status_code)
    return b""


def _go_on(context: Context, session: Session, reliable: Reliable, now: float) -> None:
    reliable.response = None
    context.agenda.clear(session, "1xx")
    context.agenda.clear(session, "prack")
    if reliable.answer is not None and not reliable.has_sdp:
        reliable.answer(now)
    elif reliable.waiting:
        _say_reliably(context, session, reliable, reliable.waiting.pop(0), now)


# As the caller.


def is_reliable(response: Response) -> bool:
    """Whether a provisional response wants a PRACK."""
    return 100 < response.status_code < 200 and RELIABLE in response.require and response.rseq is not None


def acknowledge(context: Context, session: Session, fork: Fork, response: Response, now: float) -> bool:
    """Send the PRACK for a response that is in order. Returns False for any other: it means nothing.

    A repeated one has its PRACK already, which repeats itself; one that comes too early is sent again.
    """
    rseq = response.rseq or 0
    if fork.rseq and rseq != fork.rseq + 1:
        return False
    fork.rseq = rseq
    request = fork.dialog.request("PRACK")
    request.headers.set("RAck", str(RAck(rseq, response.cseq)))
    ask(context, Question(fork.dialog, request, session.login, lambda *_: None), now)
    return True
