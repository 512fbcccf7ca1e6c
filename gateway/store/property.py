"""Accounts and what they own, as a part of the store's seam."""

from collections.abc import Collection, Sequence
from typing import Protocol

from gateway.store.queries import NumberFilter, Page, PoolFilter, Window
from gateway.store.records import (
    AccountRecord,
    AddressRecord,
    ApplicationRecord,
    MediaRecord,
    NumberRecord,
    PoolNumber,
    ReportRecord,
    ReportStatus,
)


class PropertyStore(Protocol):
    """Accounts, applications, numbers, addresses and files. One implementation per engine: see `Store`."""

    async def account(self, api_key: str) -> AccountRecord | None:
        """One account."""
        ...

    async def accounts(self, window: Window) -> Page[AccountRecord]:
        """Accounts by creation time."""
        ...

    async def create_account(self, account: AccountRecord) -> None:
        """Create. Raises Conflict when there is one of this key."""
        ...

    async def save_account(self, account: AccountRecord) -> None:
        """Replace; an account that is gone stays gone."""
        ...

    async def delete_account(self, api_key: str) -> None:
        """Delete, with the reports that it ordered; their files are media.

        Raises Conflict, which says what there is, and leaves it, when it still has applications (deleted ones
        that are not forgotten, too), numbers, SIP domains, media, or reports that are being made.
        """
        ...

    async def application(self, application_id: str) -> ApplicationRecord | None:
        """One application that is not deleted, of any account: the caller checks `account`."""
        ...

    async def any_application(self, application_id: str) -> ApplicationRecord | None:
        """One application, deleted or not: for what is done to what it left behind."""
        ...

    async def applications(
        self, account: str, window: Window, *, deleted: bool = False
    ) -> Page[ApplicationRecord]:
        """An account's applications by creation time; with the `deleted` ones that are not forgotten yet."""
        ...

    async def save_application(self, application: ApplicationRecord) -> None:
        """Create or replace; one that is deleted stays so."""
        ...

    async def delete_application(self, application_id: str) -> None:
        """Hide for good, and unlink its numbers: only `any_application` and its account's legs know it."""
        ...

    async def deleted_applications(self, window: Window) -> Page[ApplicationRecord]:
        """The deleted applications of all accounts that are not forgotten yet; `total` is 0."""
        ...

    async def forget_application(self, application_id: str, limit: int) -> bool:
        """Remove some `limit` rows of what a deleted application left, at last itself; whether more is left.

        Nothing, as long as it has legs that are kept or webhooks that are owed. Files stay the account's.
        """
        ...

    # Numbers

    async def number(self, msisdn: str) -> NumberRecord | None:
        """A rented number, of any account: the caller checks `account`."""
        ...

    async def numbers(self, account: str, window: Window, number_filter: NumberFilter) -> Page[NumberRecord]:
        """The numbers that an account rents, by the time when it rented them."""
        ...

    async def rent_number(self, number: NumberRecord) -> None:
        """Rent. Raises Conflict when somebody rents it already."""
        ...

    async def save_number(self, number: NumberRecord) -> None:
        """Replace a rented number's settings; a number that nobody, or another account, rents stays so."""
        ...

    async def cancel_number(self, account: str, msisdn: str) -> None:
        """Give a number back to the pool; one that another account rents stays rented."""
        ...

    async def free_numbers(self, window: Window, pool_filter: PoolFilter) -> Page[PoolNumber]:
        """The numbers of the pool that nobody rents, in the order in which they came into it."""
        ...

    async def pool_numbers(self, msisdns: Sequence[str]) -> list[PoolNumber]:
        """Those of these numbers that are in the pool, rented or not."""
        ...

    async def save_pool_numbers(self, numbers: Sequence[PoolNumber]) -> None:
        """Put into the pool, or replace there, all or none."""
        ...

    async def configure_pool(self, numbers: Sequence[PoolNumber]) -> None:
        """Make these the numbers of the pool that come from the configuration; imported ones stay."""
        ...

    # Addresses

    async def address(self, account: str, address_id: str) -> AddressRecord | None:
        """One address of an account."""
        ...

    async def addresses(self, account: str, window: Window) -> Page[AddressRecord]:
        """The addresses of an account, by creation time."""
        ...

    async def save_address(self, address: AddressRecord) -> None:
        """Create."""
        ...

    async def delete_address(self, account: str, address_id: str) -> None:
        """Delete. Raises Conflict, and leaves it, while a number stands for emergencies with it."""
        ...

    # Files

    async def medium(self, media_id: str) -> MediaRecord | None:
        """One file, of any account: the caller checks `account`."""
        ...

    async def media(
        self,
        account: str,
        window: Window,
        *,
        application_id: str | None = None,
        date_start: str | None = None,
        date_end: str | None = None,
    ) -> Page[MediaRecord]:
        """An account's files by creation time, both dates included; of one application when it is named."""
        ...

    async def save_media(self, record: MediaRecord) -> None:
        """Create or replace."""
        ...

    async def delete_media(self, media_id: str) -> None:
        """Forget a file, which is gone by then."""
        ...

    async def report(self, account: str, report_id: str) -> ReportRecord | None:
        """One report."""
        ...

    async def reports(
        self,
        account: str,
        *,
        statuses: Collection[ReportStatus] = (),
        date_start: str | None = None,
        date_end: str | None = None,
    ) -> list[ReportRecord]:
        """An account's newest reports, at most MAX_PAGE, newest first; both dates are included."""
        ...

    async def reports_since(self, account: str, since: str) -> list[ReportRecord]:
        """All reports of an account that were ordered since then."""
        ...

    async def open_reports(self) -> list[ReportRecord]:
        """The reports of all accounts that are neither finished nor given up."""
        ...

    async def save_report(self, report: ReportRecord) -> None:
        """Create or replace."""
        ...
