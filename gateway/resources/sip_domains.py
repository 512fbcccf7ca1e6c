"""Programmable SIP domains and their users (Programmable SIP API).

A name is unique over the gateway, since SIP knows nothing else of a domain. Of users' secrets H(A1) is kept:
it opens this domain alone, and no answer shows it.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import msgspec

from gateway.errors import Conflict, Invalid, NotFound, Unavailable
from gateway.hashing import hash_for_digest
from gateway.routing.domains import MAX_DOMAINS, SipDirectory
from gateway.store.base import Store
from gateway.store.queries import MAX_PAGE, Window
from gateway.store.records import SipContact, SipDomainRecord, SipUserRecord

MAX_OF_ACCOUNT = 100
"""Domains of one account: a list shows them all."""
MAX_USERS = 200
"""Digest users of one domain (documented limits)."""


class UnknownSipUser(NotFound):
    """The domain has no such user."""

    slug = "unknown-sip-user"
    title = "Invalid user selected"


class Contacts(Protocol):
    """Where users are registered."""

    def contacts_of(self, domain: str, user: str) -> Sequence[SipContact]:
        """The contacts of one user, the preferred one first."""
        ...

    def forget(self, domain: str, user: str | None = None) -> None:
        """Call nobody there any more: one user, or all of a domain."""
        ...


async def load(directory: SipDirectory, store: Store) -> None:
    """Put what the store has into the directory, at the start."""
    after: str | None = None
    more = True
    while more:
        page = await store.every_sip_domain(Window(limit=MAX_PAGE, after=after))
        for record in page.rows:
            directory.put(record)
        after, more = page.last_key, page.has_more


class SipDomainResource:
    """What can be done with domains. One change at a time: each reads a record and writes it back."""

    def __init__(self, store: Store, directory: SipDirectory, contacts: Contacts) -> None:
        self._store = store
        self._directory = directory
        self._contacts = contacts
        self._changing = asyncio.Lock()

    async def list_all(self, account: str) -> list[SipDomainRecord]:
        """An account's domains, the oldest first."""
        return (await self._store.sip_domains(account, Window(limit=MAX_OF_ACCOUNT))).rows

    async def read(self, account: str, name: str) -> SipDomainRecord:
        """One domain of an account. Raises NotFound."""
        record = await self._store.sip_domain(account, name)
        if record is None:
            raise NotFound(f"Domain '{name}' does not exist, or you do not have access.")
        return record

    async def create(self, record: SipDomainRecord) -> None:
        """Create. Raises Invalid, and Unavailable when the gateway has too many."""
        async with self._changing:
            await self._check_application(record)
            if (await self._store.sip_domains(record.account, Window(limit=1))).total >= MAX_OF_ACCOUNT:
                raise _wrong("name", f"an account has at most {MAX_OF_ACCOUNT} domains")
            if len(self._directory) >= MAX_DOMAINS:
                raise Unavailable(f"The gateway has {MAX_DOMAINS} SIP domains; it takes no more.")
            try:
                await self._store.create_sip_domain(record)
            except Conflict:
                raise _wrong("name", "is taken") from None
            self._directory.put(record)

    async def replace(self, record: SipDomainRecord) -> SipDomainRecord:
        """Replace all but its users and when it was made. Raises NotFound and Invalid."""
        async with self._changing:
            old = await self.read(record.account, record.name)
            await self._check_application(record)
            return await self._save(msgspec.structs.replace(record, users=old.users, created=old.created))

    async def delete(self, account: str, name: str, *, cascade: bool) -> None:
        """Delete; with its users when `cascade`. Raises NotFound, and Conflict where it has users."""
        async with self._changing:
            record = await self.read(account, name)
            if record.users and not cascade:
                raise Conflict(f"The domain has users ({len(record.users)}); delete it with cascade=true.")
            await self._store.delete_sip_domain(account, name)
            self._directory.remove(name)
            self._contacts.forget(name)

    async def user(self, account: str, name: str, key: str) -> SipUserRecord:
        """One user of a domain. Raises NotFound and UnknownSipUser."""
        return _user(await self.read(account, name), key)

    async def add_user(self, account: str, name: str, key: str, secret: str) -> SipUserRecord:
        """One user more. Raises NotFound and Invalid."""
        async with self._changing:
            record = await self.read(account, name)
            if any(user.key == key for user in record.users):
                raise _wrong("key", "is taken")
            if len(record.users) >= MAX_USERS:
                raise _wrong("key", f"a domain has at most {MAX_USERS} users")
            user = _hashed(name, key, secret)
            await self._save(msgspec.structs.replace(record, users=(*record.users, user)))
        return user

    async def change_user(self, account: str, name: str, key: str, secret: str) -> SipUserRecord:
        """Give a user another secret, which counts at once. Raises NotFound and UnknownSipUser."""
        async with self._changing:
            record = await self.read(account, name)
            old, new = _user(record, key), _hashed(name, key, secret)
            users = tuple(new if user is old else user for user in record.users)
            await self._save(msgspec.structs.replace(record, users=users))
            # Who registered with the old secret is to show the new one.
            self._contacts.forget(name, key)
        return new

    async def remove_user(self, account: str, name: str, key: str) -> None:
        """Take a user away. Raises NotFound and UnknownSipUser."""
        async with self._changing:
            record = await self.read(account, name)
            gone = _user(record, key)
            kept = tuple(user for user in record.users if user is not gone)
            await self._save(msgspec.structs.replace(record, users=kept))
            self._contacts.forget(name, key)

    async def registrations(self, account: str, name: str) -> dict[str, Sequence[SipContact]]:
        """The domain's users who are registered, by key, and where. Raises NotFound."""
        record = await self.read(account, name)
        found = {user.key: self._contacts.contacts_of(name, user.key) for user in record.users}
        return {key: contacts for key, contacts in found.items() if contacts}

    async def _save(self, record: SipDomainRecord) -> SipDomainRecord:
        await self._store.save_sip_domain(record)
        self._directory.put(record)
        return record

    async def _check_application(self, record: SipDomainRecord) -> None:
        application = await self._store.application(record.application_id)
        if application is None or application.account != record.account:
            raise _wrong("application_id", "must be one of the account's applications")


def _user(record: SipDomainRecord, key: str) -> SipUserRecord:
    for user in record.users:
        if user.key == key:
            return user
    raise UnknownSipUser(f"User '{key}' does not exist in the domain.")


def _hashed(realm: str, key: str, secret: str) -> SipUserRecord:
    md5, sha256 = hash_for_digest(key, realm, secret)
    return SipUserRecord(key=key, md5=md5, sha256=sha256)


def _wrong(name: str, reason: str) -> Invalid:
    return Invalid(f"The domain's {name} {reason}.", **{name: f'"{name}" {reason}'})
