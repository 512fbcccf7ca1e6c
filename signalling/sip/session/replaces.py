"""INVITE with Replaces: which call of ours a new one is to take the place of (RFC 3891 section 3)."""

from dataclasses import dataclass

from signalling.sip.admission import is_party, report
from signalling.sip.calls import CallHandle, Flow
from signalling.sip.errors import RemoteSipError
from signalling.sip.guard import Admitted
from signalling.sip.headers.replaces import Replaces
from signalling.sip.incidents import Kind
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


@dataclass(frozen=True, slots=True)
class Replaced:
    """The call whose place an INVITE is to take: None without a Replaces."""

    call: CallHandle | None = None
    is_party: bool = False
    """Who sent it would be believed within that call."""


def find(context: Context, replaces: Replaces) -> Session | None:
    """Find a call by the whole id of its dialog, as its peer writes it; early ones of ours too."""
    session = context.sessions.of_dialog(replaces.call_id, replaces.to_tag)
    if session is None:
        return None
    if session.dialog is not None:
        return session if session.dialog.remote.tag == replaces.from_tag else None
    forks = session.outgoing.forks if session.outgoing is not None else {}
    return session if replaces.from_tag in forks else None


def replaced(context: Context, request: Request, flow: Flow, admitted: Admitted) -> Replaced | Refusal:
    """The call that an INVITE is to replace, or why it cannot.

    One that nobody has answered can be replaced if we are its caller: it is picked up by another phone.
    The id of a dialog is no secret: for strangers, who neither would be believed within the call nor proved
    a password, there is none (RFC 3891 section 8.1).
    """
    values = request.headers.lines("Replaces")
    if not values:
        return Replaced()
    if len(values) > 1:
        return Refusal(400, "Replaces Given Twice")
    try:
        replaces = Replaces.parse(values[0])
    except RemoteSipError as error:
        return Refusal(error.status_code)
    session = find(context, replaces)
    if session is None:
        return NO_DIALOG
    old = Replaced(session.call, is_party(context, session, admitted, flow))
    if not (old.is_party or admitted.account):
        report(context, Kind.UNEXPECTED_ADDRESS, request, flow, account=session.owner.account)
        return NO_DIALOG
    if session.state in _UP:
        return ANSWERED_ALREADY if replaces.early_only else old
    if session.state in _RINGING:
        return old if session.is_caller else NO_DIALOG
    return DECLINED
