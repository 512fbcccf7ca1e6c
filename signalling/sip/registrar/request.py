"""What a REGISTER asks for (RFC 3261 section 10.3, RFC 3327, RFC 5626 section 6), read and judged."""

import re
from dataclasses import dataclass

from signalling.sip.calls import Flow
from signalling.sip.errors import RemoteSipError
from signalling.sip.grammar import number
from signalling.sip.headers.name_addr import NameAddr
from signalling.sip.message import Request
from signalling.sip.refusals import Refusal
from signalling.sip.registrar.binding import Binding
from signalling.sip.registrar.table import MAX_CONTACTS
from signalling.sip.uri import SipUri

DEFAULT_EXPIRES_S = 3600
"""For a phone that names no time."""

MIN_EXPIRES_S = 60
"""Shorter ones are refused with 423: ten thousand phones at this pace are 167 requests a second."""

MAX_EXPIRES_S = 3600
"""Longer ones are cut: an unplugged phone is called in vain for so long."""

MAX_PATH = 8
"""Proxies between a phone and us."""

MAX_TEXT = 128
"""Characters of an instance or a User-Agent that are kept."""

TOO_BRIEF = Refusal(423, headers=(("Min-Expires", str(MIN_EXPIRES_S)),))
FIRST_HOP_LACKS_OUTBOUND = Refusal(439, "First Hop Lacks Outbound Support")

_PREFERENCE = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?", re.ASCII)
_MAX_SECONDS = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a REGISTER asks for. `lifetimes` has 0 for a binding that is to go."""

    bindings: tuple[Binding, ...]
    lifetimes: tuple[int, ...]
    is_star: bool = False
    """`Contact: *`: every binding is to go."""


def read_wanted(request: Request, flow: Flow, now: float) -> Wanted | Refusal:
    """Read the contacts of a REGISTER; none for one that only asks. Raises RemoteSipError."""
    contacts = request.contacts
    general = _number(request.headers.get("Expires"), DEFAULT_EXPIRES_S)
    if any(contact.is_wildcard for contact in contacts):
        if len(contacts) > 1 or general != 0 or "Expires" not in request.headers:
            return Refusal(400, "Star Needs Expires: 0 And No Other Contact")
        return Wanted((), (), is_star=True)
    if len(contacts) > MAX_CONTACTS:
        return Refusal(403, "Too Many Contacts")
    lifetimes = tuple(_number(contact.params.get("expires"), general) for contact in contacts)
    if any(0 < seconds < MIN_EXPIRES_S for seconds in lifetimes):
        return TOO_BRIEF
    lifetimes = tuple(min(seconds, MAX_EXPIRES_S) for seconds in lifetimes)
    path = tuple(str(NameAddr.parse(value)) for value in request.headers.all("Path"))
    if len(path) > MAX_PATH:
        return Refusal(400, "Path Too Long")
    bindings = tuple(
        _binding(request, contact, flow, now + seconds, path)
        for contact, seconds in zip(contacts, lifetimes, strict=True)
    )
    if any(binding.is_outbound for binding in bindings) and not _keeps_flow(request, path):
        return FIRST_HOP_LACKS_OUTBOUND
    return Wanted(bindings, lifetimes)


def is_direct(request: Request) -> bool:
    """Whether the phone itself is the other end of the flow."""
    return len(request.vias) == 1


def _binding(
    request: Request, contact: NameAddr, flow: Flow, expires_at: float, path: tuple[str, ...]
) -> Binding:
    if not isinstance(contact.uri, SipUri):
        raise RemoteSipError("Contact is no SIP URI")
    instance = (contact.params.get("+sip.instance") or "")[:MAX_TEXT]
    speaks_of_flows = "outbound" in request.supported and bool(instance)
    return Binding(
        contact=contact.uri,
        flow=flow,
        expires_at=expires_at,
        call_id=request.call_id,
        cseq=request.cseq.number,
        q=_preference(contact.params.get("q")),
        path=path,
        instance=instance,
        # Without an instance a reg-id says nothing (RFC 5626 section 6).
        reg_id=_number(contact.params.get("reg-id"), 0) if speaks_of_flows else 0,
        user_agent=(request.headers.get("User-Agent") or "")[:MAX_TEXT],
    )


def _keeps_flow(request: Request, path: tuple[str, ...]) -> bool:
    """Whether the phone's first hop keeps its flow: we do, and a proxy that says so by `ob` in its Path."""
    if is_direct(request):
        return True
    edge = NameAddr.parse(path[-1]).uri if path else None
    return isinstance(edge, SipUri) and "ob" in edge.params


def _number(text: str | None, default: int) -> int:
    """A number of a header; what is malformed counts as absent (RFC 3261 section 20.10)."""
    try:
        return default if text is None else number(text, _MAX_SECONDS, "number")
    except RemoteSipError:
        return default


def _preference(text: str | None) -> float:
    """A `q`, 0 to 1; 1 for what is none."""
    return float(text) if text is not None and _PREFERENCE.fullmatch(text) else 1.0
