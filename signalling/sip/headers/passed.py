"""Which headers of an INVITE the application hears (Voice API, SIP; RFC 5806, RFC 7044, RFC 8224)."""

from collections.abc import Mapping

from signalling.sip.headers.collection import Headers
from signalling.sip.headers.names import is_list, key

MAX_PASSED = 32
"""Headers that reach the application. Trunks send a handful."""

MAX_VALUE = 2048
"""Characters of one of them. RFC 7433 keeps User-to-User far below; a signed Identity has about 800."""

_STANDARD = {
    "user-to-user": "User-to-User",
    "diversion": "Diversion",
    "history-info": "History-Info",
    "identity": "Identity",
}
"""Besides the `X-*` ones: who redirected the call, and who vouches for the caller's number."""


def passed(headers: Headers) -> Mapping[str, str]:
    """The headers to pass on, by their names; several lines of a list are one value."""
    found: dict[str, str] = {}
    for sent, value in headers:
        name = sent if key(sent).startswith("x-") else _STANDARD.get(key(sent))
        if name is None:
            continue
        together = f"{found[name]}, {value}" if name in found and is_list(name) else found.get(name, value)
        if len(together) <= MAX_VALUE and (name in found or len(found) < MAX_PASSED):
            found[name] = together
    return found
