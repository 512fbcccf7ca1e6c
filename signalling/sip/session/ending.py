"""The end of a session: the one place that reports a terminal event."""

from signalling.sip.calls import AnyCallEvent
from signalling.sip.dialog import DialogInput
from signalling.sip.session.context import Context
from signalling.sip.session.session import Session
from signalling.sip.session.table import Input


def end(context: Context, session: Session, symbol: Input, event: AnyCallEvent) -> None:
    """Move a session to `ended` by `symbol`, forget it and tell the user.

    What was decided before (`outcome`) counts more than `event`: who hangs up first, ends the call.
    """
    session.step(symbol)
    if session.dialog is not None and not session.dialog.is_over:
        session.dialog.advance(DialogInput.BYE)
    context.agenda.clear_all(session)
    context.sessions.remove(session)
    context.emit(session.outcome or event)
