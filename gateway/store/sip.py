"""What SIP has in the store, as a part of its seam."""

from collections.abc import Collection, Sequence
from typing import Protocol

from gateway.store.queries import Page, Window
from gateway.store.records import LegTraceRecord, SipContactsRecord, SipDomainRecord, TrunkRecord


class SipStore(Protocol):
    """Domains, registrations, trunks and ladders. One implementation per engine: see `Store`."""

    # Domains, and where their users are

    async def sip_domain(self, account: str, name: str) -> SipDomainRecord | None:
        """One domain of an account."""
        ...

    async def sip_domains(self, account: str, window: Window) -> Page[SipDomainRecord]:
        """The domains of an account, by creation time."""
        ...

    async def every_sip_domain(self, window: Window) -> Page[SipDomainRecord]:
        """The domains of all accounts by creation time; `total` is 0."""
        ...

    async def create_sip_domain(self, domain: SipDomainRecord) -> None:
        """Create. Raises Conflict for a name that is taken, by whomever."""
        ...

    async def save_sip_domain(self, domain: SipDomainRecord) -> None:
        """Replace; one that is gone, or another account's, stays so."""
        ...

    async def delete_sip_domain(self, account: str, name: str) -> None:
        """Delete, with its users and where they are; the name is free again."""
        ...

    async def every_sip_contact(self) -> list[SipContactsRecord]:
        """Every user that was registered when that was written last: no more than fit into memory anyway."""
        ...

    async def save_sip_contacts(self, saved: Sequence[SipContactsRecord], gone: Collection[str]) -> None:
        """Replace the contacts of some users, and forget those of others, by their `aor`."""
        ...

    # Trunks

    async def every_trunk(self) -> list[TrunkRecord]:
        """All trunks that were made while the gateway ran, by creation time."""
        ...

    async def save_trunk(self, trunk: TrunkRecord) -> None:
        """Create or replace."""
        ...

    async def delete_trunk(self, name: str) -> None:
        """Delete; there may be none."""
        ...

    # What went over the wire

    async def keep_leg_trace(self, trace: LegTraceRecord) -> None:
        """Create or replace, in vain when there is no such leg or it was removed. Raises Unavailable."""
        ...

    async def leg_trace(self, leg_id: str) -> LegTraceRecord | None:
        """That of a leg; the caller has found out whose leg it is."""
        ...

    async def forget_leg_trace(self, leg_id: str) -> None:
        """Remove it. With a leg it goes anyway."""
        ...
