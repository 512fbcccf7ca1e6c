"""Asking again after a refusal that says how: credentials (401), a longer session (422), other keys (488)."""

from signalling.sdp.negotiation import OfferAnswer
from signalling.sip.calls import Flow
from signalling.sip.dialog import Dialog
from signalling.sip.digest import Login
from signalling.sip.headers.session_expires import SessionExpires
from signalling.sip.message import Headers, Request, Response
from signalling.sip.session import authentication
from signalling.sip.session.context import Context

_STALE = frozenset({"via", "authorization", "proxy-authorization"})
"""What is made anew: a nonce that was answered once need not be good for another request."""


def outside(
    context: Context, login: Login | None, request: Request, response: Response, flow: Flow
) -> Request | None:
    """Build the first request of a dialog again, with the next CSeq. None when there is nothing to try."""
    if response.status_code == 422:
        return _lengthened(context, request, response, flow)
    return authentication.answer(context, login, request, response, flow)


def otherwise(context: Context, offered: OfferAnswer, request: Request, flow: Flow) -> Request | None:
    """Build an INVITE again with another offer after a refusal of its stream (488, 606), if there is one."""
    offer = offered.offer_otherwise()
    if offer is None:
        return None
    again = _copied(request)
    again.body = offer
    return context.stamp(again, flow)


def within(
    context: Context, login: Login | None, request: Request, response: Response, dialog: Dialog
) -> Request | None:
    """Build a request of a dialog again, as the dialog's next one. None when there is nothing to try."""
    again = outside(context, login, request, response, dialog.flow)
    if again is not None:
        dialog.local_cseq += 1
        again.headers.set("CSeq", f"{dialog.local_cseq} {again.method}")
    return again


def anew(context: Context, request: Request, dialog: Dialog) -> Request:
    """Build a request of a dialog again, as the dialog's next one."""
    dialog.local_cseq += 1
    headers = Headers((name, text) for name, text in request.headers if name.lower() not in _STALE)
    headers.set("CSeq", f"{dialog.local_cseq} {request.method}")
    return context.stamp(Request(request.method, request.uri, headers, request.body), dialog.flow)


def _lengthened(context: Context, request: Request, response: Response, flow: Flow) -> Request | None:
    """Ask for the interval that the peer named (RFC 4028 section 7.4), once."""
    wish, minimum = request.session_expires, response.min_se
    if wish is None or wish.interval_s >= minimum or "Min-SE" in request.headers:
        return None
    again = _copied(request)
    again.headers.set("Session-Expires", str(SessionExpires(minimum, wish.refresher)))
    again.headers.set("Min-SE", str(minimum))
    return context.stamp(again, flow)


def _copied(request: Request) -> Request:
    """The same as the next request, without what is made for each."""
    headers = Headers((name, text) for name, text in request.headers if name.lower() not in _STALE)
    headers.set("CSeq", f"{request.cseq.number + 1} {request.method}")
    return Request(request.method, request.uri, headers, request.body)
