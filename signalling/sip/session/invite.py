"""INVITE as the caller: send it, follow its responses, acknowledge its 2xx (RFC 3261 section 13.2)."""

import copy
from functools import partial

from signalling.sdp.negotiation import SdpError
from signalling.sdp.negotiation import State as Negotiation
from signalling.sip.calls import CallAnswered, CallFailed, CallRinging, Transmit
from signalling.sip.capabilities import SDP
from signalling.sip.config import Invitation
from signalling.sip.dialog import Dialog, DialogInput
from signalling.sip.errors import LocalSipError, RemoteSipError
from signalling.sip.headers.name_addr import NameAddr
from signalling.sip.headers.names import key
from signalling.sip.message import Headers, Request, Response
from signalling.sip.reasons import reason_of
from signalling.sip.session import again, bye, cancel, prack, session_timer
from signalling.sip.session.context import Context
from signalling.sip.session.ending import end
from signalling.sip.session.session import Fork, Outgoing, Session
from signalling.sip.session.table import Input, State
from signalling.sip.uri import SipUri

MAX_FORKS = 8
"""Branches of one INVITE that we follow; more answers than that are left to time out."""

_UNACCEPTABLE = frozenset({488, 606})
"""What our offer gets from a peer that takes no such stream."""

RINGING_LIMIT_S = 180.0
"""How long a call may stay unanswered after a provisional response: timer C of RFC 3261 section 16.6."""

_OURS = frozenset({
    "allow", "authorization", "call-id", "contact", "content-encoding", "content-length", "content-type",
    "cseq", "from", "max-forwards", "proxy-authorization", "record-route", "require", "route", "to",
    "user-agent", "via",
})  # fmt: skip


def invite(context: Context, invitation: Invitation, now: float) -> Session:
    """Start a call. Raises LocalSipError for a header that is ours to make, 503 when the tables are full."""
    if context.is_full:
        raise LocalSipError("too many calls", 503)
    session = context.session(context.token(), context.token(), is_caller=True)
    session.local = invitation.local
    session.login = invitation.credentials
    session.owner = invitation.callee
    offer = session.media.offer(invitation.local, "sendrecv")
    request = context.stamp(_request(context, session, invitation), invitation.flow)
    context.describe(request, invitation.flow, offer)
    session_timer.propose(context, session, request)
    context.sessions.add(session)
    _send(context, session, Outgoing(request, invitation.flow, offered=session.media), now)
    return session


def _request(context: Context, session: Session, invitation: Invitation) -> Request:
    host = invitation.from_host or context.config.sent_by(invitation.flow)[0]
    caller = NameAddr(SipUri("sip", invitation.from_user or None, host), invitation.from_display)
    headers = Headers([("Max-Forwards", "70"), ("From", str(caller.with_tag(session.local_tag)))])
    headers.add("To", str(NameAddr(invitation.to or invitation.target)))
    headers.add("Call-ID", session.call_id)
    headers.add("CSeq", "1 INVITE")
    for route in invitation.routes:
        headers.add("Route", route)
    for name, value in invitation.headers.items():
        if key(name) in _OURS:
            raise LocalSipError(f"header {name} is made by the endpoint")
        headers.add(name, value)
    return Request("INVITE", invitation.target, headers)


def _send(context: Context, session: Session, outgoing: Outgoing, now: float) -> None:
    session.outgoing = outgoing
    respond = partial(_receive, context, session, outgoing)
    outgoing.transaction = context.transactions.send(outgoing.request, outgoing.flow, respond, now)


def _receive(context: Context, session: Session, outgoing: Outgoing, response: Response, now: float) -> None:
    if response.status_code < 200:
        _proceed(context, session, outgoing, response, now)
    elif response.status_code < 300:
        _succeed(context, session, outgoing, response, now)
    elif session.state is not State.ENDED:
        _fail(context, session, outgoing, response, now)


def _proceed(context: Context, session: Session, outgoing: Outgoing, response: Response, now: float) -> None:
    if session.state is State.ENDED:
        return
    if not outgoing.is_heard:
        outgoing.is_heard = True
        context.agenda.set(session, "ringing", now + RINGING_LIMIT_S, partial(_give_up, context, session))
    if response.status_code > 100:
        session.step(Input.RING)
    if session.state is State.TERMINATING:
        cancel.send(context, session, now)
    elif response.status_code > 100:
        _ring(context, session, outgoing, response, now)


def _ring(context: Context, session: Session, outgoing: Outgoing, response: Response, now: float) -> None:
    fork = _fork(session, outgoing, response)
    if prack.is_reliable(response):
        if fork is None or not prack.acknowledge(context, session, fork, response, now):
            return
        _settle(session, fork, response)
    elif fork is not None:
        _preview(fork, response)
    early = None if fork is None else fork.stream
    context.emit(CallRinging(session.call, response.status_code, early))


