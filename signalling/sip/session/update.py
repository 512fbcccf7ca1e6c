"""UPDATE: changes of a call before and after its answer, on either side (RFC 3311)."""

from functools import partial

from signalling.sip.calls import Flow, StreamChanged
from signalling.sip.message import Request, Response
from signalling.sip.refusals import Refusal
from signalling.sip.session import bye, offer, session_timer
from signalling.sip.session.ask import Question, ask
from signalling.sip.session.context import Context
from signalling.sip.session.session import Session
from signalling.sip.session.table import State

_UNKNOWN = frozenset({405, 420, 501})
"""What a peer says that takes no UPDATE after all."""


def receive(context: Context, session: Session, request: Request, flow: Flow, now: float) -> None:
    """Answer the peer's UPDATE; one without SDP only refreshes the session and the peer's address."""
    dialog = session.known_dialog()
    dialog.take(request, flow)
    transaction = context.transactions.serve(request, flow, now)
    before, sdp = session.stream, offer.amend(session, request.body)
    if isinstance(sdp, Refusal):
        transaction.respond(context.refusal(request, sdp, tag=session.local_tag), now)
        return
    dialog.refresh_target(request)
    session.learn(request)
    response = context.response(request, 200, tag=session.local_tag)
    context.describe(response, flow, sdp)
    session_timer.accept(context, session, request, response, now)
    transaction.respond(response, now)
    if session.stream is not None and session.stream != before:
        context.emit(StreamChanged(session.call, session.stream))


def refresh(context: Context, session: Session, now: float) -> None:
    """Refresh the session without touching its stream."""
    dialog = session.known_dialog()
    request = dialog.request("UPDATE")
    context.describe(request, dialog.flow, b"")
    session_timer.propose(context, session, request)
    done = partial(_refreshed, context, session)
    ask(context, Question(dialog, request, session.login, done), now)


def _refreshed(context: Context, session: Session, response: Response, now: float) -> None:
    if session.state not in {State.ESTABLISHED, State.MODIFYING}:
        return
    if response.status_code < 300:
        session.known_dialog().refresh_target(response)
        session.learn(response)
        session_timer.learn(context, session, response, now)
    elif response.status_code in bye.GONE:
        bye.lose(context, session, response, now)
    elif response.status_code in _UNKNOWN:
        session.allows -= {"UPDATE"}
