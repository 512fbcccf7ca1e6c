"""Who asks: an account's key and secret (API authentication, Basic and query).

Hashing a secret is slow on purpose, so who came in once is remembered: by a MAC under a key that only this
process has, together with the id of the secret that was right. The account is read anew for each request, so
a secret that is revoked counts no more at once.
"""

import asyncio
import base64
import hmac
import secrets
from collections.abc import Mapping

from gateway.errors import Throttled, Unauthorized
from gateway.hashing import COST, Hashed, hash_secret, is_secret
from gateway.resources.accounts import MAX_SECRETS, hashed_of
from gateway.store.base import Store
from gateway.store.records import AccountRecord

MAX_REMEMBERED = 10_000
"""Secrets that are remembered; the one that was used longest ago goes first."""
MAX_KEY = 64
MAX_SECRET = 256
"""Characters; longer ones are wrong before anything is hashed."""
HASHED_AT_ONCE = 2
MAX_WAITING = 64
"""Requests that wait for their secret to be hashed, about a second's work. More are told to come back: a
flood of wrong secrets must not queue without end."""

DENIED = "You did not provide correct credentials."


class Credentials:
    """The door for accounts."""

    def __init__(self, store: Store, cost: int = COST) -> None:
        """`cost` is what a secret of nobody is hashed with: the same as new secrets are."""
        self._store = store
        self._nobody = hash_secret(secrets.token_hex(), cost)
        self._mac_key = secrets.token_bytes(32)
        self._remembered: dict[bytes, str] = {}
        self._hashing = asyncio.Semaphore(HASHED_AT_ONCE)
        self._waiting = 0

    def __len__(self) -> int:
        return len(self._remembered)

    async def account_of(self, authorization: str | None, fields: Mapping[str, str]) -> str:
        """The API key whose secret was given: as Basic, or as `api_key` and `api_secret`.

        Raises Unauthorized, and Throttled when too many come at once that are not known yet.
        """
        if authorization:
            key, secret = _basic(authorization)
        else:
            key, secret = fields.get("api_key", ""), fields.get("api_secret", "")
        if not (0 < len(key) <= MAX_KEY and 0 < len(secret) <= MAX_SECRET and secret.isprintable()):
            raise Unauthorized(DENIED)
        account = await self._store.account(key)
        if not await self._opens(account, key, secret):
            raise Unauthorized(DENIED)
        return key

    async def _opens(self, account: AccountRecord | None, key: str, secret: str) -> bool:
        mac = hmac.digest(self._mac_key, f"{key}:{secret}".encode(), "sha256")
        known = self._remembered.pop(mac, None)
        if account is not None and known in {each.id for each in account.secrets}:
            self._remember(mac, str(known))
            return True
        found = await self._search(account, secret)
        if found is not None:
            self._remember(mac, found)
        return found is not None

    def _remember(self, mac: bytes, secret_id: str) -> None:
        self._remembered[mac] = secret_id
        if len(self._remembered) > MAX_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]

    async def _search(self, account: AccountRecord | None, secret: str) -> str | None:
        """The id of the secret that was given. Takes as long for an account that is not there."""
        candidates = [(each.id, hashed_of(each)) for each in account.secrets] if account else []
        missing = MAX_SECRETS - len(candidates)
        if self._waiting >= MAX_WAITING:
            raise Throttled("Too many requests with new credentials at once.")
        self._waiting += 1
        try:
            async with self._hashing:
                return await asyncio.to_thread(_find, secret, candidates, [self._nobody] * missing)
        finally:
            self._waiting -= 1


def _find(secret: str, candidates: list[tuple[str, Hashed]], padding: list[Hashed]) -> str | None:
    found = [id_ for id_, hashed in candidates if is_secret(secret, hashed)]
    for hashed in padding:
        is_secret(secret, hashed)
    return found[0] if found else None


def _basic(authorization: str) -> tuple[str, str]:
    """Key and secret of an Authorization header; empty ones when it is not Basic, or not well formed."""
    scheme, _, credentials = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        key, _, secret = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return key, secret
