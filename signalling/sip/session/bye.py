"""BYE: the end of an answered call, on either side (RFC 3261 section 15)."""

from functools import partial

from signalling.sip.calls import AnyCallEvent, CallEnded, Flow
from signalling.sip.dialog import Dialog
from signalling.sip.digest import Login
from signalling.sip.message import Request, Response
from signalling.sip.session import cancel
from signalling.sip.session.ask import Done, Question, ask
from signalling.sip.session.context import Context
from signalling.sip.session.ending import end
from signalling.sip.session.session import Session
from signalling.sip.session.table import UNANSWERED, Input, State

GONE = frozenset({408, 481})
"""What a request in a dialog gets when the peer has forgotten it (RFC 3261 section 12.2.1.2)."""


def bye(context: Context, session: Session, outcome: AnyCallEvent, now: float) -> None:
    """End an answered call. While our 2xx waits for its ACK the BYE waits too."""
    is_acknowledged = session.state is not State.ANSWERED
    session.command(Input.RELEASE)
    session.outcome = outcome
    if is_acknowledged:
        send(context, session, now)


def send(context: Context, session: Session, now: float) -> None:
    """Send the BYE of a call that is terminating; whatever comes back, or nothing, ends it."""
    context.agenda.clear_all(session)
    session.answered = None
    _say(context, session.known_dialog(), session.login, partial(_released, context, session), now)


def drop(context: Context, dialog: Dialog, login: Login | None, now: float) -> None:
    """Send a BYE that nobody waits for: a surplus fork, a peer that never acknowledged."""
    _say(context, dialog, login, lambda *_: None, now)


def lose(context: Context, session: Session, response: Response, now: float) -> None:
    """End a call whose peer told that it knows no such call, or told nothing."""
    abandon(context, session, CallEnded(session.call, "peer", response.status_code, response.reason), now)


def abandon(context: Context, session: Session, event: CallEnded, now: float) -> None:
    """End an answered call at once: the peer is gone, so nobody waits for what it says to our BYE."""
    session.step(Input.RELEASE)
    drop(context, session.known_dialog(), session.login, now)
    end(context, session, Input.RELEASED, event)


def receive(context: Context, session: Session, request: Request, flow: Flow, now: float) -> None:
    """Take the peer's BYE."""
    is_unanswered = session.state in UNANSWERED
    transaction = context.transactions.serve(request, flow, now)
    transaction.respond(context.response(request, 200, tag=session.local_tag), now)
    if is_unanswered:
        cancel.withdraw(context, session, now)
    else:
        end(context, session, Input.BYE, CallEnded(session.call, "peer"))


def _say(context: Context, dialog: Dialog, login: Login | None, done: Done, now: float) -> None:
    ask(context, Question(dialog, dialog.request("BYE"), login, done), now)


def _released(context: Context, session: Session, _response: Response, _now: float) -> None:
    if session.state is State.TERMINATING:
        end(context, session, Input.RELEASED, CallEnded(session.call, "us"))
