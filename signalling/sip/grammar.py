"""The few lexical rules that every header shares (RFC 3261 section 25), each in one linear pass.

Everything here reads a peer's text and raises nothing but `RemoteSipError`.
"""

import re
from collections.abc import Iterator, Mapping
from ipaddress import AddressValueError, IPv6Address

from signalling.sip.errors import RemoteSipError

BLANK = " \t"
"""Linear white space inside one unfolded line. `str.strip()` alone would also strip Unicode's."""

MAX_DIGITS = 20
"""Longest number read: leading zeros are legal, a megabyte of them is not."""

MAX_HOST = 255
"""RFC 1035 section 2.3.4."""

MAX_REMEMBERED = 256
"""Parsed values of each kind, and names, that are kept. Whoever handles a message reads its Via, From and To
a dozen times, and the messages of one call repeat them. Of the longest lines they are a few megabytes."""

MAX_PARAMS = 64
"""Parameters of one header value or URI. Real ones carry fewer than ten."""

_TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+")
_HOSTNAME = re.compile(r"[A-Za-z0-9._-]+")
_COLON_TOO_MANY = re.compile(r"(?<!:):::(?=[0-9]+\.)")
"""What the grammar of RFC 3261 made of `::` before an IPv4 address (RFC 5118 section 4.10)."""
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_LIST_BREAK = {separator: re.compile(rf'["<>{separator}]') for separator in ",;"}
_STRING_BREAK = re.compile(r'[\\"]')


def is_token(text: str) -> bool:
    """Whether `text` is a `token`: a method, a header name, a tag."""
    return _TOKEN.fullmatch(text) is not None


def token(text: str, what: str) -> str:
    """Return `text` stripped when it is a token; `what` names it in the error."""
    stripped = text.strip(BLANK)
    if not is_token(stripped):
        raise RemoteSipError(f"{what} is not a token")
    return stripped


def number(text: str, maximum: int, what: str) -> int:
    """Read 1*DIGIT of at most `maximum`; `what` names it in the error."""
    digits = text.strip(BLANK)
    if not (0 < len(digits) <= MAX_DIGITS and digits.isascii() and digits.isdigit()):
        raise RemoteSipError(f"{what} is not a number")
    value = int(digits)
    if value > maximum:
        raise RemoteSipError(f"{what} is above {maximum}")
    return value


def split(text: str, separator: str) -> list[str]:
    """Split at `,` or `;` outside quoted strings and angle brackets; pieces come stripped."""
    if '"' not in text and "<" not in text:
        return [piece.strip(BLANK) for piece in text.split(separator)]
    pieces: list[str] = []
    start = position = 0
    in_brackets = False
    breaks = _LIST_BREAK[separator]
    while found := breaks.search(text, position):
        position = found.end()
        match found.group():
            case '"' if not in_brackets:
                position = end_of_quoted(text, found.start())
            case "<":
                in_brackets = True
            case ">":
                in_brackets = False
            case _ if found.group() == separator and not in_brackets:
                pieces.append(text[start : found.start()].strip(BLANK))
                start = position
    if in_brackets:
        raise RemoteSipError("angle bracket is not closed")
    pieces.append(text[start:].strip(BLANK))
    return pieces


def end_of_quoted(text: str, start: int) -> int:
    """Index just after the quoted string that opens at `start`."""
    position = start + 1
    while found := _STRING_BREAK.search(text, position):
        if found.group() == '"':
            return found.end()
        position = found.end() + 1
    raise RemoteSipError("quoted string is not closed")


def quote(text: str) -> str:
    r"""Write a quoted string: `\` and `"` escaped."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def unquote(text: str) -> str:
    """Undo `quote`; text that is not quoted comes back unchanged."""
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    return _QUOTED_PAIR.sub(r"\1", text[1:-1])


def host_and_port(text: str) -> tuple[str, int | None]:
    """Read `host [":" port]`. IPv6 comes without its brackets; `_` in names is tolerated."""
    text = text.strip(BLANK)
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        host = _COLON_TOO_MANY.sub("::", host)
        rest = rest.strip(BLANK)
        if not closed or (rest and not rest.startswith(":")) or not _is_ipv6(host):
            raise RemoteSipError("IPv6 host is malformed")
        port = rest[1:] if rest else None
    else:
        host, colon, rest = text.partition(":")
        host = host.rstrip(BLANK)
        if len(host) > MAX_HOST or not _HOSTNAME.fullmatch(host):
            raise RemoteSipError("host is malformed")
        port = rest if colon else None
    if port is None:
        return host, None
    value = number(port, 65535, "port")
    if value == 0:
        raise RemoteSipError("port is zero")
    return host, value


def write_host_and_port(host: str, port: int | None) -> str:
    """Undo `host_and_port`."""
    bracketed = f"[{host}]" if ":" in host else host
    return bracketed if port is None else f"{bracketed}:{port}"


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return "%" not in text


class Params(Mapping[str, str | None]):
    """The `;name=value` tail of a URI or header value: ordered, immutable, names in lower case.

    A value is the text as sent (a quoted string keeps its quotes), None for a bare name such as `;lr`.
    Of a name given twice the first wins.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str | None] | None = None) -> None:
        self._values: dict[str, str | None] = {name.lower(): value for name, value in (values or {}).items()}

    @classmethod
    def parse(cls, pieces: list[str]) -> "Params":
        """Read what `split(text, ";")` gave, without what stands before the first semicolon."""
        if len(pieces) > MAX_PARAMS:
            raise RemoteSipError(f"more than {MAX_PARAMS} parameters")
        values: dict[str, str | None] = {}
        for piece in pieces:
            if not piece:
                continue
            name, equals, value = piece.partition("=")
            values.setdefault(token(name, "parameter name").lower(), value.strip(BLANK) if equals else None)
        return cls(values)

    def with_(self, name: str, value: str | None) -> "Params":
        """Return a copy in which `name` has `value`."""
        return Params({**self._values, name.lower(): value})

    def without(self, name: str) -> "Params":
        """Return a copy that lacks `name`."""
        return Params({known: value for known, value in self._values.items() if known != name.lower()})

    def __getitem__(self, name: str) -> str | None:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Params) and self._values == other._values

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __repr__(self) -> str:
        return f"Params({self._values!r})"

    def __str__(self) -> str:
        return "".join(
            f";{name}" if value is None else f";{name}={value}" for name, value in self._values.items()
        )


NO_PARAMS = Params()
"""The empty tail."""
