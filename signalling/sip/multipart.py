"""Bodies of several parts (RFC 5621): the description among what carriers send along, ISUP or a location."""

import re

from signalling.sip.capabilities import SDP
from signalling.sip.grammar import BLANK
from signalling.sip.message import Request, Response

MAX_PARTS = 8
"""Parts of one body: a description, the same call in ISUP and where the caller is are three."""

MAX_PART_HEAD = 1024
"""Octets of what stands before a part's content. Its type and disposition are a tenth of that."""

_KINDS = frozenset({"multipart/mixed", "multipart/alternative"})
_BOUNDARY = re.compile(r';[ \t]*boundary[ \t]*=[ \t]*(?:"([^"\\]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_REQUIRED = re.compile(r";[ \t]*handling[ \t]*=[ \t]*\"?required\b", re.IGNORECASE)
_PLAIN = frozenset({"", "7bit", "8bit", "binary"})

Part = tuple[dict[str, str], bytes]
"""Fields by their names in small letters, and the content."""


def unwrap(message: Request | Response) -> None:
    """Put the description of a body of several parts in the body's place; the other parts go.

    A message without one stays as it is, and so does one with another part that must be understood: its
    type is none that anybody takes, so that a request gets 415.
    """
    if message.content_type not in _KINDS:
        return
    description = _description(_parts(message.headers.get("Content-Type") or "", message.body))
    if description is not None:
        message.headers.set("Content-Type", SDP)
        message.body = description


def _description(parts: list[Part]) -> bytes | None:
    found: bytes | None = None
    for fields, content in parts:
        disposition = fields.get("content-disposition", "session")
        if _kind(fields.get("content-type", "")) == SDP and _kind(disposition) == "session":
            if fields.get("content-transfer-encoding", "").lower() not in _PLAIN:
                return None
            found = content if found is None else found
        elif _REQUIRED.search(disposition):
            return None
    return found


def _parts(content_type: str, body: bytes) -> list[Part]:
    """Cut a body at its boundary (RFC 2046 section 5.1.1). What is malformed, or too much, has no parts."""
    match = _BOUNDARY.search(content_type)
    if match is None:
        return []
    delimiter = b"\r\n--" + (match[1] or match[2]).encode("utf-8", "surrogateescape")
    _, *pieces = (b"\r\n" + body).split(delimiter, MAX_PARTS + 1)
    if not pieces or not pieces[-1].startswith(b"--"):
        return []
    parts = [_part(piece) for piece in pieces[:-1]]
    return [part for part in parts if part is not None] if None not in parts else []


def _part(piece: bytes) -> Part | None:
    padding, _, rest = piece.partition(b"\r\n")
    head, end, content = (b"\r\n" + rest).partition(b"\r\n\r\n")
    if padding.strip(b" \t") or not end or len(head) > MAX_PART_HEAD:
        return None
    lines = (line.partition(":") for line in head.decode("utf-8", "surrogateescape").split("\r\n"))
    return {name.strip(BLANK).lower(): value.strip(BLANK) for name, _, value in lines}, content


def _kind(value: str) -> str:
    return value.partition(";")[0].strip(BLANK).lower()
