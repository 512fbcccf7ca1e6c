"""CANCEL: giving up a call before it is answered, on either side (RFC 3261 section 9)."""

from functools import partial

from signalling.sip.admission import admit_within
from signalling.sip.calls import AnyCallEvent, CallCancelled, CallFailed, Flow
from signalling.sip.message import Request
from signalling.sip.reasons import reason_of
from signalling.sip.refusals import NO_DIALOG, Refusal
from signalling.sip.session.context import Context
from signalling.sip.session.ending import end
from signalling.sip.session.session import Session
from signalling.sip.session.table import UNANSWERED, Input
from signalling.sip.transaction.client import cancel as cancel_of


def cancel(context: Context, session: Session, outcome: AnyCallEvent, now: float) -> None:
    """Give up our INVITE. The CANCEL waits for a provisional response (section 9.1)."""
    session.command(Input.RELEASE)
    session.outcome = outcome
    if session.outgoing is not None and session.outgoing.is_heard:
        send(context, session, now)


def send(context: Context, session: Session, now: float) -> None:
    """Send the CANCEL of a call that was given up, once."""
    outgoing = session.outgoing
    if outgoing is None or outgoing.is_cancelled:
        return
    outgoing.is_cancelled = True
    request = cancel_of(outgoing.request)
    if session.reason:
        request.headers.add("Reason", session.reason)
    context.transactions.send(request, outgoing.flow, lambda *_: None, now)
    deadline = now + context.config.timers.timeout
    context.agenda.set(session, "cancel", deadline, partial(_abandon, context, session))


def _abandon(context: Context, session: Session, now: float) -> None:
    """No final response 64*T1 after the CANCEL: the INVITE counts as cancelled."""
    if session.outgoing is not None and session.outgoing.transaction is not None:
        session.outgoing.transaction.abandon(now)
    end(context, session, Input.REFUSE, CallFailed(session.call, 487, reason_of(487)))


def receive(context: Context, request: Request, flow: Flow, now: float) -> Refusal | None:
    """Take a CANCEL (section 9.2), if there is an INVITE that it could mean. Returns why not.

    After our final response it changes nothing: the peer has its answer.
    """
    invite = context.transactions.cancelled_by(request)
    if invite is None:
        return NO_DIALOG
    session = context.sessions.of_invite(invite)
    if session is not None and (refusal := admit_within(context, session, request, flow, now)):
        return refusal
    context.transactions.serve(request, flow, now).respond(
        context.response(request, 200, tag=invite.local_tag), now
    )
    if session is not None and session.state in UNANSWERED:
        withdraw(context, session, now)
    return None


def withdraw(context: Context, session: Session, now: float) -> None:
    """Answer 487 to the peer's INVITE: it gave up by CANCEL, or by BYE in the early dialog (section 15)."""
    if session.incoming is not None:
        response = context.response(session.incoming.request, 487, tag=session.local_tag)
        session.incoming.respond(response, now)
    end(context, session, Input.CANCEL, CallCancelled(session.call))
