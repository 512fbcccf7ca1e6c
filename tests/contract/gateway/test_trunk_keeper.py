"""How trunks are kept up, over a shell that takes notes: what is found late, changes, or is put down."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import cast

import pytest
from msgspec import structs

from gateway.config import TrunkSettings
from gateway.config.trunks import TrunkTarget
from gateway.legs import trunk_keeper
from gateway.legs.trunk_keeper import TrunkKeeper
from gateway.routing.trunk_health import TrunkHealth
from gateway.routing.trunk_use import TrunkUse
from gateway.routing.trunks import Trunks
from signalling.io.shell import SipShell
from signalling.sip.calls import Flow
from signalling.sip.errors import SipError
from signalling.sip.guard import Guard
from signalling.sip.notices import ProbeHandle, ReachabilityChanged, RegistrationChanged, RegistrationHandle
from signalling.sip.probe import Watch
from signalling.sip.registration import Enrolment
from tests.support.waiting import until

pytestmark = pytest.mark.contract

CARRIER = TrunkSettings(
    name="carrier", host="a.example", username="me", password="swordfish", register=True, probe_s=5
)


class Notes:
    """A shell and a guard in one."""

    def __init__(self) -> None:
        self.names: dict[str, Sequence[str]] = {"a.example": ["192.0.2.1"], "b.example": ["192.0.2.3"]}
        self.looked_up = 0
        self.registered: list[list[str]] = []
        self.left: list[str] = []
        self.watched: list[str] = []
        self.unwatched: list[str] = []

    async def targets(self, host: str, port: int | None, transport: str | None) -> list[Flow]:
        """As the shell does."""
        del transport
        self.looked_up += 1
        await asyncio.sleep(0)
        if host not in self.names:
            raise SipError(f"{host} has no address", 503)
        return [Flow("udp", (at, port or 5060), ("192.0.2.200", 5060)) for at in self.names[host]]

    def register(self, enrolment: Enrolment) -> RegistrationHandle:
        """As the shell does."""
        self.registered.append([place.flow.remote[0] for place in enrolment.places])
        return RegistrationHandle(f"registration-{len(self.registered)}")

    def unregister(self, registration: RegistrationHandle) -> None:
        """As the shell does."""
        self.left.append(registration)

    def watch(self, watch: Watch) -> ProbeHandle:
        """As the shell does."""
        self.watched.append(watch.flow.remote[0])
        return ProbeHandle(f"probe-{len(self.watched)}")

    def unwatch(self, probe: ProbeHandle) -> None:
        """As the shell does."""
        self.unwatched.append(probe)

    def prefer_trusted(self) -> None:
        """As the shell does."""

    def trust(self, networks: object, users: Mapping[str, str]) -> None:
        """As the guard does."""


class Kept:
    """A keeper with one trunk."""

    def __init__(self, trunk: TrunkSettings = CARRIER) -> None:
        self.notes, self.trunks, self.health = Notes(), Trunks(), TrunkHealth()
        self.trunks.store(trunk)
        self.keeper = TrunkKeeper(
            cast("SipShell", self.notes), cast("Guard", self.notes), self.trunks, self.health, TrunkUse()
        )

    def told(self, number: int, state: str, status_code: int = 0) -> None:
        """The registration of that number is in another state."""
        handle = RegistrationHandle(f"registration-{number}")
        self.keeper.on_notice(RegistrationChanged(handle, state, status_code))


@pytest.fixture
async def kept() -> AsyncIterator[Kept]:
    kept = Kept()
    yield kept
    await kept.keeper.close()


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks come one after the other, and nobody is waited for."""
    monkeypatch.setattr(trunk_keeper, "LOOK_AGAIN_S", 0.001)
    monkeypatch.setattr(trunk_keeper, "LEAVE_S", 0.001)


async def test_a_trunk_that_is_found_late_is_registered_with_and_probed_once(kept: Kept) -> None:
    name = kept.notes.names.pop("a.example")
    await kept.keeper.start()
    await until(lambda: kept.notes.looked_up > 2)
    assert (kept.notes.registered, kept.notes.watched) == ([], [])
    kept.notes.names["a.example"] = name
    await until(lambda: kept.notes.registered)
    seen = kept.notes.looked_up
    await until(lambda: kept.notes.looked_up > seen + 3)
    assert (kept.notes.registered, kept.notes.watched) == ([["192.0.2.1"]], ["192.0.2.1"])
    assert kept.trunks.serving("192.0.2.1") is CARRIER


