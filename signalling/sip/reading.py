"""SIP messages from octets (RFC 3261 section 7): what is wrong is kept, where its sender can be told."""

import re
from typing import NamedTuple

from signalling.sip.errors import RemoteSipError
from signalling.sip.grammar import BLANK, is_token, number
from signalling.sip.headers.collection import Headers
from signalling.sip.headers.names import name_of
from signalling.sip.message import MAX_CONTENT_LENGTH, VERSION, Request, Response
from signalling.sip.uri import OtherUri, SipUri, Uri, parse_uri

MAX_MESSAGE = 64 * 1024
"""Octets of one message: no datagram is larger."""

MAX_HEADERS = 128
"""Header lines of one message, after unfolding."""

MAX_LINE = 8 * 1024
"""Characters of one line, after unfolding."""

MAX_BEGINNING = 1024
"""Octets that are looked at of a head that is too large, for whom to tell."""

_UNREAD = OtherUri("")
"""Stands for the URI of a request whose first line is malformed."""

_EMPTY_LINE = re.compile(rb"\n\r?\n")


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
        text, colon, value = line.partition(":")
        name = name_of(text.rstrip(BLANK))
        if not colon or name is None:
            fault = fault or RemoteSipError(f"header line {number_of_line} is malformed")
        elif name.key == "content-length":
            lengths.append(value)
        else:
            fields.append((name.text, value))
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
