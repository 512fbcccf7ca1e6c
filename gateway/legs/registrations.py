"""Where the gateway's SIP users are: what the registrar knows, kept through restarts and shown.

The registrar decides, and answers phones from memory. What has changed is written a moment later, many
users at once: a refresh costs the phone no wait for a disk. What a crash takes of it, the phones bring again.
"""

import asyncio
from collections.abc import Sequence

from gateway.clock import Clock
from gateway.store.records import SipContact, SipContactsRecord
from gateway.store.sip import SipStore
from gateway.upkeep import BITE, Chore
from signalling.io.shell import SipShell
from signalling.sip.calls import Flow
from signalling.sip.notices import AnyNotice
from signalling.sip.registrar.binding import Aor, Binding, BindingsChanged
from signalling.sip.uri import SipUri

SAVED_WITHIN_S = 2.0
"""How much a crash may take."""


class Registrations:
    """The contacts of SIP users. `domain` is the name of a programmable SIP domain; empty for the gateway."""

    def __init__(self, shell: SipShell, store: SipStore, clock: Clock) -> None:
        self._shell = shell
        self._store = store
        self._clock = clock
        self._unsaved: dict[Aor, None] = {}
        """Whose contacts changed, the longest ago first: at most everybody's."""

    async def restore(self) -> None:
        """Tell the registrar what the last run knew."""
        for record in await self._store.every_sip_contact():
            bindings = [self._binding(contact) for contact in record.contacts]
            self._shell.restore(Aor(record.domain, record.user), bindings)

    async def close(self) -> None:
        """Write what is not written yet."""
        while await self._save(self._clock.wall()):
            pass

    @property
    def chore(self) -> Chore:
        """What writes changes, soon after them."""
        return Chore("registrations", SAVED_WITHIN_S, self._save)

    def on_notice(self, notice: AnyNotice) -> None:
        """What the SIP endpoint tells."""
        if isinstance(notice, BindingsChanged):
            self._unsaved[notice.aor] = None

    def bindings(self, domain: str, user: str) -> tuple[Binding, ...]:
        """Where to call a user, the preferred contact first."""
        return self._shell.contacts(Aor(domain, user))

    def contacts_of(self, domain: str, user: str) -> tuple[SipContact, ...]:
        """Where a user is registered now."""
        return self._written(self.bindings(domain, user))

    def everybody(self) -> list[SipContactsRecord]:
        """Everybody who is registered now."""
        return [self._record(aor, bindings) for aor, bindings in self._shell.everybody()]

    def forget(self, domain: str, user: str | None = None) -> None:
        """Drop the contacts of a user, or of all users of a domain, who may register no more."""
        for aor, _ in self._shell.everybody():
            if aor.domain == domain and user in {None, aor.user}:
                self._shell.forget(aor)

    async def _save(self, _wall: float) -> bool:
        """Write at most BITE users; whether there are more."""
        aors = list(self._unsaved)[:BITE]
        if not aors:
            return False
        known = {aor: self._shell.contacts(aor) for aor in aors}
        for aor in aors:
            del self._unsaved[aor]
        try:
            await self._store.save_sip_contacts(
                [self._record(aor, bindings) for aor, bindings in known.items() if bindings],
                [_name(aor) for aor, bindings in known.items() if not bindings],
            )
        except BaseException:
            self._unsaved = dict.fromkeys(aors) | self._unsaved
            raise
        return bool(self._unsaved)

    def _record(self, aor: Aor, bindings: Sequence[Binding]) -> SipContactsRecord:
        return SipContactsRecord(
            aor=_name(aor), domain=aor.domain, user=aor.user, contacts=self._written(bindings)
        )

    def _written(self, bindings: Sequence[Binding]) -> tuple[SipContact, ...]:
        ahead = self._clock.wall() - asyncio.get_running_loop().time()
        return tuple(_contact(binding, binding.expires_at + ahead) for binding in bindings)

    def _binding(self, contact: SipContact) -> Binding:
        ahead = self._clock.wall() - asyncio.get_running_loop().time()
        return Binding(
            contact=SipUri.parse(contact.uri),
            # Whatever number a connection had, it is none of this run's.
            flow=Flow(contact.transport, contact.remote, contact.local, -1 if contact.is_connected else 0),
            expires_at=contact.expires - ahead,
            call_id=contact.call_id,
            cseq=contact.cseq,
            q=contact.q,
            path=contact.path,
            instance=contact.instance,
            reg_id=contact.reg_id,
            user_agent=contact.user_agent,
        )


def _contact(binding: Binding, expires: float) -> SipContact:
    return SipContact(
        uri=str(binding.contact),
        transport=binding.flow.transport,
        remote=binding.flow.remote,
        local=binding.flow.local,
        is_connected=bool(binding.flow.connection),
        expires=expires,
        q=binding.q,
        path=binding.path,
        instance=binding.instance,
        reg_id=binding.reg_id,
        user_agent=binding.user_agent,
        call_id=binding.call_id,
        cseq=binding.cseq,
    )


def _name(aor: Aor) -> str:
    return f"{aor.user}@{aor.domain}"
