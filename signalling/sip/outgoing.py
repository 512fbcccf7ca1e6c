"""Requests of ours outside any dialog: REGISTER and OPTIONS (RFC 3261 section 8.1)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from signalling.sip.calls import Flow
from signalling.sip.digest import Login
from signalling.sip.headers.name_addr import NameAddr
from signalling.sip.message import Headers, Request, Response
from signalling.sip.session import authentication
from signalling.sip.session.context import Context
from signalling.sip.uri import SipUri

OnAnswer = Callable[[Response, float], None]
"""Takes the final response and `now`; its CSeq tells which number the request had at last."""


@dataclass(frozen=True, slots=True)
class Errand:
    """A request to send. `headers` are those that its method asks for."""

    method: str
    target: SipUri
    flow: Flow
    from_: NameAddr
    """With its tag."""
    to: NameAddr
    call_id: str
    cseq: int = 1
    headers: tuple[tuple[str, str], ...] = field(default=())
    login: Login | None = None
    """Answers challenges of its realm only."""


def send(context: Context, errand: Errand, on_answer: OnAnswer, now: float) -> None:
    """Send a request. No word of the peer comes as 408, a lost connection as 503."""
    headers = Headers([("Max-Forwards", "70"), ("From", str(errand.from_)), ("To", str(errand.to))])
    headers.add("Call-ID", errand.call_id)
    headers.add("CSeq", f"{errand.cseq} {errand.method}")
    for name, value in errand.headers:
        headers.add(name, value)
    request = context.stamp(Request(errand.method, errand.target, headers), errand.flow)
    _transact(context, request, errand, on_answer, now)


def _transact(context: Context, request: Request, errand: Errand, on_answer: OnAnswer, now: float) -> None:
    receive = partial(_receive, context, request, errand, on_answer)
    context.transactions.send(request, errand.flow, receive, now)


def _receive(
    context: Context, request: Request, errand: Errand, on_answer: OnAnswer, response: Response, now: float
) -> None:
    if response.status_code < 200:
        return
    again = authentication.answer(
        context, errand.login, request, response, errand.flow, first_cseq=errand.cseq
    )
    if again is None:
        on_answer(response, now)
    else:
        _transact(context, again, errand, on_answer, now)
