"""Digest authentication, both ends (RFC 7616, RFC 8760): we answer by SHA-256 where it is offered."""

import base64
import hashlib
import hmac
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hmac import compare_digest
from typing import Literal

from signalling.sip.errors import RemoteSipError
from signalling.sip.headers.auth import Challenge, Credentials
from signalling.sip.uri import SipUri, Uri, parse_uri

NONCE_TTL_S = 60.0
"""How long a nonce can be answered: a client answers at once, a thief later."""

MAX_SPENT_NONCES = 32_768
"""Nonces whose use we remember, some 10 MB: 546 phones a second may come back, each with its own nonce. Only
right answers get in; when it is full, new ones must wait."""

Verdict = Literal["ok", "stale", "wrong"]

# In order of preference (RFC 8760 section 2.4). MD5 is what most phones and trunks still speak.
_HASHES: dict[str, Callable[[bytes], str]] = {
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
}

ALGORITHMS = ("MD5", "SHA-256")
"""What strangers are challenged by; MD5 first, because many phones read no further."""

_MAC_OCTETS = 16
"""128 bits, as much as anybody needs: a challenge is sent to whoever is named as the sender, and is short."""
_ISSUED = struct.Struct(">d")


class Nonces:
    """Makes nonces that need no memory: the time and 128 bits of an HMAC over it and the source's address.

    Only the use of a nonce is remembered, so that an answer counts once. `now` is in seconds of one clock.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._spent: dict[str, tuple[float, int]] = {}

    def issue(self, now: float, source: str) -> str:
        """Make the nonce for a challenge to `source`, a host."""
        issued = _ISSUED.pack(now)
        return base64.urlsafe_b64encode(issued + self._mac(issued, source)).decode()

    def is_fresh(self, nonce: str, now: float, source: str) -> bool:
        """Whether we issued `nonce` to `source`, less than NONCE_TTL_S ago."""
        try:
            octets = base64.b64decode(nonce, b"-_", validate=True)
        except ValueError:
            return False
        if len(octets) != _ISSUED.size + _MAC_OCTETS:
            return False
        issued = octets[: _ISSUED.size]
        genuine = compare_digest(octets[_ISSUED.size :], self._mac(issued, source))
        return genuine and 0 <= now - _ISSUED.unpack(issued)[0] < NONCE_TTL_S

    def spend(self, nonce: str, nonce_count: int, now: float) -> bool:
        """Note a use of a fresh nonce. False when this or a later count was seen, or the table is full."""
        known = self._spent.get(nonce)
        if known is None:
            self._forget(now)
            if len(self._spent) >= MAX_SPENT_NONCES:
                return False
        elif nonce_count <= known[1]:
            return False
        self._spent[nonce] = (now if known is None else known[0], nonce_count)
        return True

    def __len__(self) -> int:
        return len(self._spent)

    def _forget(self, now: float) -> None:
        # A nonce is issued before it is used: what was first used a lifetime ago is stale. Oldest come first.
        while self._spent:
            oldest = next(iter(self._spent))
            if now - self._spent[oldest][0] < NONCE_TTL_S:
                return
            del self._spent[oldest]

    def _mac(self, issued: bytes, source: str) -> bytes:
        octets = issued + source.encode("utf-8", "surrogateescape")
        return hmac.digest(self._secret, octets, "sha256")[:_MAC_OCTETS]


def challenges(
    realm: str, nonce: str, *, stale: bool = False, algorithms: Sequence[str] = ALGORITHMS
) -> list[str]:
    """Write the WWW-Authenticate values of a 401, one for each algorithm."""
    return [str(Challenge(realm, nonce, algorithm, ("auth",), stale=stale)) for algorithm in algorithms]


@dataclass(frozen=True, slots=True)
class UserKey:
    """What a digest user's password is kept as: H(A1) of RFC 7616 section 3.4.2, in lower-case hexadecimal.

    It opens its own realm alone, and is as good as the password there: a secret all the same.
    """

    md5: str
    sha256: str

    def __repr__(self) -> str:
        """Without the hashes."""
        return "UserKey()"


def make_key(username: str, realm: str, password: str) -> UserKey:
    """What is kept of a password that is not empty. Raises ValueError for one that is."""
    if not password:
        raise ValueError("a digest user needs a password")
    text = _octets(username, realm, password)
    return UserKey(md5=_HASHES["MD5"](text), sha256=_HASHES["SHA-256"](text))


LAST_COUNT = 2**32 - 1
"""Who answers as RFC 2069 did, without qop and so without a count, uses up the nonce."""
_QOPS = frozenset({"auth", None})

_NOBODY = UserKey(md5="", sha256="")
"""The key of users that are not there: no response is made of it by anybody but us."""

Users = Mapping[str, Sequence[UserKey]]
"""By name the keys that open; an account that changes its secret has two for a while."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """Judges credentials against users of one realm."""

    realm: str
    users: Users
    nonces: Nonces
    algorithms: Sequence[str] = ALGORITHMS
    """Of `ALGORITHMS` those that are offered, and so taken."""

    def verify(self, credentials: Credentials, method: str, now: float, source: str) -> Verdict:
        """Judge credentials that `source` (a host) sent with a request of `method`.

        `stale` means that the password is right but the nonce is old, foreign or used: challenge again. An
        unknown user costs the same work as a wrong password. Every right answer is good once.
        """
        algorithm = credentials.algorithm.upper()
        if (
            algorithm not in self.algorithms
            or credentials.qop not in _QOPS
            or credentials.realm != self.realm
        ):
            return "wrong"
        given = credentials.response.encode("utf-8", "surrogateescape")
        keys = self.users.get(credentials.username, ())
        is_right = False
        for key in keys or (_NOBODY,):
            expected = _response(credentials, method, key.md5 if algorithm == "MD5" else key.sha256)
            is_right |= compare_digest(expected.encode(), given)
        if not is_right or not keys:
            return "wrong"
        if not self.nonces.is_fresh(credentials.nonce, now, source):
            return "stale"
        count = LAST_COUNT if credentials.qop is None else credentials.nonce_count or 0
        return "ok" if self.nonces.spend(credentials.nonce, count, now) else "stale"


def is_meant(credentials: Credentials, uri: Uri) -> bool:
    """Whether credentials were made for a request to `uri`: captured ones shall call nobody else.

    Proxies may write another host, and phones leave ports and parameters out, so that only the user is
    compared, where both name one (RFC 7616 section 3.4.6, RFC 3261 section 22.4).
    """
    try:
        meant = parse_uri(credentials.uri)
    except RemoteSipError:
        return False
    if not isinstance(meant, SipUri) or not isinstance(uri, SipUri):
        return str(meant) == str(uri)
    return None in {meant.user, uri.user} or meant.user == uri.user


@dataclass(frozen=True, slots=True)
class Login:
    """Who we are to a trunk. A `realm` keeps the password from other servers; None answers any."""

    username: str
    password: str
    realm: str | None = None

    def __repr__(self) -> str:
        return f"Login({self.username!r}, realm={self.realm!r})"


def answer(
    offered: Sequence[Challenge], login: Login, method: str, uri: str, make_cnonce: Callable[[], str]
) -> str | None:
    """Write the (Proxy-)Authorization value that answers a 401 or 407.

    `offered` is what `parse_challenges` read, `uri` the request-URI as sent. None when no challenge can be
    answered: another realm, an unknown algorithm, or auth-int alone.
    """
    usable = [
        challenge
        for challenge in offered
        if challenge.algorithm.upper() in _HASHES
        and (not challenge.qop or "auth" in challenge.qop)
        and login.realm in {None, challenge.realm}
    ]
    if not usable:
        return None
    best = min(usable, key=lambda challenge: list(_HASHES).index(challenge.algorithm.upper()))
    credentials = Credentials(
        username=login.username,
        realm=best.realm,
        nonce=best.nonce,
        uri=uri,
        response="",
        algorithm=best.algorithm,
        opaque=best.opaque,
    )
    if best.qop:
        credentials = replace(credentials, qop="auth", cnonce=make_cnonce(), nonce_count=1)
    secret = _HASHES[best.algorithm.upper()](_octets(login.username, best.realm, login.password))
    return str(replace(credentials, response=_response(credentials, method, secret)))


def _response(credentials: Credentials, method: str, secret: str) -> str:
    """Compute the response of RFC 7616 section 3.4.1, or of RFC 2069 when there is no qop.

    `secret` is H(A1) by the algorithm of the credentials.
    """
    digest = _HASHES[credentials.algorithm.upper()]

    def joined(*pieces: str) -> str:
        return digest(_octets(*pieces))

    request = joined(method, credentials.uri)
    if credentials.qop is None:
        return joined(secret, credentials.nonce, request)
    count = f"{credentials.nonce_count or 0:08x}"
    return joined(secret, credentials.nonce, count, credentials.cnonce or "", credentials.qop, request)


def _octets(*pieces: str) -> bytes:
    return ":".join(pieces).encode("utf-8", "surrogateescape")
