"""Asks the guard about a request, makes its refusal of the answer, and tells what went wrong.

The id of a dialog is no secret: whoever sees one message knows it. So what comes with it from where the peer
never was is believed only of who logs in, or is trusted.
"""

from signalling.sip.calls import Flow
from signalling.sip.guard import Admitted, Challenged, Refused
from signalling.sip.incidents import MAX_TEXT, Incident, Kind
from signalling.sip.message import Request
from signalling.sip.refusals import NO_DIALOG, Refusal
from signalling.sip.session.context import Context
from signalling.sip.session.session import Session


def admit(context: Context, request: Request, flow: Flow, now: float) -> Admitted | Refusal:
    """Let a request outside any dialog in, or say how it is refused; nothing of it is kept."""
    match context.config.guard.admit(request, flow, now):
        case Challenged() as challenged:
            return _challenge(context, challenged, request, flow)
        case Refused(status_code):
            report(context, Kind.FAILED_ACL, request, flow)
            return Refusal(status_code)
        case admitted:
            return admitted


def admit_within(
    context: Context, session: Session, request: Request, flow: Flow, now: float
) -> Refusal | None:
    """Let a request in a session's dialog in, or say how it is refused: for strangers there is no dialog."""
    dialog = session.known_dialog()
    if dialog.is_home(flow.remote[0]):
        return None
    match context.config.guard.admit_within(session.owner, request, flow, now):
        case Challenged() as challenged:
            return _challenge(context, challenged, request, flow)
        case Refused():
            report(context, Kind.UNEXPECTED_ADDRESS, request, flow, account=session.owner.account)
            return NO_DIALOG
        case _:
            dialog.move_in(flow.remote[0])
            return None


def is_party(context: Context, session: Session, admitted: Admitted, flow: Flow) -> bool:
    """Whether who was let in is the peer of a session as far as anybody can tell, and needs no password more.

    That is who would be believed within its dialog, and who logged in as the peer did.
    """
    if session.dialog is not None and session.dialog.is_home(flow.remote[0]):
        return True
    is_same = bool(admitted.account) and admitted == session.owner
    return is_same or context.config.guard.stands_in(session.owner, flow)


def _challenge(context: Context, challenged: Challenged, request: Request, flow: Flow) -> Refusal:
    if challenged.wrong:
        report(context, Kind.INVALID_PASSWORD, request, flow, account=challenged.wrong)
    return Refusal(401, headers=tuple(("WWW-Authenticate", value) for value in challenged.headers))


def report(context: Context, kind: Kind, request: Request, flow: Flow, *, account: str = "") -> None:
    """Tell what somebody tried."""
    method = request.method[:MAX_TEXT]
    context.notify(Incident(kind, flow.remote[0], flow.transport, method=method, account=account[:MAX_TEXT]))
