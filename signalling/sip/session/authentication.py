"""Answering a digest challenge to a request of ours (RFC 3261 section 22)."""

from signalling.sip import digest
from signalling.sip.calls import Flow
from signalling.sip.digest import Login
from signalling.sip.errors import RemoteSipError
from signalling.sip.headers.auth import parse_challenges
from signalling.sip.message import Headers, Request, Response
from signalling.sip.session.context import Context

_FIELDS = {
    401: ("WWW-Authenticate", "Authorization"),
    407: ("Proxy-Authenticate", "Proxy-Authorization"),
}


MAX_ANSWERS = 3
"""To challenges of one request: a proxy's, a server's, and one whose nonce had aged meanwhile."""


def answer(
    context: Context,
    login: Login | None,
    request: Request,
    response: Response,
    flow: Flow,
    *,
    first_cseq: int = 1,
) -> Request | None:
    """Build the request again, with credentials and the next CSeq. None when there is nothing to try.

    A second challenge of the same kind means that the credentials were wrong, unless it says that they were
    right and the nonce was `stale` (RFC 7616 section 3.3). `first_cseq`: that of the request before any
    answer, which bounds how often a peer can say so.
    """
    if login is None or response.status_code not in _FIELDS:
        return None
    challenge_field, answer_field = _FIELDS[response.status_code]
    try:
        challenges = parse_challenges(response.headers.all(challenge_field))
    except RemoteSipError:
        return None
    if answer_field in request.headers:
        challenges = [each for each in challenges if each.stale]
        if request.cseq.number - first_cseq >= MAX_ANSWERS:
            return None
    value = digest.answer(challenges, login, request.method, str(request.uri), context.token)
    if value is None:
        return None
    headers = Headers((name, text) for name, text in request.headers if name != "Via")
    headers.set("CSeq", f"{request.cseq.number + 1} {request.method}")
    headers.set(answer_field, value)
    return context.stamp(Request(request.method, request.uri, headers, request.body), flow)
