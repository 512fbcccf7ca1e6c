"""Accounts: who may use the gateway, their secrets and their settings (Account API).

The operator's own account stands in the configuration and is put into the store at every start. What the
configuration says always counts: its secrets can be added to, but not taken away.
"""

import asyncio
import re
import secrets
import string
from dataclasses import dataclass

import msgspec

from gateway.clock import Clock, iso
from gateway.config import AccountSettings
from gateway.errors import Forbidden, Invalid, NotFound
from gateway.hashing import COST, Hashed, hash_secret, is_secret
from gateway.ids import Ids
from gateway.routing.sip_logins import SipLogins
from gateway.store.base import Store
from gateway.store.queries import MAX_PAGE, Window
from gateway.store.records import AccountRecord, ApiSecret, SignatureSecret

MAX_SECRETS = 2
"""API secrets of an account (documented limits): one in use, and one to change to."""
MAX_OVERLAP_S = 7 * 24 * 3600
"""How long before it signs a signature secret may be made: receivers learn it meanwhile."""
SECRET_RULES = (
    (re.compile(r"[ -~]{8,25}"), "must be 8 to 25 printable characters of ASCII"),
    (re.compile(r".*[a-z].*"), "must hold a lower case letter"),
    (re.compile(r".*[A-Z].*"), "must hold an upper case letter"),
    (re.compile(r".*[0-9].*"), "must hold a digit"),
)
"""What a secret must match, all of it (documented limits)."""
GENERATED_LENGTH = 24
SIGNATURE_OCTETS = 36
API_KEY_OCTETS = 4
"""Eight hexadecimal digits, as the original's keys have."""


class UnknownKey(NotFound):
    """There is no such account, or it is not the caller's."""

    slug = "invalid-api-key"
    title = "Invalid API Key"


class UnknownSecret(NotFound):
    """The account has no such secret."""

    slug = "invalid-id"
    title = "Invalid ID"


class TooManySecrets(Forbidden):
    """The account has as many secrets as it may."""

    slug = "/account/secret-management#maximum-secrets-allowed"
    title = "Maximum number of secrets already met"


class LastSecret(Forbidden):
    """The secret must stay."""

    slug = "/account/secret-management#delete-last-secret"
    title = "Secret Deletion Forbidden"


@dataclass(frozen=True, kw_only=True)
class NewAccount:
    """An account that has just been made, with what is shown this once."""

    record: AccountRecord
    secret: str


