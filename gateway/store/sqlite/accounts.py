"""What accounts own: applications and rented numbers."""

from gateway.store import lookups
from gateway.store.base import Page, Window
from gateway.store.records import ApplicationRecord, NumberRecord
from gateway.store.rows import APPLICATIONS, NUMBERS
from gateway.store.sqlite.part import Part
from gateway.store.tables import applications, numbers


class Accounts(Part):
    """Reads and writes of what accounts own."""

    async def application(self, application_id: str) -> ApplicationRecord | None:
        """One application, of any account: the caller checks `account`."""
        return await self._reader.one(lookups.APPLICATION, application_id)

    async def applications(self, account: str, window: Window) -> Page[ApplicationRecord]:
        """An account's applications by creation time."""
        return await self._reader.page(
            APPLICATIONS, applications.c.serial, window, applications.c.account == account
        )

    async def save_application(self, application: ApplicationRecord) -> None:
        """Create or replace."""
        await self._write(APPLICATIONS.upsert([application]))

    async def delete_application(self, application_id: str) -> None:
        """Delete, and unlink its numbers."""
        unlink = (
            "UPDATE numbers SET app_id = NULL, document = json_set(document, '$.app_id', NULL)"
            " WHERE app_id = ?"
        )
        await self._write(
            (unlink, [(application_id,)]),
            ("DELETE FROM applications WHERE id = ?", [(application_id,)]),
        )

    async def number(self, msisdn: str) -> NumberRecord | None:
        """A rented number, of any account: the caller checks `account`."""
        return await self._reader.one(lookups.NUMBER, msisdn)

    async def numbers(self, account: str) -> list[NumberRecord]:
        """The numbers that an account rents, by msisdn."""
        return await self._reader.all(NUMBERS, numbers.c.msisdn, numbers.c.account == account)

    async def rented(self) -> set[str]:
        """The msisdn of every rented number."""
        return set(await self._reader.values(numbers.c.msisdn))

    async def rent_number(self, number: NumberRecord) -> None:
        """Rent. Raises Conflict when somebody rents it already."""
        await self._write(NUMBERS.insert([number]))

    async def save_number(self, number: NumberRecord) -> None:
        """Replace a rented number's settings; a number that nobody rents stays so."""
        msisdn, account, app_id, document = NUMBERS.row(number)
        replace = "UPDATE numbers SET account = ?, app_id = ?, document = ? WHERE msisdn = ?"
        await self._write((replace, [(account, app_id, document, msisdn)]))

    async def cancel_number(self, msisdn: str) -> None:
        """Give a number back to the pool."""
        await self._write(("DELETE FROM numbers WHERE msisdn = ?", [(msisdn,)]))
