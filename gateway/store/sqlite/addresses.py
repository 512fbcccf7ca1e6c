"""Addresses of accounts, for emergency calls."""

from gateway.errors import Conflict
from gateway.store import lookups
from gateway.store.queries import Page, Window
from gateway.store.records import AddressRecord
from gateway.store.rows import ADDRESSES
from gateway.store.sqlite.part import Part
from gateway.store.tables import addresses


class Addresses(Part):
    """Reads and writes of addresses."""

    async def address(self, account: str, address_id: str) -> AddressRecord | None:
        """One address of an account."""
        return await self._reader.one(lookups.ADDRESS, address_id, account)

    async def addresses(self, account: str, window: Window) -> Page[AddressRecord]:
        """The addresses of an account, by creation time."""
        return await self._reader.page(ADDRESSES, addresses.c.serial, window, addresses.c.account == account)

    async def save_address(self, address: AddressRecord) -> None:
        """Create."""
        await self._write(ADDRESSES.insert([address]))

    async def delete_address(self, account: str, address_id: str) -> None:
        """Delete. Raises Conflict, and leaves it, while a number stands for emergencies with it."""
        await self._write((_DELETE_UNUSED, [(address_id, account)]))
        if await self.address(account, address_id) is not None:
            raise Conflict("A number has this address for emergencies.")


_DELETE_UNUSED = """
DELETE FROM addresses WHERE id = ? AND account = ? AND NOT EXISTS (
    SELECT 1 FROM numbers
    WHERE numbers.account = addresses.account AND numbers.document ->> '$.emergency_address' = addresses.id
)
"""
