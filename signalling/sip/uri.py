"""SIP and SIPS URIs (RFC 3261 section 19.1), and all others kept as they came."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast
from urllib.parse import quote_from_bytes, unquote_to_bytes

from signalling.sip.errors import RemoteSipError
from signalling.sip.grammar import (
    MAX_PARAMS,
    MAX_REMEMBERED,
    NO_PARAMS,
    Params,
    host_and_port,
    write_host_and_port,
)

MAX_URI = 4096
"""Longest URI read, in characters: half of the longest line."""

# What RFC 3261 section 25.1 lets stand unescaped in each part, beyond letters, digits and "-_.~".
_USER_SAFE = "!*'()&=+$,;?/"
_PARAM_SAFE = "!*'()[]/:&+$"
_HEADER_SAFE = "!*'()[]/?:+$"

_FORBIDDEN = re.compile(r'[\x00-\x20\x7f<>"]')
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")

# Section 19.1.4: these never match when only one of the two URIs has them.
_DECISIVE_PARAMS = frozenset({"user", "ttl", "method", "maddr", "transport"})


@dataclass(frozen=True, slots=True)
class SipUri:
    """`sip:user:password@host:port;params?headers`.

    `user`, `password`, parameter and header values are held unescaped and are escaped again when written, so
    any text is safe in them. `host` is a name or an address, IPv6 without brackets. `==` compares exactly;
    the RFC's looser rule is `is_equivalent`.
    """

    scheme: Literal["sip", "sips"]
    user: str | None
    host: str
    port: int | None = None
    params: Params = NO_PARAMS
    headers: tuple[tuple[str, str], ...] = ()
    password: str | None = None

    @classmethod
    def parse(cls, text: str) -> "SipUri":
        """Read one SIP or SIPS URI. Raises RemoteSipError, 416 for another scheme."""
        uri = parse_uri(text)
        if isinstance(uri, OtherUri):
            raise RemoteSipError("URI scheme is neither sip nor sips", 416)
        return uri

    def __str__(self) -> str:
        user = ""
        if self.user is not None:
            password = "" if self.password is None else ":" + _escape(self.password, _USER_SAFE)
            user = _escape(self.user, _USER_SAFE) + password + "@"
        params = Params(
            {
                _escape(name, _PARAM_SAFE): None if value is None else _escape(value, _PARAM_SAFE)
                for name, value in self.params.items()
            }
        )
        headers = "&".join(
            f"{_escape(name, _HEADER_SAFE)}={_escape(value, _HEADER_SAFE)}" for name, value in self.headers
        )
        tail = f"?{headers}" if headers else ""
        return f"{self.scheme}:{user}{write_host_and_port(self.host, self.port)}{params}{tail}"

    def is_equivalent(self, other: "SipUri | OtherUri") -> bool:
        """Compare as RFC 3261 section 19.1.4 does."""
        if isinstance(other, OtherUri):
            return False
        mine = (self.scheme, self.user, self.password, self.host.lower(), self.port)
        theirs = (other.scheme, other.user, other.password, other.host.lower(), other.port)
        return (
            mine == theirs
            and _params_match(self.params, other.params)
            and _folded(self.headers) == _folded(other.headers)
        )


@dataclass(frozen=True, slots=True)
class OtherUri:
    """A URI that is not SIP's (`tel:`, `urn:`, ...), kept raw so that a server can answer 416."""

    text: str

    @property
    def scheme(self) -> str:
        """What stands before the colon, in lower case."""
        return self.text.partition(":")[0].lower()

    def __str__(self) -> str:
        return self.text


Uri = SipUri | OtherUri


@lru_cache(MAX_REMEMBERED)
def parse_uri(text: str) -> Uri:
    """Read any absolute URI. Raises RemoteSipError."""
    if len(text) > MAX_URI:
        raise RemoteSipError("URI is too long", 414)
    scheme, colon, rest = text.partition(":")
    if not colon or not rest or not _SCHEME.fullmatch(scheme) or _FORBIDDEN.search(text):
        raise RemoteSipError("URI is malformed")
    if scheme.lower() not in {"sip", "sips"}:
        return OtherUri(text)
    user, password, rest = _split_userinfo(rest)
    rest, _, headers = rest.partition("?")
    host, *params = rest.split(";")
    name, port = host_and_port(host)
    return SipUri(
        scheme=cast('Literal["sip", "sips"]', scheme.lower()),
        user=user,
        host=name,
        port=port,
        params=_parse_params(params),
        headers=_parse_headers(headers),
        password=password,
    )


def _split_userinfo(rest: str) -> tuple[str | None, str | None, str]:
    # "?" and ";" are legal before the "@", which must be escaped everywhere else: so it is looked for first.
    userinfo, at, after = rest.partition("@")
    if not at:
        return None, None, rest
    user, colon, password = userinfo.partition(":")
    if not user:
        raise RemoteSipError("URI has an empty user")
    return _unescape(user), (_unescape(password) if colon else None), after


def _parse_params(pieces: list[str]) -> Params:
    if len(pieces) > MAX_PARAMS:
        raise RemoteSipError(f"more than {MAX_PARAMS} URI parameters")
    values: dict[str, str | None] = {}
    for piece in pieces:
        name, equals, value = piece.partition("=")
        if not name:
            raise RemoteSipError("URI parameter has no name")
        values.setdefault(_unescape(name).lower(), _unescape(value) if equals else None)
    return Params(values)


def _parse_headers(text: str) -> tuple[tuple[str, str], ...]:
    if not text:
        return ()
    pieces = text.split("&")
    if len(pieces) > MAX_PARAMS:
        raise RemoteSipError(f"more than {MAX_PARAMS} URI headers")
    pairs = (piece.partition("=") for piece in pieces)
    return tuple((_unescape(name), _unescape(value)) for name, _, value in pairs)


def _params_match(mine: Params, theirs: Params) -> bool:
    shared = mine.keys() & theirs.keys()
    lonely = mine.keys() ^ theirs.keys()
    return not (lonely & _DECISIVE_PARAMS) and all(
        (mine[name] or "").lower() == (theirs[name] or "").lower() for name in shared
    )


def _folded(headers: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    return sorted((name.lower(), value) for name, value in headers)


def _escape(text: str, safe: str) -> str:
    return quote_from_bytes(text.encode("utf-8", "surrogateescape"), safe)


def _unescape(text: str) -> str:
    return unquote_to_bytes(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
