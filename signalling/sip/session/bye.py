"""BYE: the end of an answered call, on either side (RFC 3261 section 15)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from signalling.sip.calls import AnyCallEvent, CallEnded, Flow
from signalling.sip.dialog import Dialog
from signalling.sip.digest import Login
from signalling.sip.message import Request, Response
from signalling.sip.session import authentication, cancel
from signalling.sip.session.context import Context
from signalling.sip.session.ending import end
from signalling.sip.session.session import Session
from signalling.sip.session.table import Input, State


@dataclass(frozen=True, slots=True)
class _Farewell:
    """One BYE on its way."""

    request: Request
    flow: Flow
    login: Login | None
    done: Callable[[], None]


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
    done = partial(_released, context, session)
    _send(context, _farewell(context, session.known_dialog(), session.login, done), now)


def drop(context: Context, dialog: Dialog, login: Login | None, now: float) -> None:
    """Send a BYE that nobody waits for: a surplus fork, a peer that never acknowledged."""
    _send(context, _farewell(context, dialog, login, lambda: None), now)


def receive(context: Context, session: Session, request: Request, flow: Flow, now: float) -> None:
    """Take the peer's BYE."""
    is_unanswered = session.state in {State.OFFERING, State.EARLY}
    transaction = context.transactions.serve(request, flow, now)
    transaction.respond(context.response(request, 200, tag=session.local_tag), now)
    if is_unanswered:
        cancel.withdraw(context, session, now)
    else:
        end(context, session, Input.BYE, CallEnded(session.call, "peer"))


def _farewell(context: Context, dialog: Dialog, login: Login | None, done: Callable[[], None]) -> _Farewell:
    return _Farewell(context.stamp(dialog.request("BYE"), dialog.flow), dialog.flow, login, done)


def _send(context: Context, farewell: _Farewell, now: float) -> None:
    context.transactions.send(farewell.request, farewell.flow, partial(_receive, context, farewell), now)


def _receive(context: Context, farewell: _Farewell, response: Response, now: float) -> None:
    if response.status_code < 200:
        return
    again = authentication.answer(context, farewell.login, farewell.request, response, farewell.flow)
    if again is None:
        farewell.done()
    else:
        _send(context, replace(farewell, request=again), now)


def _released(context: Context, session: Session) -> None:
    if session.state is State.TERMINATING:
        end(context, session, Input.RELEASED, CallEnded(session.call, "us"))