async def test_a_trunk_that_is_deleted_while_it_is_looked_up_is_left_alone(kept: Kept) -> None:
    taking = asyncio.create_task(kept.keeper.take_up(CARRIER))
    await until(lambda: kept.notes.looked_up, every_s=0)
    kept.trunks.remove("carrier")
    await taking
    assert (kept.notes.registered, kept.notes.watched) == ([], [])


async def test_what_is_heard_is_known_until_the_trunk_is_put_down(kept: Kept) -> None:
    await kept.keeper.take_up(CARRIER)
    assert (kept.keeper.registration(CARRIER), kept.keeper.last_answer("carrier")) == ("registering", 0)
    kept.told(1, "failed", 403)
    assert (kept.keeper.registration(CARRIER), kept.keeper.last_answer("carrier")) == ("failed", 403)
    (target,) = CARRIER.all_targets()
    kept.keeper.on_notice(ReachabilityChanged(ProbeHandle("probe-1"), is_alive=False))
    assert kept.health.of("carrier", target) == "dead"
    await kept.keeper.put_down("carrier")
    assert (kept.notes.left, kept.notes.unwatched) == (["registration-1"], ["probe-1"])
    kept.keeper.on_notice(ReachabilityChanged(ProbeHandle("probe-1"), is_alive=False))
    assert (kept.keeper.last_answer("carrier"), kept.health.of("carrier", target)) == (0, "unknown")


async def test_who_is_put_down_is_gone_when_the_registrar_has_heard_it(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trunk_keeper, "LEAVE_S", 3600)
    await kept.keeper.take_up(CARRIER)
    leaving = asyncio.create_task(kept.keeper.put_down("carrier"))
    await until(lambda: kept.notes.left)
    kept.told(1, "leaving")
    await asyncio.sleep(0)
    assert not leaving.done()
    kept.told(1, "unregistered", 200)
    await leaving


async def test_a_registrar_that_says_nothing_is_not_waited_for_long(kept: Kept) -> None:
    await kept.keeper.take_up(CARRIER)
    async with asyncio.timeout(30):
        await kept.keeper.put_down("carrier")
    assert kept.notes.left == ["registration-1"]
    kept.told(1, "unregistered", 408)


async def test_every_address_of_every_target_is_probed_and_may_be_registered_with_by_priority() -> None:
    first, second = TrunkTarget(host="a.example", priority=1), TrunkTarget(host="b.example")
    both = structs.replace(CARRIER, host="", targets=(first, second))
    kept = Kept(both)
    kept.notes.names["a.example"] = ["192.0.2.1", "192.0.2.2"]
    await kept.keeper.take_up(both)
    assert kept.notes.registered == [["192.0.2.3", "192.0.2.1", "192.0.2.2"]]
    assert kept.notes.watched == ["192.0.2.3", "192.0.2.1", "192.0.2.2"]
    assert kept.health.of("carrier", first) == "unknown"
    kept.keeper.on_notice(ReachabilityChanged(ProbeHandle("probe-2"), is_alive=False))
    assert kept.health.of("carrier", first) == "unknown", "nobody knows of its other address yet"
    kept.keeper.on_notice(ReachabilityChanged(ProbeHandle("probe-3"), is_alive=False))
    assert kept.health.of("carrier", first) == "dead"
    kept.keeper.on_notice(ReachabilityChanged(ProbeHandle("probe-3"), is_alive=True))
    assert kept.health.of("carrier", first) == "alive"
    assert kept.health.is_dead("carrier", first, ("192.0.2.1", 5060))
    await kept.keeper.close()


async def test_a_target_that_moves_is_probed_where_it_is_and_no_more_where_it_was(kept: Kept) -> None:
    await kept.keeper.take_up(CARRIER)
    kept.keeper.on_notice(ReachabilityChanged(ProbeHandle("probe-1"), is_alive=False))
    kept.notes.names["a.example"] = ["192.0.2.9"]
    await kept.keeper.take_up(CARRIER)
    assert (kept.notes.watched, kept.notes.unwatched) == (["192.0.2.1", "192.0.2.9"], ["probe-1"])
    (target,) = CARRIER.all_targets()
    assert kept.health.of("carrier", target) == "unknown"
    assert len(kept.notes.registered) == 1
