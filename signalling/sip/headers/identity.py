"""Who calls: From, or what a trusted server says of it (RFC 3261, 3323 and 3325, Remote-Party-ID)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from signalling.sip.errors import RemoteSipError
from signalling.sip.headers.name_addr import NameAddr
from signalling.sip.headers.privacy import hides_caller
from signalling.sip.message import Request
from signalling.sip.uri import OtherUri, SipUri, Uri

MAX_ASSERTED = 8
"""P-Asserted-Identity values looked at; RFC 3325 section 9.1 allows two."""

ANONYMOUS = "anonymous"
"""The user of RFC 3323 section 4.1, in From; servers that say `Anonymous` or `restricted` mean the same."""

_SEPARATORS = re.compile(r"[-.()]")
"""What stands between digits for the eye alone (RFC 3966 section 5.1.1)."""

_NOBODY = frozenset({"", ANONYMOUS, "restricted", "unavailable", "unknown"})


@dataclass(frozen=True, slots=True)
class Caller:
    """An identity. `user` is empty for one that is not to be shown."""

    user: str
    host: str
    display_name: str = ""


def caller_of(request: Request, *, is_trusted: bool) -> Caller:
    """Who sends the INVITE, as the called side may see it.

    P-Asserted-Identity, and Remote-Party-ID without one, count when the request came from a trusted source
    alone: whoever else sends them may claim anything. A wish for privacy counts from everybody.
    """
    if hides_caller(request.headers.lines("Privacy")):
        return Caller("", "")
    if is_trusted and (asserted := _asserted(request) or _remote_party(request)):
        return asserted
    return _caller(request.from_)


def _asserted(request: Request) -> Caller | None:
    """The first P-Asserted-Identity that names somebody."""
    for address in _addresses(request, "P-Asserted-Identity"):
        caller = _caller(address)
        if caller.user:
            return caller
    return None


def _remote_party(request: Request) -> Caller | None:
    """The calling party of Remote-Party-ID, from before RFC 3325; one that is private hides the caller."""
    for address in _addresses(request, "Remote-Party-ID"):
        if (address.params.get("party") or "calling").lower() == "calling":
            private = hides_caller([(address.params.get("privacy") or "").strip('"')])
            return Caller("", "") if private else _caller(address)
    return None


def _addresses(request: Request, name: str) -> Iterator[NameAddr]:
    try:
        values = request.headers.all(name)[:MAX_ASSERTED]
    except RemoteSipError:
        return
    for value in values:
        try:
            yield NameAddr.parse(value)
        except RemoteSipError:
            continue


def _caller(address: NameAddr) -> Caller:
    user, host = user_and_host(address.uri)
    if user.lower() in _NOBODY:
        return Caller("", "")
    return Caller(user, host, address.display_name)


def user_and_host(uri: Uri) -> tuple[str, str]:
    """The user part and the host; of a `tel:` URI its digits, without what follows, and no host."""
    match uri:
        case SipUri():
            return uri.user or "", uri.host
        case OtherUri():  # tel:+441234;phone-context=...
            return _SEPARATORS.sub("", uri.text.partition(":")[2].partition(";")[0]), ""
