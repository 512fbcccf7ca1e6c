"""The operator's trunks: those of the configuration, and those that are made while the gateway runs."""

from typing import Protocol

import msgspec

from gateway.config import TrunkSettings
from gateway.config.checks import trunk_problems
from gateway.config.trunks import SECRETS
from gateway.errors import Conflict, Forbidden, NotFound
from gateway.reading import invalid
from gateway.routing.trunk_health import Health, TrunkHealth
from gateway.routing.trunk_report import ServerReport, TrunkReport, report
from gateway.routing.trunks import MAX_TRUNKS, Trunks
from gateway.store.records import Json, TrunkRecord
from gateway.store.sip import SipStore


class Keeper(Protocol):
    """What keeps trunks up."""

    async def take_up(self, trunk: TrunkSettings) -> None:
        """Register with it, probe it, and let in what it sends."""
        ...

    async def put_down(self, name: str) -> None:
        """Leave it alone, once its registrar knows."""
        ...

    def registration(self, trunk: TrunkSettings) -> str:
        """Where its registration stands; empty for none."""
        ...

    def last_answer(self, name: str) -> int:
        """The status code of the registrar's last word; 0 of none."""
        ...

    def live(self, name: str) -> int:
        """Its calls now."""
        ...


class Enquiries(Protocol):
    """Who asks the servers of trunks."""

    async def ask(self, trunk: TrunkSettings) -> list[ServerReport]:
        """What each of its servers says now."""
        ...


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A server of a trunk, and what its probes say."""

    host: str
    port: int
    transport: str
    health: Health


class Trunk(msgspec.Struct, frozen=True, kw_only=True):
    """A trunk as the operator sees it."""

    name: str
    configured: bool
    """It stands in the configuration, and is changed there."""
    settings: Json
    """As in `[[trunks]]`, without its secrets."""
    targets: list[Target]
    registration: str
    """A state of our registration with it; empty where there is to be none."""
    registrar_status: int
    """The registrar's last answer; 0 of none."""
    calls: int
    """At this moment, both ways."""


class TrunkResource:
    """What can be done with trunks."""

    def __init__(
        self, store: SipStore, trunks: Trunks, health: TrunkHealth, keeper: Keeper, enquiries: Enquiries
    ) -> None:
        self._store = store
        self._trunks = trunks
        self._health = health
        self._keeper = keeper
        self._enquiries = enquiries

    async def load(self) -> None:
        """Know the stored trunks. A name that the configuration has taken since is the configuration's."""
        for record in await self._store.every_trunk():
            if not self._trunks.is_configured(record.name):
                self._trunks.store(msgspec.convert(record.settings, TrunkSettings))

    def every(self) -> list[Trunk]:
        """All trunks, in the order in which calls try them."""
        return [self._shown(trunk) for trunk in self._trunks]

    def read(self, name: str) -> Trunk:
        """One. Raises NotFound."""
        return self._shown(self._found(name))

    async def test(self, name: str) -> TrunkReport:
        """Ask all its servers, and say how it is. Raises NotFound."""
        trunk = self._found(name)
        servers = await self._enquiries.ask(trunk)
        return report(trunk, servers, self._keeper.registration(trunk), self._keeper.last_answer(name))

    async def create(self, settings: TrunkSettings) -> Trunk:
        """Raises Invalid; Conflict for a name that is taken, or when there are enough."""
        _check(settings)
        if self._trunks.find(settings.name) is not None:
            raise Conflict(f"there is a trunk {settings.name} already")
        if len(self._trunks) >= MAX_TRUNKS:
            raise Conflict(f"there are {MAX_TRUNKS} trunks; no more can be made")
        return await self._take_up(settings)

    async def change(self, name: str, settings: TrunkSettings) -> Trunk:
        """Replace all of it; secrets that are left out stay. Raises NotFound, Invalid and Forbidden."""
        before = self._changeable(name)
        if settings.name != name:
            raise invalid("name", f"cannot be changed from {name}")
        kept = {key: getattr(before, key) for key in SECRETS if not getattr(settings, key)}
        settings = msgspec.structs.replace(settings, **kept)
        _check(settings)
        await self._keeper.put_down(name)
        return await self._take_up(settings)

    async def delete(self, name: str) -> None:
        """Calls that it has go on. Raises NotFound and Forbidden."""
        self._changeable(name)
        await self._store.delete_trunk(name)
        self._trunks.remove(name)
        await self._keeper.put_down(name)

    async def _take_up(self, settings: TrunkSettings) -> Trunk:
        written = msgspec.to_builtins(settings)
        await self._store.save_trunk(TrunkRecord(name=settings.name, settings=written))
        self._trunks.store(settings)
        await self._keeper.take_up(settings)
        return self._shown(settings)

    def _found(self, name: str) -> TrunkSettings:
        trunk = self._trunks.find(name)
        if trunk is None:
            raise NotFound("There is no such trunk.")
        return trunk

    def _changeable(self, name: str) -> TrunkSettings:
        trunk = self._found(name)
        if self._trunks.is_configured(name):
            raise Forbidden("The trunk stands in the configuration, and is changed there.")
        return trunk

    def _shown(self, trunk: TrunkSettings) -> Trunk:
        settings = msgspec.to_builtins(trunk)
        return Trunk(
            name=trunk.name,
            configured=self._trunks.is_configured(trunk.name),
            settings={key: value for key, value in settings.items() if key not in SECRETS},
            targets=[
                Target(
                    host=target.host,
                    port=target.port,
                    transport=target.transport,
                    health=self._health.of(trunk.name, target),
                )
                for target in trunk.all_targets()
            ],
            registration=self._keeper.registration(trunk),
            registrar_status=self._keeper.last_answer(trunk.name),
            calls=self._keeper.live(trunk.name),
        )


def _check(settings: TrunkSettings) -> None:
    """Raises Invalid for the first thing that is wrong; a secret is not repeated."""
    for path, _value, may_hold in trunk_problems((), settings):
        raise invalid(".".join(map(str, path)), f"must be {may_hold}")
