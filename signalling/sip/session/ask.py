"""Requests of ours inside a dialog, other than INVITE (RFC 3261 section 12.2.1)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from signalling.sip.dialog import Dialog
from signalling.sip.digest import Login
from signalling.sip.message import Request, Response
from signalling.sip.session import again
from signalling.sip.session.context import Context

Done = Callable[[Response, float], None]

MAX_OVERTAKEN = 8
"""How often a request is sent again that came too late: each takes another request of ours meanwhile."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request without Via, and who hears its final response: 408 when none comes in 64*T1."""

    dialog: Dialog
    request: Request
    login: Login | None
    done: Done
    overtaken: int = 0
    """How often a later request of ours came before it."""


def ask(context: Context, question: Question, now: float) -> None:
    """Send it. A challenge is answered once, and what a later request overtook is sent again."""
    context.stamp(question.request, question.dialog.flow)
    _send(context, question, now)


def _send(context: Context, question: Question, now: float) -> None:
    receive = partial(_receive, context, question)
    context.transactions.send(question.request, question.dialog.flow, receive, now)


def _receive(context: Context, question: Question, response: Response, now: float) -> None:
    if response.status_code < 200:
        return
    request = again.within(context, question.login, question.request, response, question.dialog)
    if request is not None:
        _send(context, replace(question, request=request), now)
    elif _is_overtaken(question, response):
        request = again.anew(context, question.request, question.dialog)
        _send(context, replace(question, request=request, overtaken=question.overtaken + 1), now)
    else:
        question.done(response, now)


def _is_overtaken(question: Question, response: Response) -> bool:
    """Whether a 500 may mean that the order was wrong (RFC 3261 section 12.2.2): nothing was done then."""
    dialog = question.dialog
    is_late = question.request.cseq.number < dialog.local_cseq and not dialog.is_over
    return response.status_code == 500 and is_late and question.overtaken < MAX_OVERTAKEN
