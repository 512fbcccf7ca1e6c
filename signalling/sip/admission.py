"""Asks the guard about a request, makes its refusal of the answer, and tells what went wrong."""

from signalling.sip.calls import Flow
from signalling.sip.guard import Admitted, Challenged, Refused
from signalling.sip.incidents import MAX_TEXT, Incident, Kind
from signalling.sip.message import Request
from signalling.sip.refusals import Refusal
from signalling.sip.session.context import Context


def admit(context: Context, request: Request, flow: Flow, now: float) -> Admitted | Refusal:
    """Let a request outside any dialog in, or say how it is refused; nothing of it is kept."""
    match context.config.guard.admit(request, flow, now):
        case Challenged(challenges, wrong):
            if wrong:
                report(context, Kind.INVALID_PASSWORD, request, flow, account=wrong)
            return Refusal(401, headers=tuple(("WWW-Authenticate", value) for value in challenges))
        case Refused(status_code):
            report(context, Kind.FAILED_ACL, request, flow)
            return Refusal(status_code)
        case admitted:
            return admitted


def report(context: Context, kind: Kind, request: Request, flow: Flow, *, account: str = "") -> None:
    """Tell what somebody tried."""
    method = request.method[:MAX_TEXT]
    context.notify(Incident(kind, flow.remote[0], flow.transport, method=method, account=account[:MAX_TEXT]))
