"""Signed webhooks: a JWT by which an application knows that a request is ours, and whole.

`Authorization: Bearer <JWT>`, HS256 with the account's signature secret; `payload_hash` is the SHA-256 of the
body's octets, of none for GET (Voice API, signed webhooks).
"""

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from gateway.clock import Clock, iso
from gateway.errors import GatewayError
from gateway.ids import Ids
from gateway.store.records import AccountRecord, ApplicationRecord, Delivery, Json
from gateway.webhooks.failures import NoSecret

ISSUER = "Vonage"
"""What receivers of the original expect in `iss`."""

FindAccount = Callable[[str], Awaitable[AccountRecord | None]]
"""An api key in, its account out."""

Sign = Callable[[bytes], Mapping[str, str]]
"""The octets of a body in, the headers that vouch for them out."""

Vouch = Callable[[ApplicationRecord], Awaitable[Mapping[str, str]]]
"""An application in, the headers that vouch for a request without a body out. Raises EgressError."""

Signer = Callable[[Delivery], Awaitable[Sign]]
"""A delivery in, what signs one attempt of it out. Raises EgressError when it cannot be signed."""


def unsigned(_body: bytes) -> Mapping[str, str]:
    """No header vouches for the body."""
    return {}


async def nobody_signs(_delivery: Delivery) -> Sign:
    """A signer that signs nothing."""
    return unsigned


class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """What a signature says besides the payload: whose it is, and which one."""

    api_key: str
    application_id: str
    issued_at: int
    """Wall clock seconds."""
    id: str
    """`jti`: another one for every attempt, so that a receiver can refuse what was sent before."""


def wants_signature(application: ApplicationRecord, capability: str) -> bool:
    """Whether `signed_callbacks` of the capability (voice, rtc) is on; it is off where nothing is said."""
    return bool((application.capabilities.get(capability) or {}).get("signed_callbacks"))


def signature(seal: Seal, body: bytes, secret: str) -> str:
    """The JWT for a request with this body."""
    claims = {
        "iat": seal.issued_at,
        "jti": seal.id,
        "iss": ISSUER,
        "payload_hash": hashlib.sha256(body).hexdigest(),
        "api_key": seal.api_key,
        "application_id": seal.application_id,
    }
    signed = f"{_HEADER}.{_encoded(claims)}"
    return f"{signed}.{_base64(hmac.digest(secret.encode(), signed.encode(), 'sha256'))}"


class Signatures:
    """Signs deliveries, each with the signature secret of its account that signs by then."""

    def __init__(self, find_account: FindAccount, clock: Clock, ids: Ids) -> None:
        self._find_account = find_account
        self._clock = clock
        self._ids = ids

    async def signer(self, delivery: Delivery) -> Sign:
        """What signs one attempt. Raises NoSecret: without its signature the request could be anybody's."""
        api_key = delivery.signed_for
        if api_key is None:
            return unsigned
        return await self._sign(api_key, delivery.application_id)

    async def vouch(self, application: ApplicationRecord) -> Mapping[str, str]:
        """The headers that vouch for a request without a body. Raises NoSecret."""
        return (await self._sign(application.account, application.id))(b"")

    async def _sign(self, api_key: str, application_id: str) -> Sign:
        secret = await self._secret(api_key)
        seal = Seal(
            api_key=api_key,
            application_id=application_id,
            issued_at=int(self._clock.wall()),
            id=self._ids.uuid(),
        )
        return lambda body: {"Authorization": f"Bearer {signature(seal, body, secret)}"}

    async def _secret(self, api_key: str) -> str:
        try:
            account = await self._find_account(api_key)
        except GatewayError:
            raise NoSecret from None
        signing = None if account is None else account.signing(iso(self._clock.wall()))
        if signing is None:
            raise NoSecret
        return signing.text


def _encoded(part: Json) -> str:
    return _base64(msgspec.json.encode(part))


def _base64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


_HEADER = _encoded({"alg": "HS256", "typ": "JWT"})
