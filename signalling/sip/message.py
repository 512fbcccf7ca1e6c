"""SIP requests and responses: reading, writing and answering (RFC 3261 sections 7 and 8.2.6).

Header text is decoded as UTF-8 with surrogate escapes, so any octets come back out as they went in.
"""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from signalling.sip.errors import LocalSipError, RemoteSipError
from signalling.sip.grammar import BLANK, is_token, number
from signalling.sip.headers.collection import Headers
from signalling.sip.headers.cseq import CSeq
from signalling.sip.headers.name_addr import WILDCARD, NameAddr
from signalling.sip.headers.names import long_form
from signalling.sip.headers.rack import RAck, parse_rseq
from signalling.sip.headers.session_expires import SessionExpires, parse_min_se
from signalling.sip.headers.via import Via
from signalling.sip.reasons import reason_of
from signalling.sip.uri import OtherUri, SipUri, Uri, parse_uri

__all__ = ["Headers", "Message", "Request", "Response", "parse_message", "read_message", "respond"]

MAX_MESSAGE = 64 * 1024
"""Octets of one message: no datagram is larger."""

MAX_HEADERS = 128
"""Header lines of one message, after unfolding."""

MAX_LINE = 8 * 1024
"""Characters of one line, after unfolding."""

MAX_BEGINNING = 1024
"""Octets that are looked at of a head that is too large, for whom to tell."""

MAX_CONTENT_LENGTH = 2**31 - 1
"""Largest length that is a number to us. What may really follow is bounded where it is received."""

MAX_MAX_FORWARDS = 255
"""RFC 3261 section 20.22."""

DEFAULT_MAX_FORWARDS = 70
"""RFC 3261 section 8.1.1.6; also what a request without the header counts as."""

VERSION = "SIP/2.0"

_UNREAD = OtherUri("")
"""Stands for the URI of a request whose first line is malformed."""

_EMPTY_LINE = re.compile(rb"\n\r?\n")

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
    to = headers.get("To")
    if to_tag and status_code > 100 and to is not None and not _has_tag(to):
        headers.set("To", f"{to};tag={to_tag}")
    return Response(status_code, reason_of(status_code) if reason is None else reason, headers)


def _has_tag(to: str) -> bool:
    try:
        return NameAddr.parse(to).tag is not None
    except RemoteSipError:
        return "tag=" in to.lower()


def parse_message(data: bytes) -> Request | Response:
    """Read one whole message and check every typed view of it. Raises RemoteSipError and nothing else.

    `data` is a datagram, or what `StreamFramer` cut from a connection. Octets beyond Content-Length go.
    """
    message = read_message(data)
    message.check()
    return message


def read_message(data: bytes) -> Request | Response:
    """Read one message without checking its fields, so that a server can still answer 400 to it.

    Raises RemoteSipError for what cannot be answered: no header lines, no method, a malformed response.
    """
    if len(data) > MAX_MESSAGE:
        raise RemoteSipError("message is too large", 513)
    data = data.lstrip(b"\r\n")
    head_end, body_start = find_head_end(data)
    head = read_head(data[:head_end])
    if head.start_line[:4].upper() == "SIP/":
        return _read_status_line(head, _cut(head, data[body_start:]))
    request = _read_request_line(head)
    request.fault = request.fault or head.fault
    try:
        request.body = _cut(head, data[body_start:])
    except RemoteSipError as error:
        request.fault = request.fault or error
    return request


def read_beginning(data: bytes) -> Request | Response:
    """Read the head of a message that is too large, so that a server can still answer it.

    Of a head that is too large itself the first lines are read. Raises RemoteSipError.
    """
    data = data.lstrip(b"\r\n")
    try:
        head = read_head(data[: find_head_end(data)[0]])
    except RemoteSipError:
        head = read_head(data[:MAX_BEGINNING].rpartition(b"\n")[0])
    if head.start_line[:4].upper() == "SIP/":
        return _read_status_line(head, b"")
    return _read_request_line(head)


