"""SIP requests and responses: what they say, writing and answering (RFC 3261 sections 7 and 8.2.6).

Header text is UTF-8 with surrogate escapes, so any octets go back out as they came in.
"""

from dataclasses import dataclass, field

from signalling.sip.errors import LocalSipError, RemoteSipError
from signalling.sip.grammar import BLANK, is_token, number
from signalling.sip.headers.collection import Headers
from signalling.sip.headers.cseq import CSeq
from signalling.sip.headers.name_addr import WILDCARD, NameAddr
from signalling.sip.headers.rack import RAck, parse_rseq
from signalling.sip.headers.session_expires import SessionExpires, parse_min_se
from signalling.sip.headers.via import Via
from signalling.sip.reasons import reason_of
from signalling.sip.uri import Uri

__all__ = ["Headers", "Message", "Request", "Response", "respond"]

MAX_CONTENT_LENGTH = 2**31 - 1
"""Largest length that is a number to us. What may really follow is bounded where it is received."""

MAX_MAX_FORWARDS = 255
"""RFC 3261 section 20.22."""

DEFAULT_MAX_FORWARDS = 70
"""RFC 3261 section 8.1.1.6; also what a request without the header counts as."""

VERSION = "SIP/2.0"

# Responses to these make dialogs, so they carry the request's route set (RFC 3261 section 12.1.1).
_DIALOG_METHODS = frozenset({"INVITE", "SUBSCRIBE", "REFER"})

# Copied into responses besides Via; each may stand once (RFC 3261 section 8.2.6.2).
_ONCE = ("From", "To", "Call-ID", "CSeq")


class Message:
    """What requests and responses share: typed views of the header fields.

    Every view reads its field anew and raises RemoteSipError when a mandatory field is absent or one is
    malformed. After `check()` none of them raises.
    """

    __slots__ = ()

    headers: Headers
    body: bytes

    @property
    def vias(self) -> list[Via]:
        """Every Via, topmost first."""
        return [Via.parse(value) for value in self.headers.all("Via")]

    @property
    def via(self) -> Via:
        """The topmost Via."""
        values = self.headers.all("Via")
        if not values:
            raise RemoteSipError("Via is missing")
        return Via.parse(values[0])

    @property
    def from_(self) -> NameAddr:
        """Who sent the request."""
        return NameAddr.parse(self._only("From"))

    @property
    def to(self) -> NameAddr:
        """Whom the request was meant for."""
        return NameAddr.parse(self._only("To"))

    @property
    def call_id(self) -> str:
        """Call-ID as sent; it compares case-sensitively."""
        value = self._only("Call-ID")
        if not value or " " in value or "\t" in value:
            raise RemoteSipError("Call-ID is malformed")
        return value

    @property
    def cseq(self) -> CSeq:
        """Sequence number and method."""
        return CSeq.parse(self._only("CSeq"))

    @property
    def contacts(self) -> list[NameAddr]:
        """Every Contact; `Contact: *` gives the one element WILDCARD."""
        values = self.headers.all("Contact")
        return [WILDCARD] if values == ["*"] else [NameAddr.parse(value) for value in values]

    @property
    def routes(self) -> list[NameAddr]:
        """Every Route, in order."""
        return [NameAddr.parse(value) for value in self.headers.all("Route")]

    @property
    def record_routes(self) -> list[NameAddr]:
        """Every Record-Route, in the order of the message."""
        return [NameAddr.parse(value) for value in self.headers.all("Record-Route")]

    @property
    def max_forwards(self) -> int:
        """Hops left, 0..255; 70 when the header is absent."""
        value = self.headers.get("Max-Forwards")
        return DEFAULT_MAX_FORWARDS if value is None else number(value, MAX_MAX_FORWARDS, "Max-Forwards")

    @property
    def require(self) -> list[str]:
        """Option tags that the peer insists on, in lower case."""
        return [value.lower() for value in self.headers.all("Require")]

    @property
    def supported(self) -> list[str]:
        """Option tags that the peer offers, in lower case."""
        return [value.lower() for value in self.headers.all("Supported")]

    @property
    def allow(self) -> frozenset[str]:
        """Methods that the peer takes; empty when it does not tell."""
        return frozenset(self.headers.all("Allow"))

    @property
    def session_expires(self) -> SessionExpires | None:
        """How long the session is to last (RFC 4028), None when it may last for ever."""
        value = self.headers.get("Session-Expires")
        return None if value is None else SessionExpires.parse(value)

    @property
    def min_se(self) -> int:
        """Seconds below which the sender takes no Session-Expires; 0 when it does not tell."""
        value = self.headers.get("Min-SE")
        return 0 if value is None else parse_min_se(value)

    @property
    def content_type(self) -> str | None:
        """Media type of the body in lower case, without parameters."""
        value = self.headers.get("Content-Type")
        return None if value is None else value.partition(";")[0].strip(BLANK).lower()

    def check(self) -> None:
        """Read every typed view once. Raises RemoteSipError for the first that is wrong."""
        if not self.vias:
            raise RemoteSipError("Via is missing")
        _ = (self.from_, self.to, self.call_id, self.cseq, self.max_forwards)
        _ = (self.contacts, self.routes, self.record_routes, self.require, self.supported)
        _ = (self.allow, self.session_expires, self.min_se)

    def _only(self, name: str) -> str:
        values = self.headers.lines(name)
        if len(values) != 1:
            raise RemoteSipError(f"{name} is {'given twice' if values else 'missing'}")
        return values[0]

    def _write(self, start_line: str) -> bytes:
        if "\r" in start_line or "\n" in start_line:
            raise LocalSipError("line break in the start line")
        headers = self.headers.copy()
        headers.set("Content-Length", str(len(self.body)))
        lines = [start_line, *(f"{name}: {value}" for name, value in headers), "", ""]
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + self.body


