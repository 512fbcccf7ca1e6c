"""Asking a silent peer whether the call still lives: OPTIONS inside the dialog (RFC 3261 section 11)."""

from functools import partial

from signalling.sip.calls import CallEnded
from signalling.sip.capabilities import SDP
from signalling.sip.errors import LocalSipError
from signalling.sip.message import Response
from signalling.sip.session import bye
from signalling.sip.session.ask import Question, ask
from signalling.sip.session.context import Context
from signalling.sip.session.session import Session
from signalling.sip.session.table import State

_UP = frozenset({State.ESTABLISHED, State.MODIFYING})


def probe(context: Context, session: Session, now: float) -> None:
    """Ask once; while a question is under way this does nothing. Raises LocalSipError for a call not up.

    Whatever the peer says, 481 apart, shows that it lives: one that cannot answer OPTIONS may say 501.
    """
    if session.state not in _UP:
        raise LocalSipError(f"no probe in a call that is {session.state}")
    if session.is_probed:
        return
    session.is_probed = True
    dialog = session.known_dialog()
    request = dialog.request("OPTIONS")
    request.headers.set("Accept", SDP)
    ask(context, Question(dialog, request, session.login, partial(_probed, context, session)), now)


def _probed(context: Context, session: Session, response: Response, now: float) -> None:
    session.is_probed = False
    if response.status_code in bye.GONE and session.state in _UP:
        bye.abandon(context, session, CallEnded(session.call, "timeout", 408, "peer-gone"), now)
