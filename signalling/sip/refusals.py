"""What is wrong with a request before anybody looks at its meaning (RFC 3261 sections 8.2 and 16.3).

Outside dialogs every refusal is stateless: it costs one response and leaves nothing behind.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from signalling.sip.capabilities import ALLOW, ENCODING, EXTENSIONS, METHODS, OF_REGISTRAR, SDP, TIMER
from signalling.sip.errors import RemoteSipError
from signalling.sip.message import Request
from signalling.sip.uri import SipUri

RETRY_AFTER_S = 10
"""When a caller that met full tables should come again."""

MIN_INTERVAL_S = 90
"""The shortest session interval that we take: RFC 4028 section 4 allows nobody to ask for less."""

_REGISTERING = EXTENSIONS | set(OF_REGISTRAR.split(", "))

_KNOWN_METHODS = frozenset({"MESSAGE", "PUBLISH", "SUBSCRIBE"})
"""Methods of RFCs that we do not serve: 405. What we never heard of is 501 (RFC 3261 section 8.2.1)."""

_ACCEPTING_SDP = frozenset({SDP, "application/*", "*/*"})

_CALLING = frozenset({"INVITE", "CANCEL"})
"""Methods whose Request-URI is as the caller wrote it."""

_OFFERING = frozenset({"INVITE", "UPDATE", "PRACK"})
"""Methods whose body is SDP."""

_REFRESHING = frozenset({"INVITE", "UPDATE"})
"""Methods that negotiate the session interval."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A final response other than success."""

    status_code: int
    reason: str | None = None
    headers: tuple[tuple[str, str], ...] = field(default=())


OVERLOADED = Refusal(503, headers=(("Retry-After", str(RETRY_AFTER_S)),))
NO_DIALOG = Refusal(481)
MERGED = Refusal(482)
TOO_LARGE = Refusal(513)


def refuse(request: Request) -> Refusal | None:
    """Find the first thing that is wrong with a request, None when it may go on."""
    return next((refusal for check in _CHECKS if (refusal := check(request)) is not None), None)


def malformed(error: RemoteSipError) -> Refusal:
    """What to tell of a fault; a 400 names it (RFC 3261 section 21.4.1)."""
    reason = error.reason if error.status_code == RemoteSipError.default_status_code else None
    return Refusal(error.status_code, reason and reason[:1].upper() + reason[1:])


def unknown_method(request: Request) -> Refusal | None:
    """Whether we do not serve a method. That says more than what else may be wrong with the request."""
    if request.method in METHODS:
        return None
    return Refusal(405 if request.method in _KNOWN_METHODS else 501, headers=(("Allow", ALLOW),))


def _scheme(request: Request) -> Refusal | None:
    """Of other URIs a telephone number alone says whom to call (RFC 3966)."""
    is_number = request.uri.scheme == "tel" and request.method in _CALLING
    return None if isinstance(request.uri, SipUri) or is_number else Refusal(416)


def _hops(request: Request) -> Refusal | None:
    # In a dialog, and for OPTIONS, we are the last hop: nothing would be forwarded.
    is_call = request.method == "INVITE" and request.to.tag is None
    return Refusal(483) if is_call and request.max_forwards == 0 else None


def _extensions(request: Request) -> Refusal | None:
    known = _REGISTERING if request.method == "REGISTER" else EXTENSIONS
    unsupported = [tag for tag in request.require if tag not in known]
    if not unsupported or request.method in {"ACK", "CANCEL"}:
        return None
    return Refusal(420, headers=(("Unsupported", ", ".join(unsupported)),))


def _encoding(request: Request) -> Refusal | None:
    encodings = {encoding.lower() for encoding in request.headers.all("Content-Encoding")}
    if encodings <= {ENCODING}:
        return None
    return Refusal(415, headers=(("Accept-Encoding", ENCODING),))


def _content(request: Request) -> Refusal | None:
    if request.method not in _OFFERING or not request.body or request.content_type == SDP:
        return None
    return Refusal(415, headers=(("Accept", SDP),))


def _answer(request: Request) -> Refusal | None:
    """A caller that takes no SDP could not be answered (RFC 3261 section 13.2.1)."""
    if request.method != "INVITE" or "Accept" not in request.headers:
        return None
    accepted = {value.partition(";")[0].strip().lower() for value in request.headers.all("Accept")}
    return None if accepted & _ACCEPTING_SDP else Refusal(406, headers=(("Accept", SDP),))


def _interval(request: Request) -> Refusal | None:
    """A peer that knows no session timer cannot ask again: then a proxy put the header there."""
    expires = request.session_expires
    if request.method not in _REFRESHING or expires is None or TIMER not in request.supported:
        return None
    if expires.interval_s >= MIN_INTERVAL_S:
        return None
    return Refusal(422, headers=(("Min-SE", str(MIN_INTERVAL_S)),))


_CHECKS: tuple[Callable[[Request], Refusal | None], ...] = (
    unknown_method,
    _scheme,
    _hops,
    _extensions,
    _encoding,
    _content,
    _answer,
    _interval,
)