def _give_up(context: Context, session: Session, now: float) -> None:
    if session.state is not State.TERMINATING:
        cancel.cancel(context, session, CallFailed(session.call, 408, reason_of(408)), now)


def _fork(session: Session, outgoing: Outgoing, response: Response) -> Fork | None:
    """Find or make the fork that speaks; the session's dialog is that of the one heard last.

    Each fork answers the same offer, so each has a negotiation of its own.
    """
    tag = response.to.tag or ""
    fork = outgoing.forks.get(tag)
    if fork is None:
        if len(outgoing.forks) >= MAX_FORKS:
            return None
        try:
            dialog = Dialog.of_response(outgoing.request, response, outgoing.flow)
        except RemoteSipError:
            return None
        fork = outgoing.forks[tag] = Fork(dialog, copy.deepcopy(outgoing.offered))
    session.learn(response)
    session.dialog, session.media = fork.dialog, fork.media
    return fork


def _settle(session: Session, fork: Fork, response: Response) -> None:
    """Take the answer in a reliable response: it stands (RFC 3262 section 5)."""
    if not _has_sdp(response) or fork.media.state is not Negotiation.LOCAL_OFFER:
        return
    try:
        fork.stream = session.stream = fork.media.receive_answer(response.body)
    except SdpError:
        return  # the 2xx will have nothing better: then the call ends


def _preview(fork: Fork, response: Response) -> None:
    """Open early media by an answer that only the 2xx makes final."""
    if fork.stream is not None or not _has_sdp(response):
        return
    try:
        fork.stream = copy.deepcopy(fork.media).receive_answer(response.body)
    except SdpError:
        return
    fork.heard = response.body


def _succeed(context: Context, session: Session, outgoing: Outgoing, response: Response, now: float) -> None:
    tag = response.to.tag or ""
    if tag in outgoing.acks:
        context.transmits.append(outgoing.acks[tag])
        return
    if len(outgoing.acks) >= MAX_FORKS:
        return
    try:
        dialog = Dialog.of_response(outgoing.request, response, outgoing.flow)
    except RemoteSipError as error:
        if session.state is not State.ENDED:
            end(context, session, Input.REFUSE, CallFailed(session.call, 500, error.reason))
        return
    fork = outgoing.forks.get(tag)
    if fork is not None:
        dialog.follow(fork.dialog)
    is_first = not outgoing.acks
    dialog.advance(DialogInput.SUCCESS)
    outgoing.acks[tag] = acknowledge(context, dialog, outgoing.request.cseq.number)
    if not is_first or session.state is State.ENDED:
        bye.drop(context, dialog, session.login, now)
        return
    context.agenda.clear_all(session)
    session.dialog = dialog
    session.step(Input.ACCEPT)
    if session.state is State.TERMINATING:
        bye.send(context, session, now)
        return
    session.learn(response)
    session_timer.learn(context, session, response, now)
    _answer(context, session, fork or Fork(dialog, outgoing.offered), response, now)


def acknowledge(context: Context, dialog: Dialog, cseq: int) -> Transmit:
    """Send the ACK to a 2xx, and return it for repetition."""
    ack = context.stamp(dialog.ack(cseq), dialog.flow)
    transmit = Transmit(dialog.flow, bytes(ack))
    context.transmits.append(transmit)
    return transmit


def _answer(context: Context, session: Session, fork: Fork, response: Response, now: float) -> None:
    """Take the answer: what came reliably stands, else that of the 2xx, else that of an early response."""
    session.media = fork.media
    sdp = response.body if _has_sdp(response) else fork.heard
    try:
        session.stream = fork.media.stream or fork.media.receive_answer(sdp)
    except SdpError as error:
        session.step(Input.RELEASE)
        session.outcome = CallFailed(session.call, error.status_code, str(error))
        bye.send(context, session, now)
        return
    context.emit(CallAnswered(session.call, session.stream))


def _fail(context: Context, session: Session, outgoing: Outgoing, response: Response, now: float) -> None:
    request = None
    if session.state is not State.TERMINATING:
        request = again.outside(context, session.login, outgoing.request, response, outgoing.flow)
        if response.status_code in _UNACCEPTABLE:
            request = again.otherwise(context, outgoing.offered, outgoing.request, outgoing.flow)
    if request is not None:
        _send(context, session, Outgoing(request, outgoing.flow, offered=outgoing.offered), now)
        return
    if response.status_code != 487:
        session.outcome = None  # the peer's own word, 486 perhaps, says more than that we cancelled
    end(context, session, Input.REFUSE, CallFailed(session.call, response.status_code, response.reason))


def _has_sdp(response: Response) -> bool:
    return bool(response.body) and response.content_type == SDP
