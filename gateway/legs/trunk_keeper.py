"""Keeps up what trunks need while nobody calls: registrations, probes, and who may call in.

Trunks come from the configuration and from the store; one that is changed is put down and taken up anew.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from gateway.config import TrunkSettings
from gateway.config.trunks import TrunkTarget
from gateway.legs.sip_transports import transport_of
from gateway.routing.trunk_health import TrunkHealth
from gateway.routing.trunk_use import TrunkUse
from gateway.routing.trunks import Server, Trunks
from signalling.io.shell import SipShell
from signalling.sip.calls import Flow
from signalling.sip.config import Credentials
from signalling.sip.errors import SipError
from signalling.sip.guard import Guard
from signalling.sip.notices import (
    AnyNotice,
    ProbeHandle,
    ReachabilityChanged,
    RegistrationChanged,
    RegistrationHandle,
)
from signalling.sip.probe import Watch
from signalling.sip.registration import Enrolment, Place
from signalling.sip.uri import SipUri

H = TypeVar("H")
V = TypeVar("V")

log = logging.getLogger(__name__)

LOOK_AGAIN_S = 60.0
"""Between looks at the addresses of trunks: one that moves is let in and probed there within that time,
and one that could not be found is registered with."""

LEAVE_S = 2.0
"""How long a registrar may take to let us go, with its challenge: we stop, or register again."""


@dataclass(frozen=True, slots=True)
class _Located:
    """A target of a trunk, and where it was found: one flow for each of its addresses."""

    target: TrunkTarget
    flows: Sequence[Flow]

    @property
    def uri(self) -> SipUri:
        return SipUri(scheme="sip", user=None, host=self.target.host, port=self.target.port or None)


@dataclass(frozen=True, slots=True)
class _Watched:
    """One address of a target of a trunk, as it is probed."""

    trunk: str
    target: TrunkTarget
    server: Server


class TrunkKeeper:
    """The trunks as they are kept up."""

    def __init__(
        self, shell: SipShell, guard: Guard, trunks: Trunks, health: TrunkHealth, use: TrunkUse
    ) -> None:
        self._shell = shell
        self._guard = guard
        self._trunks = trunks
        self._health = health
        self._use = use
        self._registrations: dict[RegistrationHandle, str] = {}
        self._leaving: dict[RegistrationHandle, asyncio.Future[None]] = {}
        """Those that are taken back, until the registrar has heard it: 32 s at most."""
        self._registered: dict[str, RegistrationChanged] = {}
        self._probes: dict[ProbeHandle, _Watched] = {}
        self._looking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take up every trunk."""
        for trunk in self._trunks:
            await self.take_up(trunk)
        self._looking = asyncio.create_task(self._look_again(), name="addresses of trunks")

    async def close(self) -> None:
        """Put all trunks down, at once."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        await asyncio.gather(*(self.put_down(trunk.name) for trunk in self._trunks))

    async def take_up(self, trunk: TrunkSettings) -> None:
        """Register with it, probe it, and let in what it sends."""
        await self._look_after(trunk)
        self._let_in()

    async def put_down(self, name: str) -> None:
        """Leave it alone, once its registrar has heard that we do, or has not for LEAVE_S."""
        gone = self._let_go(name)
        if gone:
            await asyncio.wait(gone, timeout=LEAVE_S)

    def _let_go(self, name: str) -> list[asyncio.Future[None]]:
        """Begin to leave it alone; what is to be waited for."""
        loop, gone = asyncio.get_running_loop(), []
        for registration in _of(self._registrations, lambda owner: owner == name):
            del self._registrations[registration]
            self._leaving[registration] = loop.create_future()
            gone.append(self._leaving[registration])
            self._shell.unregister(registration)
        for probe in _of(self._probes, lambda watched: watched.trunk == name):
            self._unwatch(probe)
        self._registered.pop(name, None)
        self._health.forget(name)
        self._let_in()
        return gone

    def on_notice(self, notice: AnyNotice) -> None:
        """What the SIP endpoint tells."""
        match notice:
            case RegistrationChanged(registration=handle) if handle in self._registrations:
                self._registered[self._registrations[handle]] = notice
            case RegistrationChanged(registration=handle, state="unregistered") if handle in self._leaving:
                self._leaving.pop(handle).set_result(None)
            case ReachabilityChanged(probe=handle, is_alive=is_alive) if handle in self._probes:
                self._hear(self._probes[handle], is_alive=is_alive)
            case _:
                return

    def registration(self, trunk: TrunkSettings) -> str:
        """Where its registration stands: a state of `signalling.sip.registration`, empty for none."""
        if not trunk.register:
            return ""
        known = self._registered.get(trunk.name)
        return "registering" if known is None else known.state

    def last_answer(self, name: str) -> int:
        """The status code of the registrar's last word; 0 of none."""
        known = self._registered.get(name)
        return 0 if known is None else known.status_code

    def live(self, name: str) -> int:
        """Its calls now, both ways."""
        return self._use.live(name)

    async def _look_again(self) -> None:
        while True:
            await asyncio.sleep(LOOK_AGAIN_S)
            for trunk in list(self._trunks):
                await self._look_after(trunk)
            self._let_in()

    def _hear(self, watched: _Watched, *, is_alive: bool) -> None:
        self._health.note(watched.trunk, watched.target, watched.server, "alive" if is_alive else "dead")
        place = f"{watched.target.host} ({watched.server[0]})"
        if is_alive:
            log.info("trunk %s: %s answers", watched.trunk, place)
        else:
            log.warning("trunk %s: %s does not answer", watched.trunk, place)

    async def _look_after(self, trunk: TrunkSettings) -> None:
        """Look up where its targets are, and keep them up. What cannot be found keeps the address it had."""
        found: list[_Located] = []
        for target in sorted(trunk.all_targets(), key=lambda each: each.priority):
            try:
                flows = await self._shell.targets(target.host, target.port or None, transport_of(target))
                if self._trunks.find(trunk.name) is not trunk:
                    # It was changed or deleted meanwhile.
                    return
                found.append(_Located(target, flows))
                self._probe(trunk, found[-1])
            except SipError as error:
                log.warning("trunk %s: %s", trunk.name, error.reason)
        if found:
            self._trunks.located(trunk.name, [flow.remote for each in found for flow in each.flows])
            self._register(trunk, found)

    def _probe(self, trunk: TrunkSettings, located: _Located) -> None:
        """Probe the target everywhere where it is, and nowhere else. Raises SipError."""
        wanted = {flow.remote: flow for flow in located.flows if trunk.probe_s}
        known = _of(self._probes, lambda each: (each.trunk, each.target) == (trunk.name, located.target))
        for probe in known:
            if self._probes[probe].server not in wanted:
                self._unwatch(probe)
        watched = set(self._probes.values())
        for server, flow in wanted.items():
            new = _Watched(trunk.name, located.target, server)
            if new not in watched:
                probe = self._shell.watch(Watch(located.uri, flow, interval_s=trunk.probe_s))
                self._probes[probe] = new
                self._health.note(new.trunk, new.target, new.server, "unknown")

    def _unwatch(self, probe: ProbeHandle) -> None:
        gone = self._probes.pop(probe)
        self._shell.unwatch(probe)
        self._health.drop(gone.trunk, gone.target, gone.server)

    def _register(self, trunk: TrunkSettings, found: Sequence[_Located]) -> None:
        """Register, where that is wanted and not done yet, with the first place that will have us."""
        if not trunk.register or trunk.name in self._registrations.values():
            return
        enrolment = Enrolment(
            places=tuple(_places(trunk, found)),
            contact_user=trunk.username,
            login=Credentials(trunk.username, trunk.password, trunk.realm or None),
            expires_s=trunk.register_expires_s,
        )
        try:
            self._registrations[self._shell.register(enrolment)] = trunk.name
        except SipError as error:
            log.warning("trunk %s: %s", trunk.name, error.reason)

    def _let_in(self) -> None:
        self._guard.trust(self._trunks.networks(), self._trunks.logins())
        self._shell.prefer_trusted()


def _places(trunk: TrunkSettings, found: Sequence[_Located]) -> Iterator[Place]:
    for located in found:
        aor = SipUri(scheme="sip", user=trunk.username, host=located.target.host)
        yield from (Place(located.uri, aor, flow) for flow in located.flows)


def _of(held: dict[H, V], is_meant: Callable[[V], bool]) -> Sequence[H]:
    return [handle for handle, value in held.items() if is_meant(value)]
