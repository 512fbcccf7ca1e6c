"""Programmable SIP domains."""

from gateway.store import lookups
from gateway.store.queries import Page, Window
from gateway.store.records import SipDomainRecord
from gateway.store.rows import SIP_DOMAINS
from gateway.store.sqlite.part import Part
from gateway.store.tables import sip_domains


class SipDomains(Part):
    """Reads and writes of domains."""

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
        """Delete, with its users; the name is free again."""
        await self._write(("DELETE FROM sip_domains WHERE name = ? AND account = ?", [(name, account)]))
