"""Refer-To: whom the other side shall call (RFC 3515 section 2.1), and in whose place (RFC 3891)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from signalling.sip.errors import RemoteSipError
from signalling.sip.headers.name_addr import NameAddr
from signalling.sip.headers.names import key
from signalling.sip.headers.replaces import Replaces
from signalling.sip.uri import SipUri, Uri

MAX_HEADERS = 16
"""Headers that a Refer-To asks for. Phones send one, Replaces."""


@dataclass(frozen=True, slots=True)
class ReferTo:
    """The target without the headers that stood in its URI, and those of them that count."""

    uri: Uri
    replaces: Replaces | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """The `X-*` and `User-to-User` headers that the call to the target is to carry."""

    @classmethod
    def parse(cls, text: str) -> "ReferTo":
        """Read the value. Raises RemoteSipError, for a target that is not to be invited too."""
        uri = NameAddr.parse(text).uri
        if not isinstance(uri, SipUri):
            return cls(uri)
        if (uri.params.get("method") or "INVITE").upper() != "INVITE":
            raise RemoteSipError("Refer-To wants another method than INVITE")
        if len(uri.headers) > MAX_HEADERS:
            raise RemoteSipError(f"more than {MAX_HEADERS} headers in Refer-To")
        replaces = [value for name, value in uri.headers if key(name) == "replaces"]
        if len(replaces) > 1:
            raise RemoteSipError("Replaces is given twice")
        bare = replace(uri, headers=(), params=uri.params.without("method"))
        passed = {name: value for name, value in uri.headers if _is_passed(name, value)}
        return cls(bare, Replaces.parse(replaces[0]) if replaces else None, passed)

    def __str__(self) -> str:
        uri = self.uri
        if isinstance(uri, SipUri):
            wanted = [*self.headers.items()]
            if self.replaces is not None:
                wanted.append(("Replaces", str(self.replaces)))
            uri = replace(uri, headers=tuple(wanted))
        return str(NameAddr(uri))


def _is_passed(name: str, value: str) -> bool:
    return (key(name).startswith("x-") or key(name) == "user-to-user") and value.isprintable()
