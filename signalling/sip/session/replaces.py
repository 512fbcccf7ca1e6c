"""INVITE with Replaces: which call of ours a new one is to take the place of (RFC 3891 section 3)."""

from signalling.sip.calls import CallHandle
from signalling.sip.errors import RemoteSipError
from signalling.sip.headers.replaces import Replaces
from signalling.sip.message import Request
from signalling.sip.refusals import NO_DIALOG, Refusal
from signalling.sip.session.context import Context
from signalling.sip.session.session import Session
from signalling.sip.session.table import State

ANSWERED_ALREADY = Refusal(486)
"""For who wanted the call only while nobody had answered it."""

DECLINED = Refusal(603)
"""For a call that is on its way out."""

_UP = frozenset({State.ESTABLISHED, State.MODIFYING})
_RINGING = frozenset({State.OFFERING, State.EARLY})


def find(context: Context, replaces: Replaces) -> Session | None:
    """Find a call by the whole id of its dialog, as its peer writes it; early ones of ours too."""
    session = context.sessions.of_dialog(replaces.call_id, replaces.to_tag)
    if session is None:
        return None
    if session.dialog is not None:
        return session if session.dialog.remote.tag == replaces.from_tag else None
    forks = session.outgoing.forks if session.outgoing is not None else {}
    return session if replaces.from_tag in forks else None


def replaced(context: Context, request: Request) -> CallHandle | Refusal | None:
    """The call that an INVITE is to replace: None without a Replaces, or why it cannot.

    One that nobody has answered can be replaced if we are its caller: it is picked up by another phone.
    """
    values = request.headers.lines("Replaces")
    if not values:
        return None
    if len(values) > 1:
        return Refusal(400, "Replaces Given Twice")
    try:
        replaces = Replaces.parse(values[0])
    except RemoteSipError as error:
        return Refusal(error.status_code)
    session = find(context, replaces)
    if session is None:
        return NO_DIALOG
    if session.state in _UP:
        return ANSWERED_ALREADY if replaces.early_only else session.call
    if session.state in _RINGING:
        return session.call if session.is_caller else NO_DIALOG
    return DECLINED
