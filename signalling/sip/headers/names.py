"""Names of header fields: compact forms, and which fields are lists."""

from functools import lru_cache
from typing import NamedTuple

from signalling.sip.grammar import MAX_REMEMBERED, is_token

# RFC 3261 section 7.3.3 and the IANA register of header fields.
_COMPACT = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "d": "Request-Disposition",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
}

# Only these are cut at commas. Anything else, unknown names above all, is one value a line: a comma in a
# Date, a Subject or a digest header separates no elements.
_LISTS = frozenset(
    {
        "accept",
        "accept-contact",
        "accept-encoding",
        "accept-language",
        "alert-info",
        "allow",
        "allow-events",
        "call-info",
        "contact",
        "content-encoding",
        "content-language",
        "diversion",
        "error-info",
        "history-info",
        "in-reply-to",
        "p-asserted-identity",
        "p-preferred-identity",
        "path",
        "proxy-require",
        "reason",
        "record-route",
        "reject-contact",
        "request-disposition",
        "require",
        "route",
        "service-route",
        "supported",
        "unsupported",
        "via",
        "warning",
    }
)


class Name(NamedTuple):
    """The name of a field. `text` is in its long form, and otherwise as it was given."""

    key: str
    """What names of the same field have in common."""
    text: str


@lru_cache(MAX_REMEMBERED)
def name_of(text: str) -> Name | None:
    """Read a name; None for what is no token, and can name nothing."""
    if not is_token(text):
        return None
    long = _COMPACT.get(text.lower(), text)
    return Name(long.lower(), long)


@lru_cache(MAX_REMEMBERED)
def key(name: str) -> str:
    """Return what two names have in common when they name the same field."""
    known = name_of(name)
    return name.lower() if known is None else known.key


def is_list(name: str) -> bool:
    """Whether a comma in this header field separates elements."""
    return key(name) in _LISTS
