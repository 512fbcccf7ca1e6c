"""Requests inside a dialog: which module serves which method (RFC 3261 section 12.2.2)."""

from collections.abc import Callable, Mapping

from signalling.sip.admission import admit_within
from signalling.sip.calls import Flow
from signalling.sip.message import Request
from signalling.sip.refusals import NO_DIALOG, OVERLOADED, Refusal
from signalling.sip.session import bye, info, notify, options, prack, refer, reinvite, update
from signalling.sip.session.context import Context
from signalling.sip.session.session import Session
from signalling.sip.session.table import UNANSWERED, State

OUT_OF_ORDER = Refusal(500, "CSeq Out Of Order")

_NEEDED = frozenset({"BYE", "PRACK"})
"""By these a call ends or comes to its answer: they are served however full the tables are."""

Serve = Callable[[Context, Session, Request, Flow, float], Refusal | None]
"""Acts on a request that is in order, or says why not."""


def receive(context: Context, session: Session, request: Request, flow: Flow, now: float) -> Refusal | None:
    """Serve a request of a dialog that we know. Returns why not."""
    if refusal := admit_within(context, session, request, flow, now):
        return refusal
    if not session.known_dialog().is_next(request):
        return OUT_OF_ORDER
    if request.method not in _NEEDED and len(context.transactions) >= context.config.max_transactions:
        return OVERLOADED
    serve = SERVICES.get(request.method)
    return NO_DIALOG if serve is None else serve(context, session, request, flow, now)


def _bye(context: Context, session: Session, request: Request, flow: Flow, now: float) -> Refusal | None:
    if session.is_caller and session.state in UNANSWERED:
        return NO_DIALOG  # a callee refuses; only an answered call has a BYE for him (section 15)
    session.known_dialog().take(request, flow)
    bye.receive(context, session, request, flow, now)
    return None


def _invite(context: Context, session: Session, request: Request, flow: Flow, now: float) -> None:
    reinvite.receive(context, session, request, flow, now)


def _update(context: Context, session: Session, request: Request, flow: Flow, now: float) -> Refusal | None:
    if session.state is State.TERMINATING:
        return NO_DIALOG
    update.receive(context, session, request, flow, now)
    return None


def _options(context: Context, session: Session, request: Request, flow: Flow, _now: float) -> None:
    session.known_dialog().take(request, flow)
    context.send(flow, bytes(options.answer(context, request, session.local_tag)))


SERVICES: Mapping[str, Serve] = {
    "BYE": _bye,
    "INFO": info.receive,
    "INVITE": _invite,
    "NOTIFY": notify.receive,
    "OPTIONS": _options,
    "PRACK": prack.receive,
    "REFER": refer.receive,
    "UPDATE": _update,
}
"""By the method. What is not here is refused before (`Allow`), or belongs to no dialog."""
