"""Where SIP phones are registered."""

from collections.abc import Collection, Sequence

from gateway.store.records import SipContactsRecord
from gateway.store.rows import SIP_CONTACTS
from gateway.store.sqlite.part import Part
from gateway.store.tables import sip_contacts


class SipContacts(Part):
    """Reads and writes of registrations."""

    async def every_sip_contact(self) -> list[SipContactsRecord]:
        """Every user that was registered when that was written last."""
        return await self._reader.all(SIP_CONTACTS, sip_contacts.c.serial)

    async def save_sip_contacts(self, saved: Sequence[SipContactsRecord], gone: Collection[str]) -> None:
        """Replace the contacts of some users, and forget those of others, by their `aor`."""
        await self._write(
            ("DELETE FROM sip_contacts WHERE aor = ?", [(aor,) for aor in gone]), SIP_CONTACTS.upsert(saved)
        )
