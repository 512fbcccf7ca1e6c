"""Registrations through restarts: written soon after, by the bite, and taken over by the next run."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from gateway.clock import ManualClock
from gateway.errors import Unavailable
from gateway.legs import registrations as module
from gateway.legs.registrations import Registrations
from gateway.store.records import SipContactsRecord, SipDomainRecord
from gateway.store.sqlite import SqliteStore
from signalling.io.shell import SipShell
from signalling.sip.calls import Flow
from signalling.sip.notices import AnyNotice
from tests.support.registering import AOR, PHONE, Admits, Register
from tests.support.wire import config

pytestmark = pytest.mark.contract

NOBODY = ("127.0.0.1", 9)


class Run:
    """One run of the gateway, as far as registrations go."""

    def __init__(self, shell: SipShell, guard: Admits, registrations: Registrations) -> None:
        self.shell = shell
        self.guard = guard
        self.registrations = registrations

    def register(self, user: str = AOR.user, flow: Flow | None = None, **changes: object) -> None:
        """A phone registers."""
        self.guard.account = user
        register = Register(user=user, call_id=user, **changes)  # type: ignore[arg-type]
        self.shell.receive(bytes(register), flow or self.flow())

    def flow(self, connection: int = 0) -> Flow:
        """Where the phone is heard."""
        return Flow("tcp" if connection else "udp", NOBODY, ("127.0.0.1", self.shell.port), connection)

    async def save(self) -> int:
        """Write all that is to be written; the number of bites."""
        bites = 1
        while await self.registrations.chore.bite(0.0):
            bites += 1
        return bites


@asynccontextmanager
async def running(store: SqliteStore, clock: ManualClock) -> AsyncIterator[Run]:
    """A run from its start to its clean end."""
    guard = Admits()
    async with AsyncExitStack() as stack:
        settings = config(("127.0.0.1", 0), guard=guard)

        def on_notice(notice: AnyNotice) -> None:
            registrations.on_notice(notice)

        shell = SipShell(settings, lambda _: None, on_notice)
        registrations = Registrations(shell, store, clock)
        await stack.enter_async_context(shell)
        stack.push_async_callback(registrations.close)
        await registrations.restore()
        yield Run(shell, guard, registrations)


async def test_the_next_run_knows_where_phones_are(store: SqliteStore) -> None:
    clock = ManualClock()
    async with running(store, clock) as run:
        run.register(contacts=(f"{PHONE};q=0.5",), extra=("Path: <sip:edge.example;lr>", "User-Agent: desk"))
        before = run.registrations.contacts_of(*AOR)
        at = run.shell.port
    clock.advance(100)
    async with running(store, clock) as run:
        (contact,) = run.registrations.contacts_of(*AOR)
        (binding,) = run.registrations.bindings(*AOR)
        # The event loop's own clock went on as well, a little.
        assert contact.expires == pytest.approx(before[0].expires, abs=30)
        assert (contact.uri, contact.q, contact.path, contact.user_agent) == (
            PHONE.strip("<>"), 0.5, ("<sip:edge.example;lr>",), "desk",
        )  # fmt: skip
        assert binding.flow == Flow("udp", NOBODY, ("127.0.0.1", at))
    clock.advance(3600)
    async with running(store, clock) as run:
        assert run.registrations.everybody() == []


async def test_connections_are_gone_with_the_run(store: SqliteStore) -> None:
    clock = ManualClock()
    async with running(store, clock) as run:
        run.register(flow=run.flow(1), contacts=("<sip:42@127.0.0.1:9;transport=tcp>",))
        run.register("43", run.flow(2), contacts=("<sip:43@phone.example;transport=tcp>",))
    async with running(store, clock) as run:
        (known,) = run.registrations.everybody()
        assert (known.user, known.contacts[0].remote, known.contacts[0].is_connected) == ("42", NOBODY, False)


async def test_changes_are_written_by_the_bite_and_only_once(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BITE", 2)
    written: list[list[str]] = []
    keep = store.save_sip_contacts

    async def save(saved: list[SipContactsRecord], gone: list[str]) -> None:
        written.append([record.user for record in saved] + [f"-{aor}" for aor in gone])
        await keep(saved, gone)

    monkeypatch.setattr(store, "save_sip_contacts", save)
    async with running(store, ManualClock()) as run:
        for user in ("41", "42", "43"):
            run.register(user)
            run.register(user, cseq=2)
        assert written == []
        assert await run.save() == 2
        assert written == [["41", "42"], ["43"]]
        run.register("41", cseq=3, contacts=("*",), extra=("Expires: 0",))
        run.registrations.forget(AOR.domain, "43")
        await run.save()
        assert written[2:] == [["-41@acme", "-43@acme"]]
    assert [record.user for record in await store.every_sip_contact()] == ["42"]


async def test_what_could_not_be_written_is_written_later(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise Unavailable("The store cannot be written.")

    async with running(store, ManualClock()) as run:
        run.register()
        with monkeypatch.context() as broken:
            broken.setattr(store, "save_sip_contacts", fail)
            with pytest.raises(Unavailable):
                await run.save()
        await run.save()
    assert [record.aor for record in await store.every_sip_contact()] == ["42@acme"]


async def test_a_domain_that_goes_takes_all_its_registrations(store: SqliteStore) -> None:
    async with running(store, ManualClock()) as run:
        run.register("41")
        run.register("42")
        run.registrations.forget(AOR.domain)
        assert run.registrations.everybody() == []
    assert await store.every_sip_contact() == []


async def test_the_phones_of_a_deleted_domain_ring_for_nobody_who_takes_its_name(store: SqliteStore) -> None:
    domain = SipDomainRecord(
        name=AOR.domain, account="1", application_id="a", acl=("127.0.0.1",), created="2026-01-01T00:00:00Z"
    )
    await store.create_sip_domain(domain)
    async with running(store, ManualClock()) as run:
        run.register("41")
    await store.delete_sip_domain("2", domain.name)
    assert len(await store.every_sip_contact()) == 1
    # Whatever comes after this, even the end of the process: the phones went with the domain.
    await store.delete_sip_domain("1", domain.name)
    assert await store.every_sip_contact() == []
