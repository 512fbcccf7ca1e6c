"""Accounts and their applications."""

from functools import partial
from typing import Any

from gateway.errors import Conflict
from gateway.store import lookups
from gateway.store.kept import Kept
from gateway.store.queries import Page, Window
from gateway.store.reader import Condition, Reader
from gateway.store.records import AccountRecord, ApplicationRecord
from gateway.store.rows import ACCOUNTS, APPLICATIONS, MEDIA, NUMBERS, REPORTS, SIP_DOMAINS, Kind
from gateway.store.sqlite.part import Part
from gateway.store.tables import DELETED_APPLICATION, OPEN_REPORT, SHOWN_APPLICATION, accounts, applications
from gateway.store.writer import Writer

_UNLINK = "UPDATE numbers SET app_id = NULL, document = json_set(document, '$.app_id', NULL) WHERE app_id = ?"
_DELETE_EMPTY = (
    "DELETE FROM accounts WHERE api_key = ?1"
    " AND NOT EXISTS (SELECT 1 FROM applications WHERE account = ?1)"
    " AND NOT EXISTS (SELECT 1 FROM numbers WHERE account = ?1)"
    " AND NOT EXISTS (SELECT 1 FROM sip_domains WHERE account = ?1)"
    " AND NOT EXISTS (SELECT 1 FROM media WHERE account = ?1)"
    " AND NOT EXISTS (SELECT 1 FROM reports WHERE account = ?1 AND status IN ('PENDING', 'PROCESSING'))"
)
_DELETE_REPORTS = (
    "DELETE FROM reports WHERE account = ?1 AND NOT EXISTS (SELECT 1 FROM accounts WHERE api_key = ?1)"
)
"""Of an account that is gone: what was ordered, whose files the account has deleted before."""
_DELETE_ADDRESSES = (
    "DELETE FROM addresses WHERE account = ?1 AND NOT EXISTS (SELECT 1 FROM accounts WHERE api_key = ?1)"
)
"""The same of its addresses."""
_OWNED: tuple[tuple[str, Kind[Any], tuple[Condition, ...]], ...] = (
    ("applications", APPLICATIONS, (SHOWN_APPLICATION,)),
    ("deleted applications whose calls are still kept", APPLICATIONS, (DELETED_APPLICATION,)),
    ("numbers", NUMBERS, ()),
    ("SIP domains", SIP_DOMAINS, ()),
    ("files", MEDIA, ()),
    ("reports that are being made", REPORTS, (OPEN_REPORT,)),
)
"""What an account has to let go of before it goes: the next one of its key would find it."""


class Accounts(Part):
    """Reads and writes of accounts and applications."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        super().__init__(reader, writer)
        self._applications: Kept[ApplicationRecord] = Kept(partial(reader.one, lookups.APPLICATION))

    async def account(self, api_key: str) -> AccountRecord | None:
        """One account."""
        return await self._reader.one(lookups.ACCOUNT, api_key)

    async def accounts(self, window: Window) -> Page[AccountRecord]:
        """Accounts by creation time."""
        return await self._reader.page(ACCOUNTS, accounts.c.serial, window)

    async def create_account(self, account: AccountRecord) -> None:
        """Create. Raises Conflict when there is one of this key."""
        await self._write(ACCOUNTS.insert([account]))

    async def save_account(self, account: AccountRecord) -> None:
        """Replace; an account that is gone stays gone."""
        api_key, document = ACCOUNTS.row(account)
        await self._write(("UPDATE accounts SET document = ? WHERE api_key = ?", [(document, api_key)]))

    async def delete_account(self, api_key: str) -> None:
        """Delete. Raises Conflict, and leaves it, when it still owns anything. See `Store.delete_account`."""
        await self._write(
            (_DELETE_EMPTY, [(api_key,)]),
            (_DELETE_REPORTS, [(api_key,)]),
            (_DELETE_ADDRESSES, [(api_key,)]),
        )
        if await self.account(api_key) is not None:
            raise Conflict(f"Account {api_key} still has {await self._owned(api_key)}.")

    async def _owned(self, api_key: str) -> str:
        counts = [
            (what, await self._reader.count(kind, kind.table.c.account == api_key, *where))
            for what, kind, where in _OWNED
        ]
        return ", ".join(f"{what} ({count})" for what, count in counts if count)

    async def application(self, application_id: str) -> ApplicationRecord | None:
        """One application that is not deleted, of any account: the caller checks `account`."""
        return await self._applications.get(application_id)

    async def applications(
        self, account: str, window: Window, *, deleted: bool = False
    ) -> Page[ApplicationRecord]:
        """See `Store.applications`."""
        where: list[Condition] = [applications.c.account == account]
        if not deleted:
            where.append(SHOWN_APPLICATION)
        return await self._reader.page(APPLICATIONS, applications.c.serial, window, *where)

    async def save_application(self, application: ApplicationRecord) -> None:
        """Create or replace; one that is deleted stays so."""
        async with self._applications.changing(application.id):
            await self._write(APPLICATIONS.upsert([application]))

    async def delete_application(self, application_id: str) -> None:
        """Hide for good, and unlink its numbers. See `Store.delete_application`."""
        async with self._applications.changing(application_id):
            await self._write(
                (_UNLINK, [(application_id,)]),
                ("UPDATE applications SET removed = 1 WHERE id = ?", [(application_id,)]),
            )