@dataclass(slots=True)
class Request(Message):
    """A request. `bytes(request)` writes it; Content-Length is always that of `body`."""

    method: str
    uri: Uri
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    fault: RemoteSipError | None = field(default=None, compare=False, repr=False)
    """What is wrong with its first line or its length: the sender can be told, so that reading goes on."""

    @property
    def rack(self) -> RAck:
        """Which provisional response a PRACK acknowledges."""
        return RAck.parse(self._only("RAck"))

    def check(self) -> None:
        """Read every typed view once, and compare CSeq's method with the request's."""
        if self.fault is not None:
            raise self.fault
        Message.check(self)
        if self.method == "PRACK":
            _ = self.rack
        if self.cseq.method != self.method:
            raise RemoteSipError("CSeq is of another method")

    def __bytes__(self) -> bytes:
        if not is_token(self.method):
            raise LocalSipError("method is not a token")
        return self._write(f"{self.method} {self.uri} {VERSION}")


@dataclass(slots=True)
class Response(Message):
    """A response. `bytes(response)` writes it; Content-Length is always that of `body`."""

    status_code: int
    reason: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    @property
    def retry_after_s(self) -> int:
        """Seconds after which to ask again; 0 when the peer does not tell, or not in a way that we read."""
        digits = (self.headers.get("Retry-After") or "").partition(";")[0].partition("(")[0]
        try:
            return number(digits, MAX_CONTENT_LENGTH, "Retry-After")
        except RemoteSipError:
            return 0

    @property
    def rseq(self) -> int | None:
        """Number of a reliable provisional response, None for any other."""
        value = self.headers.get("RSeq")
        return None if value is None else parse_rseq(value)

    def check(self) -> None:
        """Read every typed view once."""
        Message.check(self)
        _ = self.rseq

    def __bytes__(self) -> bytes:
        return self._write(f"{VERSION} {self.status_code} {self.reason}")


def respond(
    request: Request, status_code: int, reason: str | None = None, *, to_tag: str | None = None
) -> Response:
    """Build the response to `request` with the fields that RFC 3261 section 8.2.6.2 copies.

    `to_tag` goes into To unless a tag is already there or the status is 100. Also answers a request that
    `check()` refused: what is missing there is missing here.
    """
    copied = [("Via", value) for value in request.headers.lines("Via")]
    # Of a field that may stand once a refused request may have had more.
    copied += [(name, value) for name in _ONCE if (value := request.headers.get(name)) is not None]
    if request.method in _DIALOG_METHODS and 100 < status_code < 300:
        copied += [("Record-Route", value) for value in request.headers.lines("Record-Route")]
    if status_code == 100:
        copied += [("Timestamp", value) for value in request.headers.lines("Timestamp")]
    headers = Headers(copied)
    to = request.headers.get("To")
    if to_tag and status_code > 100 and to is not None and not _has_tag(to):
        headers.set("To", f"{to};tag={to_tag}")
    return Response(status_code, reason_of(status_code) if reason is None else reason, headers)


def _has_tag(to: str) -> bool:
    try:
        return NameAddr.parse(to).tag is not None
    except RemoteSipError:
        return "tag=" in to.lower()
