"""`"Name" <uri>;params`: From, To, Contact, Route and their kin (RFC 3261 section 20.10)."""

from dataclasses import dataclass, replace
from functools import lru_cache

from signalling.sip.errors import RemoteSipError
from signalling.sip.grammar import (
    BLANK,
    MAX_REMEMBERED,
    NO_PARAMS,
    Params,
    end_of_quoted,
    quote,
    split,
    unquote,
)
from signalling.sip.uri import OtherUri, Uri, parse_uri


@dataclass(frozen=True, slots=True)
class NameAddr:
    """An address with a display name. `params` are the header's own, outside the angle brackets."""

    uri: Uri
    display_name: str = ""
    params: Params = NO_PARAMS

    @classmethod
    @lru_cache(MAX_REMEMBERED)
    def parse(cls, text: str) -> "NameAddr":
        """Read one element. Without angle brackets the parameters are the header's. Raises RemoteSipError."""
        text = text.strip(BLANK)
        name, rest = _split_name(text)
        if not rest.startswith("<"):
            address, *params = split(rest, ";")
            if name:
                raise RemoteSipError("display name without an angle bracket")
            if "?" in address:  # RFC 3261 section 20: whose header would it be?
                raise RemoteSipError("address with a question mark lacks angle brackets")
            return cls(parse_uri(address), "", Params.parse(params))
        address, closed, tail = rest[1:].partition(">")
        before, *params = split(tail, ";")
        if not closed or before:
            raise RemoteSipError("address is malformed")
        return cls(parse_uri(address.strip(BLANK)), name, Params.parse(params))

    @property
    def tag(self) -> str | None:
        """Tag parameter of From and To."""
        return self.params.get("tag")

    @property
    def is_wildcard(self) -> bool:
        """Whether this is the `*` of `Contact: *`."""
        return self.uri == WILDCARD.uri

    def with_tag(self, tag: str) -> "NameAddr":
        """Return a copy that carries `tag`."""
        return replace(self, params=self.params.with_("tag", tag))

    def __str__(self) -> str:
        if self.is_wildcard:
            return str(self.uri)
        name = f"{quote(self.display_name)} " if self.display_name else ""
        return f"{name}<{self.uri}>{self.params}"


WILDCARD = NameAddr(OtherUri("*"))
"""`Contact: *`: all bindings (RFC 3261 section 10.2.2)."""


def _split_name(text: str) -> tuple[str, str]:
    """Cut the display name from the address; a name may be quoted, bare words, or absent."""
    if text.startswith('"'):
        end = end_of_quoted(text, 0)
        return unquote(text[:end]), text[end:].lstrip(BLANK)
    name, bracket, rest = text.partition("<")
    if not bracket or ";" in name:
        return "", text
    return name.strip(BLANK), bracket + rest
