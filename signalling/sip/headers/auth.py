"""Digest challenges and credentials (RFC 3261 section 20.44, RFC 7616 sections 3.3 and 3.4)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from signalling.sip.errors import RemoteSipError
from signalling.sip.grammar import BLANK, quote, split, token, unquote

MAX_FIELDS = 32
"""Fields of one challenge or of one set of credentials; RFC 7616 names eleven."""

MAX_CHALLENGES = 16
"""Challenges read from one response; real ones have one for each algorithm."""

_SCHEME = re.compile(r"([^\s=,\"]+)(?:[ \t]+(.*))?", re.DOTALL)
_NONCE_COUNT = re.compile(r"[0-9A-Fa-f]{8}")


@dataclass(frozen=True, slots=True)
class Challenge:
    """One Digest challenge. `algorithm` as sent, MD5 when absent; `qop` empty when absent (RFC 2069)."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    qop: tuple[str, ...] = ()
    opaque: str | None = None
    stale: bool = False

    @classmethod
    def parse(cls, text: str) -> "Challenge":
        """Read a header value that holds exactly one Digest challenge. Raises RemoteSipError."""
        challenges = parse_challenges([text])
        if len(challenges) != 1:
            raise RemoteSipError("not one digest challenge")
        return challenges[0]

    def __str__(self) -> str:
        fields = [f"realm={quote(self.realm)}", f"nonce={quote(self.nonce)}", f"algorithm={self.algorithm}"]
        if self.qop:
            fields.append(f"qop={quote(','.join(self.qop))}")
        if self.opaque is not None:
            fields.append(f"opaque={quote(self.opaque)}")
        if self.stale:
            fields.append("stale=true")
        return "Digest " + ", ".join(fields)


@dataclass(frozen=True, slots=True)
class Credentials:
    """The answer to a Digest challenge. `qop`, `cnonce` and `nonce_count` are given all or none."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: str = "MD5"
    qop: str | None = None
    cnonce: str | None = None
    nonce_count: int | None = None
    opaque: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Credentials":
        """Read an Authorization or Proxy-Authorization value. Raises RemoteSipError."""
        groups = _groups(text)
        if len(groups) != 1 or groups[0][0] != "digest":
            raise RemoteSipError("not digest credentials")
        fields = groups[0][1]
        qop = token(fields["qop"], "qop") if "qop" in fields else None
        nonce_count = fields.get("nc")
        if nonce_count is not None and not _NONCE_COUNT.fullmatch(nonce_count):
            raise RemoteSipError("nonce count is not eight hexadecimal digits")
        if (qop is None, qop is None) != (nonce_count is None, "cnonce" not in fields):
            raise RemoteSipError("qop, nc and cnonce do not go together")
        return cls(
            username=_required(fields, "username"),
            realm=_required(fields, "realm"),
            nonce=_required(fields, "nonce"),
            uri=_required(fields, "uri"),
            response=_required(fields, "response").lower(),
            algorithm=token(fields.get("algorithm", "MD5"), "digest algorithm"),
            qop=qop,
            cnonce=fields.get("cnonce"),
            nonce_count=None if nonce_count is None else int(nonce_count, 16),
            opaque=fields.get("opaque"),
        )

    def __str__(self) -> str:
        quoted = {name: getattr(self, name) for name in ("username", "realm", "nonce", "uri", "response")}
        fields = [f"{name}={quote(value)}" for name, value in quoted.items()]
        fields.append(f"algorithm={self.algorithm}")
        if self.opaque is not None:
            fields.append(f"opaque={quote(self.opaque)}")
        if self.qop is not None and self.cnonce is not None and self.nonce_count is not None:
            fields += [f"qop={self.qop}", f"cnonce={quote(self.cnonce)}", f"nc={self.nonce_count:08x}"]
        return "Digest " + ", ".join(fields)


def parse_challenges(values: Iterable[str]) -> list[Challenge]:
    """Read every Digest challenge of WWW-Authenticate or Proxy-Authenticate values, in order.

    One value may hold several challenges; those of other schemes are left out. Raises RemoteSipError.
    """
    groups = [group for value in values for group in _groups(value)]
    if len(groups) > MAX_CHALLENGES:
        raise RemoteSipError(f"more than {MAX_CHALLENGES} challenges")
    return [_challenge(fields) for scheme, fields in groups if scheme == "digest"]


def _challenge(fields: Mapping[str, str]) -> Challenge:
    return Challenge(
        realm=_required(fields, "realm"),
        nonce=_required(fields, "nonce"),
        algorithm=token(fields.get("algorithm", "MD5"), "digest algorithm"),
        qop=tuple(
            token(option.strip(BLANK), "qop").lower()
            for option in fields.get("qop", "").split(",")
            if option.strip(BLANK)
        ),
        opaque=fields.get("opaque"),
        stale=fields.get("stale", "").lower() == "true",
    )


def _required(fields: Mapping[str, str], name: str) -> str:
    if name not in fields:
        raise RemoteSipError(f"digest has no {name}")
    return fields[name]


def _groups(text: str) -> list[tuple[str, dict[str, str]]]:
    """Cut `scheme name=value, ... scheme name=value, ...` into (scheme in lower case, fields unquoted).

    A comma separates fields and challenges alike: a new challenge shows by the word before its first name.
    Only Digest's fields are read.
    """
    groups: list[tuple[str, dict[str, str]]] = []
    for piece in split(text, ","):
        found = _SCHEME.fullmatch(piece)
        rest = piece
        if found and not (found.group(2) or "").startswith("="):
            groups.append((found.group(1).lower(), {}))
            rest = found.group(2) or ""
        if rest:
            _add_field(groups, rest)
    return groups


def _add_field(groups: list[tuple[str, dict[str, str]]], text: str) -> None:
    name, equals, value = text.partition("=")
    if groups and groups[-1][0] != "digest":
        return
    if not groups or not equals:
        raise RemoteSipError("digest field is malformed")
    fields = groups[-1][1]
    name = token(name, "digest field name").lower()
    if name in fields or len(fields) >= MAX_FIELDS:
        raise RemoteSipError("digest field is given twice, or there are too many")
    fields[name] = unquote(value.strip(BLANK))