class Head(NamedTuple):
    """What stands before the body. `headers` lacks Content-Length, whose values are `lengths`."""

    start_line: str
    headers: Headers
    lengths: tuple[str, ...]
    fault: RemoteSipError | None
    """The first line that is no header field; it is left out."""

    @property
    def content_length(self) -> int | None:
        """Octets of the body, None when that was not sent. Raises RemoteSipError."""
        lengths = {number(text, MAX_CONTENT_LENGTH, "Content-Length") for text in self.lengths}
        if len(lengths) > 1:
            raise RemoteSipError("Content-Length is given twice")
        return next(iter(lengths), None)


def _cut(head: Head, body: bytes) -> bytes:
    """Cut the body off that a datagram may have more of than Content-Length says."""
    length = head.content_length
    if length is not None and length > len(body):
        raise RemoteSipError("body is shorter than Content-Length")
    return body[:length]


def find_head_end(data: bytes) -> tuple[int, int]:
    """Find the empty line: (end of the last header line, start of the body). Lines may end in LF alone."""
    found = _EMPTY_LINE.search(data)
    if found is None:
        raise RemoteSipError("header lines do not end")
    return found.span()


def read_head(data: bytes) -> Head:
    """Read start line and header lines, with or without the empty line that ends them."""
    start_line, *lines = _unfold(data.decode("utf-8", "surrogateescape"))
    if len(lines) > MAX_HEADERS:
        raise RemoteSipError(f"more than {MAX_HEADERS} header lines", 513)
    fields: list[tuple[str, str]] = []
    lengths: list[str] = []
    fault = None
    for number_of_line, line in enumerate(lines, 1):
        name, colon, value = line.partition(":")
        name = long_form(name.rstrip(BLANK))
        if not colon or not is_token(name):
            fault = fault or RemoteSipError(f"header line {number_of_line} is malformed")
        elif name.lower() == "content-length":
            lengths.append(value)
        else:
            fields.append((name, value))
    return Head(start_line, Headers(fields), tuple(lengths), fault)


def _unfold(text: str) -> list[str]:
    """Cut into lines; a line that begins with a blank continues the one before it."""
    unfolded: list[list[str]] = []
    for raw in text.split("\n"):
        line = raw.removesuffix("\r")
        if "\r" in line:
            raise RemoteSipError("carriage return inside a line")
        if line[:1] in {" ", "\t"} and len(unfolded) > 1:
            unfolded[-1].append(line.strip(BLANK))
        elif line or not unfolded:
            unfolded.append([line])
    lines = [" ".join(pieces) for pieces in unfolded]
    if any(len(line) > MAX_LINE for line in lines):
        raise RemoteSipError(f"line is longer than {MAX_LINE}", 513)
    return lines


def _read_request_line(head: Head) -> Request:
    """Read what is there: a request with a method has a sender who can be told the rest."""
    method, _, rest = head.start_line.partition(" ")
    if not is_token(method):
        raise RemoteSipError("request line is malformed")
    try:
        return Request(method, _read_request_uri(rest), head.headers)
    except RemoteSipError as error:
        return Request(method, _UNREAD, head.headers, fault=error)


def _read_request_uri(text: str) -> Uri:
    uri, _, version = text.rpartition(" ")
    if " " not in text or " " in uri or not version.strip():
        raise RemoteSipError("request line is malformed")
    if version.upper() != VERSION:
        raise RemoteSipError("SIP version is not 2.0", 505)
    parsed = parse_uri(uri)
    if isinstance(parsed, SipUri) and parsed.headers:
        raise RemoteSipError("Request-URI has headers")  # RFC 3261 section 19.1.1 allows none there
    return parsed


def _read_status_line(head: Head, body: bytes) -> Response:
    if head.fault is not None:
        raise head.fault
    version, _, rest = head.start_line.partition(" ")
    digits, _, reason = rest.partition(" ")
    if version.upper() != VERSION or len(digits) != 3:
        raise RemoteSipError("status line is malformed")
    status_code = number(digits, 699, "status code")
    if status_code < 100:
        raise RemoteSipError("status code is below 100")
    return Response(status_code, reason, head.headers, body)
