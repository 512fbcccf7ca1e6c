"""What of a SIP message may be kept and shown: whose call it is of, and its octets without secrets. Pure."""

import re
from collections.abc import Callable
from typing import Literal

from signalling.sip.calls import Flow

Direction = Literal["in", "out"]

Tap = Callable[[Direction, Flow, bytes], None]
"""Is shown every message that comes in or goes out, as it is on the wire. It must be quick and not raise."""

_CALL_ID = re.compile(rb"^(?:call-id|i)[ \t]*:[ \t]*([^\s]+)", re.IGNORECASE | re.MULTILINE)

_HIDDEN = tuple(
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        # Digest answers of either side, which can be guessed at offline; with the lines that they go on in.
        rb"^((?:proxy-)?(?:authorization|authentication-info)[ \t]*:)([^\n]*(?:\n[ \t][^\n]*)*)",
        # Keys of SRTP (RFC 4568, RFC 4567, RFC 4566) and the password of ICE.
        rb"^(a=crypto:[^\n]*?inline:)([^\n]*)",
        rb"^(a=(?:key-mgmt|ice-pwd):|k=)([^\n]*)",
        # A password in a URI (RFC 3261 section 19.1.1).
        rb"(sips?:[^\s@:;<>]+:)([^\s@;<>]+)(?=@)",
        # Keys that a caller pressed may be the number of a card (`application/dtmf-relay`).
        rb"^(signal[ \t]*=)([^\n]*)",
    )
)
_BARE_KEYS = re.compile(
    rb"^(?:content-type|c)[ \t]*:[ \t]*application/dtmf[ \t]*\r?$", re.IGNORECASE | re.MULTILINE
)
_SEEN = re.compile(rb"[^\s]")
_BODY = re.compile(rb"\r?\n\r?\n")


def call_id_of(data: bytes) -> str:
    """The Call-ID of a message, empty where there is none; what is no SIP is searched as well."""
    found = _CALL_ID.search(data)
    return "" if found is None else found[1].decode("utf-8", "replace")


def without_secrets(data: bytes) -> bytes:
    """The message with an `x` for every character of a secret: it is as long as before, and reads as SIP."""
    for pattern in _HIDDEN:
        data = pattern.sub(_masked, data)
    if _BARE_KEYS.search(data):
        head, gap, body = _split(data)
        data = head + gap + _SEEN.sub(b"x", body)
    return data


def _masked(found: re.Match[bytes]) -> bytes:
    return found[1] + _SEEN.sub(b"x", found[2])


def _split(data: bytes) -> tuple[bytes, bytes, bytes]:
    gap = _BODY.search(data)
    return (data, b"", b"") if gap is None else (data[: gap.start()], gap[0], data[gap.end() :])
