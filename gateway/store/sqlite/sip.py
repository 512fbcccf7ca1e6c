"""What SIP keeps: domains, where their users are, trunks, and what went over the wire for legs."""

from collections.abc import Collection, Sequence

from gateway.store import lookups
from gateway.store.queries import Page, Window
from gateway.store.records import LegTraceRecord, SipContactsRecord, SipDomainRecord, TrunkRecord
from gateway.store.rows import LEG_TRACES, SIP_CONTACTS, SIP_DOMAINS, TRUNKS
from gateway.store.sqlite.part import Part
from gateway.store.tables import sip_contacts, sip_domains, trunks

# By their domain's row, so that nobody takes the phones of another account's domain away.
_DELETE_CONTACTS = (
    "DELETE FROM sip_contacts WHERE document ->> '$.domain' IN"
    " (SELECT name FROM sip_domains WHERE name = ? AND account = ?)"
)

# Written some time after the leg ended: it may have been deleted since.
_KEEP_TRACE = (
    "INSERT INTO leg_traces (leg_id, document) SELECT ?, ?"
    " WHERE EXISTS (SELECT 1 FROM legs WHERE id = ? AND removed = 0)"
    " ON CONFLICT (leg_id) DO UPDATE SET document = excluded.document"
)


class Sip(Part):
    """`gateway.store.sip.SipStore` on SQLite."""

    async def sip_domain(self, account: str, name: str) -> SipDomainRecord | None:
        """One domain of an account."""
        return await self._reader.one(lookups.SIP_DOMAIN, name, account)

    async def sip_domains(self, account: str, window: Window) -> Page[SipDomainRecord]:
        """The domains of an account, by creation time."""
        return await self._reader.page(
            SIP_DOMAINS, sip_domains.c.serial, window, sip_domains.c.account == account
        )

    async def every_sip_domain(self, window: Window) -> Page[SipDomainRecord]:
        """The domains of all accounts, uncounted."""
        return await self._reader.page(SIP_DOMAINS, sip_domains.c.serial, window, total=0)

    async def create_sip_domain(self, domain: SipDomainRecord) -> None:
        """Create. Raises Conflict for a name that is taken, by whomever."""
        await self._write(SIP_DOMAINS.insert([domain]))

    async def save_sip_domain(self, domain: SipDomainRecord) -> None:
        """Replace; one that is gone, or another account's, stays so."""
        name, account, document = SIP_DOMAINS.row(domain)
        replace = "UPDATE sip_domains SET document = ? WHERE name = ? AND account = ?"
        await self._write((replace, [(document, name, account)]))

    async def delete_sip_domain(self, account: str, name: str) -> None:
        """Delete, with its users and where they are; the name is free again."""
        await self._write(
            (_DELETE_CONTACTS, [(name, account)]),
            ("DELETE FROM sip_domains WHERE name = ? AND account = ?", [(name, account)]),
        )

    async def every_sip_contact(self) -> list[SipContactsRecord]:
        """Every user that was registered when that was written last."""
        return await self._reader.all(SIP_CONTACTS, sip_contacts.c.serial)

    async def save_sip_contacts(self, saved: Sequence[SipContactsRecord], gone: Collection[str]) -> None:
        """Replace the contacts of some users, and forget those of others, by their `aor`."""
        await self._write(
            ("DELETE FROM sip_contacts WHERE aor = ?", [(aor,) for aor in gone]), SIP_CONTACTS.upsert(saved)
        )

    async def every_trunk(self) -> list[TrunkRecord]:
        """All of them, by creation time."""
        return await self._reader.all(TRUNKS, trunks.c.serial)

    async def save_trunk(self, trunk: TrunkRecord) -> None:
        """Create or replace."""
        await self._write(TRUNKS.upsert([trunk]))

    async def delete_trunk(self, name: str) -> None:
        """Delete; there may be none."""
        await self._write(("DELETE FROM trunks WHERE name = ?", [(name,)]))

    async def keep_leg_trace(self, trace: LegTraceRecord) -> None:
        """Create or replace, in vain when there is no such leg or it was removed. Raises Unavailable."""
        await self._write((_KEEP_TRACE, [(*LEG_TRACES.row(trace), trace.leg_id)]))

    async def leg_trace(self, leg_id: str) -> LegTraceRecord | None:
        """That of a leg; the caller has found out whose leg it is."""
        return await self._reader.one(lookups.LEG_TRACE, leg_id)

    async def forget_leg_trace(self, leg_id: str) -> None:
        """Remove it. With a leg it goes anyway."""
        await self._write(("DELETE FROM leg_traces WHERE leg_id = ?", [(leg_id,)]))
