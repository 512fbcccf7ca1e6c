"""Who asks: application JWTs and account credentials (API authentication).

A token names its application in a claim; the application's public key, and nothing that the token itself
carries, decides whether it is genuine. The algorithm is pinned to RS256. Claims are checked here rather than
by the JWT library because real generators leave out `exp`, make `iat` a float and `jti` a number.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

import jwt
import msgspec
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from gateway.api.acl import MAX_RULES, Acl, Said
from gateway.api.body import read_json
from gateway.api.keys import load_public_key
from gateway.errors import Forbidden, Invalid, Unauthorized
from gateway.store.base import Store
from gateway.store.records import ApplicationRecord, UserRecord

LEEWAY_S = 60
"""How far the clocks of an application and of the gateway may be apart."""
MAX_LIFE_S = 24 * 3600
"""How long a token counts from its `iat`: the longest life that is documented.

Real generators leave `exp` out, or put it years away; neither makes a token that lives longer.
"""
MAX_TOKENS = 1024
"""Tokens that are remembered, each at most as long as a header may be: 8 MB."""
MAX_KEYS = 1024
"""Parsed public keys that are kept: parsing one costs more than checking a signature."""
KEYS_IN_TOKEN = frozenset({"jwk", "jku", "x5u", "x5c", "crit"})
"""Header members with which a token tries to bring its own key or rules."""

ApplicationId = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-fA-F-]{32,36}$")]

UserName = Annotated[str, msgspec.Meta(pattern=r"^[^\x00\ud800-\udfff]*$")]
"""Text that a database can look up: whole characters, and none of them NUL."""

DENIED = "You did not provide a valid token. Please provide a valid token."


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Whom a token speaks for."""

    application: ApplicationRecord
    user: UserRecord | None
    """The user that the token acts as; None for an admin token."""
    expires: float
    """Wall clock seconds: what lasts longer than a request ends then."""

    @property
    def user_id(self) -> str | None:
        """The user's id; None for an admin token."""
        return None if self.user is None else self.user.id


class Claims(msgspec.Struct, frozen=True):
    """What a token says, as far as it matters here. Times are seconds since 1970."""

    application_id: ApplicationId
    iat: float | str
    exp: float | str | None = None
    nbf: float | str | None = None
    sub: UserName | None = None
    acl: Acl | None = None


async def identify(store: Store, authorization: str, now: float) -> tuple[Caller, Claims]:
    """The caller behind an Authorization header at `now` (wall clock). Raises Unauthorized."""
    token = _credentials(authorization, "bearer")
    claims = _unverified_claims(token)
    application = await store.application(claims.application_id)
    if application is None:
        raise _denied()
    _verify_signature(token, application.public_key)
    expires = _verify_times(claims, now)
    user = None if claims.sub is None else await _user(store, application, claims.sub)
    return Caller(application=application, user=user, expires=expires), claims


async def _user(store: Store, application: ApplicationRecord, name: str) -> UserRecord:
    user = await store.user_by_name(application.id, name)
    if user is None:
        raise Unauthorized(
            "The token's `sub` names no user of the application.", code="user:error:invalid-user"
        )
    return user


async def authorize(claims: Claims, request: web.Request) -> None:
    """Check the request against the token's access list. Raises Forbidden.

    A token without a list may do everything if it is an admin's, and nothing if it is a user's.
    """
    method, path, acl = request.method, request.rel_url.raw_path, claims.acl
    if acl is None:
        allowed = claims.sub is None
    elif acl.needs_filters(method, path):
        allowed = acl.allows(method, path, await _said(request))
    else:
        allowed = acl.allows(method, path)
    if not allowed:
        raise Forbidden("The token's acl does not allow this.", code="system:error:permission")


async def _said(request: web.Request) -> tuple[Said, ...]:
    """What the request says: its query and, where it has one, its body."""
    query: Said = dict(request.query)
    try:
        body = await read_json(request)
    except Invalid:
        return (query,)
    return (query, body) if isinstance(body, dict) else (query,)


def _credentials(authorization: str, scheme: str) -> str:
    """What follows the scheme; "" when the header has another one."""
    name, _, credentials = authorization.strip().partition(" ")
    return credentials.strip() if name.lower() == scheme else ""


@lru_cache(maxsize=MAX_TOKENS)
def _unverified_claims(token: str) -> Claims:
    """What the token says; nothing of it counts before the signature was checked."""
    try:
        header = jwt.get_unverified_header(token)
        payload: Any = jwt.decode(token, options={"verify_signature": False})
        claims = msgspec.convert(payload, Claims)
    except (jwt.PyJWTError, msgspec.ValidationError, ValueError, RecursionError):
        raise _denied() from None
    if header.get("alg") != "RS256" or KEYS_IN_TOKEN & header.keys():
        raise _denied()
    if claims.acl is not None and len(claims.acl.paths) > MAX_RULES:
        raise _denied()
    return claims


@lru_cache(maxsize=MAX_TOKENS)
def _verify_signature(token: str, public_key: str) -> None:
    """Raises Unauthorized. That a token fits a key is remembered; another key is another question."""
    try:
        jwt.PyJWS(algorithms=["RS256"]).decode(token, _key(public_key), algorithms=["RS256"])
    except (jwt.PyJWTError, ValueError):
        raise _denied() from None


@lru_cache(maxsize=MAX_KEYS)
def _key(pem: str) -> RSAPublicKey:
    return load_public_key(pem)


def _verify_times(claims: Claims, now: float) -> float:
    """When the token expires. Raises Unauthorized."""
    issued = _seconds(claims.iat)
    not_before = issued if claims.nbf is None else _seconds(claims.nbf)
    expires = issued + MAX_LIFE_S
    if claims.exp is not None:
        expires = min(expires, _seconds(claims.exp))
    if max(issued, not_before) > now + LEEWAY_S:
        raise _denied()
    if expires < now - LEEWAY_S:
        raise Unauthorized("The token has expired.", code="system:error:expired-token")
    return expires


def _seconds(value: float | str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        raise _denied() from None
    if not math.isfinite(seconds):
        raise _denied()
    return seconds


def _denied() -> Unauthorized:
    return Unauthorized(DENIED, code="system:error:invalid-token")
