"""Read session descriptions (RFC 8866 section 5), leniently but within limits."""

import re
from ipaddress import ip_address
from itertools import pairwise

from signalling.sdp.errors import MalformedSdp, SdpError
from signalling.sdp.model import Attributes, MediaDescription, Origin, SessionDescription

MAX_SDP = 64 * 1024
"""Octets of one description: as much as a SIP body holds."""

MAX_LINES = 512
"""Lines of one description. WebRTC's, the longest there are, have about two hundred."""

MAX_MEDIA = 8
"""Streams of one description. We use one of them."""

MAX_FORMATS = 64
"""Formats of one stream: half of the payload types that there are."""

_NAME = re.compile(r"[A-Za-z0-9._-]{1,255}")
_PORT = re.compile(r"([0-9]+)(/[0-9]+)?")

MAX_PORT = 65535
_PORT_DIGITS = 5


Lines = list[tuple[str, str]]


def parse(data: bytes) -> SessionDescription:
    """Read a description. Lines that a call has no use for (`b=`, `t=`, `k=`, ...) are dropped.

    Lines may end in LF alone. Raises SdpError and nothing else: 400 for what is no description, 488 for one
    beyond our limits.
    """
    if len(data) > MAX_SDP:
        raise SdpError(f"description is larger than {MAX_SDP}")
    lines = _lines(data.decode("utf-8", "surrogateescape"))
    if lines[:1] != [("v", "0")]:
        raise MalformedSdp("description does not begin with v=0")
    session, *streams = _sections(lines)
    if len(streams) > MAX_MEDIA:
        raise SdpError(f"more than {MAX_MEDIA} streams")
    return SessionDescription(
        origin=_origin(_first(session, "o") or ""),
        name=_first(session, "s") or "-",
        connection=_connection(session),
        attributes=_attributes(session),
        media=tuple(_media(section) for section in streams),
    )


def _lines(text: str) -> Lines:
    raw = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]
    # Some peers end with empty lines.
    while raw and not raw[-1]:
        raw.pop()
    if len(raw) > MAX_LINES:
        raise SdpError(f"more than {MAX_LINES} lines")
    for line in raw:
        if line[1:2] != "=" or "\r" in line:
            raise MalformedSdp("line is not type=value")
    return [(line[0], line[2:].strip(" ")) for line in raw]


def _sections(lines: Lines) -> list[Lines]:
    """Cut into the session's own lines and those of each stream."""
    starts = [place for place, (kind, _) in enumerate(lines) if kind == "m"]
    return [lines[start:end] for start, end in pairwise([0, *starts, len(lines)])]


def _first(lines: Lines, kind: str) -> str | None:
    return next((value for known, value in lines if known == kind), None)


def _origin(text: str) -> Origin:
    pieces = text.split()
    if len(pieces) != 6:
        raise MalformedSdp("o= is malformed")
    username, session_id, version, _, _, address = pieces
    return Origin(session_id, version, address, username)


def _connection(lines: Lines) -> str | None:
    text = _first(lines, "c")
    if text is None:
        return None
    pieces = text.split()
    if len(pieces) != 3:
        raise MalformedSdp("c= is malformed")
    if pieces[0] != "IN" or pieces[1] not in {"IP4", "IP6"}:
        raise SdpError("c= is of another network")
    # A multicast address has its scope after a slash.
    address, _, _ = pieces[2].partition("/")
    if not _is_host(address):
        raise MalformedSdp("c= has no address")
    return address


def _is_host(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return _NAME.fullmatch(text) is not None
    return "%" not in text


def _attributes(lines: Lines) -> Attributes:
    pairs = (value.partition(":") for kind, value in lines if kind == "a")
    return tuple((name, value if colon else None) for name, colon, value in pairs)


def _media(lines: Lines) -> MediaDescription:
    media, *pieces = lines[0][1].split()[: MAX_FORMATS + 4] or [""]
    port = _PORT.fullmatch(pieces[0]) if len(pieces) >= 3 else None
    if port is None:
        raise MalformedSdp("m= is malformed")
    if len(port[1]) > _PORT_DIGITS or int(port[1]) > MAX_PORT:
        raise SdpError("port is out of range")
    if len(pieces) > MAX_FORMATS + 2:
        raise SdpError(f"more than {MAX_FORMATS} formats")
    return MediaDescription(
        media=media,
        port=int(port[1]),
        protocol=pieces[1],
        formats=tuple(pieces[2:]),
        connection=_connection(lines),
        attributes=_attributes(lines),
    )
