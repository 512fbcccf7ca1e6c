"""Requests of ours inside a dialog that are neither INVITE nor BYE: sent, and sent again with credentials."""

from collections.abc import Callable
from functools import partial

from signalling.sip.message import Request, Response
from signalling.sip.session import authentication
from signalling.sip.session.context import Context
from signalling.sip.session.session import Session

OnFinal = Callable[[Response, float], None]
"""Takes the final response and `now`; a timeout comes as 408."""


def ask(context: Context, session: Session, request: Request, done: OnFinal, now: float) -> None:
    """Send a request that the session's dialog has made, and hear its final response."""
    flow = session.known_dialog().flow
    context.transactions.send(
        context.stamp(request, flow), flow, partial(_receive, context, session, request, done), now
    )


def _receive(
    context: Context, session: Session, request: Request, done: OnFinal, response: Response, now: float
) -> None:
    if response.status_code < 200:
        return
    dialog = session.known_dialog()
    again = authentication.answer(context, session.login, request, response, dialog.flow)
    if again is None:
        done(response, now)
        return
    # Other requests may have gone out since: a number that is used already would be out of order.
    dialog.local_cseq += 1
    again.headers.set("CSeq", f"{dialog.local_cseq} {again.method}")
    responded = partial(_receive, context, session, again, done)
    context.transactions.send(again, dialog.flow, responded, now)