class AccountResource:
    """What can be done with accounts. One change at a time: each reads a record and writes it back."""

    def __init__(
        self, store: Store, clock: Clock, ids: Ids, cost: int = COST, logins: SipLogins | None = None
    ) -> None:
        """`cost` is what new secrets are hashed with; `logins` learn what opens SIP."""
        self._store = store
        self._clock = clock
        self._ids = ids
        self._cost = cost
        self._logins = SipLogins() if logins is None else logins
        self._changing = asyncio.Lock()

    async def configure(self, settings: AccountSettings) -> None:
        """Make the configured account what the configuration says; other secrets of it stay.

        An account that an earlier configuration named is one like all others from now on: its secrets stay,
        and can be taken away.
        """
        async with self._changing:
            await self._dismiss_others(settings.api_key)
            old = await self._store.account(settings.api_key)
            if old is None:
                new = AccountRecord(
                    api_key=settings.api_key, name="Operator", secrets=(), created=self._now()
                )
                await self._store.create_account(new)
            record = old or new
            await self._save(
                msgspec.structs.replace(
                    record,
                    secrets=await self._with_configured(record, settings.api_secret),
                    signature_secrets=self._signing(record.signature_secrets, settings.signature_secret),
                )
            )

    async def read(self, api_key: str) -> AccountRecord:
        """One account. Raises UnknownKey."""
        record = await self._store.account(api_key)
        if record is None:
            raise unknown_key(api_key)
        return record

    async def create(self, name: str, api_key: str | None = None, secret: str | None = None) -> NewAccount:
        """A new account; what is not given is made. Raises Invalid, and Conflict for a key that is taken."""
        text = generate_secret() if secret is None else secret
        record = AccountRecord(
            api_key=api_key or secrets.token_hex(API_KEY_OCTETS),
            name=name,
            secrets=(),
            signature_secrets=(self._signature(),),
            created=self._now(),
        )
        first = await self._hashed(record.api_key, check_secret(text))
        record = msgspec.structs.replace(record, secrets=(first,))
        await self._store.create_account(record)
        self._logins.learn(record)
        return NewAccount(record=record, secret=text)

    async def delete(self, api_key: str) -> None:
        """Raises UnknownKey, Forbidden for the operator's own, and Conflict while it owns anything."""
        record = await self.read(api_key)
        if is_configured(record):
            raise Forbidden("The account of the configuration cannot be deleted.")
        await self._store.delete_account(api_key)
        self._logins.forget(api_key)

    async def add_secret(self, api_key: str, secret: str) -> ApiSecret:
        """One secret more. Raises UnknownKey, Invalid and TooManySecrets."""
        added = await self._hashed(api_key, check_secret(secret))
        async with self._changing:
            record = await self.read(api_key)
            if len(record.secrets) >= MAX_SECRETS:
                raise TooManySecrets(
                    f"This account has reached maximum number of '{MAX_SECRETS}' allowed secrets"
                )
            await self._save(msgspec.structs.replace(record, secrets=(*record.secrets, added)))
        return added

    async def revoke_secret(self, api_key: str, secret_id: str) -> None:
        """Raises UnknownKey, UnknownSecret and LastSecret."""
        async with self._changing:
            record = await self.read(api_key)
            revoked = secret_of(record, secret_id)
            if revoked.configured:
                raise LastSecret("Can not delete the secret of the configuration. Change it there.")
            if len(record.secrets) == 1:
                raise LastSecret(
                    "Can not delete the last secret. The account must always have at least 1 secret active"
                    " at any time"
                )
            kept = tuple(secret for secret in record.secrets if secret.id != secret_id)
            await self._save(msgspec.structs.replace(record, secrets=kept))

    async def rotate_signature(self, api_key: str, signs_in_s: float = 0.0) -> SignatureSecret:
        """A new signature secret, which signs after so many seconds; until then the present one does.

        At most three are kept: the new one, the present one and that of the configuration. An earlier one
        whose time has not come is forgotten. Raises UnknownKey.
        """
        new = self._signature(signs_from=iso(self._clock.wall() + signs_in_s))
        async with self._changing:
            record = await self.read(api_key)
            present = record.signing(self._now())
            old = [secret for secret in record.signature_secrets if secret.configured or secret == present]
            await self._store.save_account(msgspec.structs.replace(record, signature_secrets=(new, *old)))
        return new

    async def set_callbacks(self, api_key: str, *, mo: str | None, dr: str | None) -> AccountRecord:
        """Set the callback URLs that are not None; "" unsets one. Raises UnknownKey."""
        async with self._changing:
            old = await self.read(api_key)
            record = msgspec.structs.replace(
                old,
                mo_callback_url=old.mo_callback_url if mo is None else mo,
                dr_callback_url=old.dr_callback_url if dr is None else dr,
            )
            if record != old:
                await self._store.save_account(record)
        return record

    async def _dismiss_others(self, operator: str) -> None:
        """Take the mark of the configuration from every account that is not the operator's any more."""
        after: str | None = None
        more = True
        while more:
            page = await self._store.accounts(Window(limit=MAX_PAGE, after=after))
            for record in page.rows:
                if record.api_key != operator and is_configured(record):
                    await self._store.save_account(_dismissed(record))
                self._logins.learn(record)
            after, more = page.last_key, page.has_more

    async def _with_configured(self, record: AccountRecord, text: str) -> tuple[ApiSecret, ...]:
        configured = next((secret for secret in record.secrets if secret.configured), None)
        others = tuple(secret for secret in record.secrets if not secret.configured)
        if configured is not None and await asyncio.to_thread(is_secret, text, hashed_of(configured)):
            # Whether SIP may know of it can have changed since, and so can the realm.
            sip = self._logins.hashes(record.api_key, text)
            return (msgspec.structs.replace(configured, sip=sip), *others)
        return (await self._hashed(record.api_key, text, configured=True), *others)

    async def _save(self, record: AccountRecord) -> None:
        await self._store.save_account(record)
        self._logins.learn(record)

    def _signing(self, old: tuple[SignatureSecret, ...], text: str) -> tuple[SignatureSecret, ...]:
        if any(secret.configured and secret.text == text for secret in old):
            return old
        others = tuple(secret for secret in old if not secret.configured)
        return (SignatureSecret(text=text, created=self._now(), configured=True), *others)

    async def _hashed(self, api_key: str, text: str, *, configured: bool = False) -> ApiSecret:
        hashed = await asyncio.to_thread(hash_secret, text, self._cost)
        return ApiSecret(
            id=self._ids.uuid(),
            salt=hashed.salt,
            digest=hashed.digest,
            cost=hashed.cost,
            created=self._now(),
            configured=configured,
            sip=self._logins.hashes(api_key, text),
        )

    def _signature(self, signs_from: str = "") -> SignatureSecret:
        text = secrets.token_urlsafe(SIGNATURE_OCTETS)
        return SignatureSecret(text=text, created=self._now(), signs_from=signs_from)

    def _now(self) -> str:
        return iso(self._clock.wall())


def unknown_key(api_key: str) -> UnknownKey:
    """The error for an account that is not there, and for one that is another's."""
    return UnknownKey(f"API key '{api_key}' not found")


def is_configured(record: AccountRecord) -> bool:
    """Whether it is the operator's account: the one that the configuration names."""
    return any(secret.configured for secret in record.secrets)


def _dismissed(record: AccountRecord) -> AccountRecord:
    secrets = tuple(msgspec.structs.replace(each, configured=False) for each in record.secrets)
    signing = tuple(msgspec.structs.replace(each, configured=False) for each in record.signature_secrets)
    return msgspec.structs.replace(record, secrets=secrets, signature_secrets=signing)


def secret_of(record: AccountRecord, secret_id: str) -> ApiSecret:
    """The secret of that id. Raises UnknownSecret."""
    for secret in record.secrets:
        if secret.id == secret_id:
            return secret
    raise UnknownSecret(f"ID '{secret_id}' could not be found")


def hashed_of(secret: ApiSecret) -> Hashed:
    """The secret as hashing knows it."""
    return Hashed(secret.salt, secret.digest, secret.cost)


def check_secret(text: str) -> str:
    """The text. Raises Invalid when it may not be a secret."""
    for rule, reason in SECRET_RULES:
        if not rule.fullmatch(text):
            raise Invalid("The request failed due to secret validation errors", secret=reason)
    return text


def generate_secret() -> str:
    """A secret at random that follows the rules."""
    letters = string.ascii_letters + string.digits
    while True:
        text = "".join(secrets.choice(letters) for _ in range(GENERATED_LENGTH))
        if all(rule.fullmatch(text) for rule, _ in SECRET_RULES):
            return text
