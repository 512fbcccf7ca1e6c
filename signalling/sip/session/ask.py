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


@dataclass(frozen=True, slots=True)
class Question:
    """One request without Via, and who hears its final response: 408 when none comes in 64*T1."""

    dialog: Dialog
    request: Request
    login: Login | None
    done: Done


def ask(context: Context, question: Question, now: float) -> None:
    """Send it. A challenge is answered once; nothing else is tried again."""
    context.stamp(question.request, question.dialog.flow)
    _send(context, question, now)


def _send(context: Context, question: Question, now: float) -> None:
    receive = partial(_receive, context, question)
    context.transactions.send(question.request, question.dialog.flow, receive, now)


def _receive(context: Context, question: Question, response: Response, now: float) -> None:
    if response.status_code < 200:
        return
    request = again.within(context, question.login, question.request, response, question.dialog)
    if request is None:
        question.done(response, now)
    else:
        _send(context, replace(question, request=request), now)
