"""How calls leave by trunks: every trunk that may carry a call, and in each its targets, one after the other.

Targets go by their priorities and weights; those that do not answer probes are passed over, and so are single
addresses of theirs. Names are looked up here, before anything is sent.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from gateway.config import TrunkSettings
from gateway.config.trunks import TrunkTarget
from gateway.errors import GatewayError
from gateway.legs.hunting import MAX_ROUNDS, Round
from gateway.legs.media_policy import of_trunk
from gateway.legs.sip_dialling import Way
from gateway.legs.sip_media import towards
from gateway.legs.sip_status import REQUEST_TIMEOUT, SERVICE_UNAVAILABLE
from gateway.legs.sip_transports import transport_of
from gateway.routing.number_format import written
from gateway.routing.trunk_health import TrunkHealth
from gateway.routing.trunk_identity import Identity, identity
from gateway.routing.trunks import NoTrunk, Trunks
from signalling.io.shell import SipShell
from signalling.sdp.stream import LocalMedia
from signalling.sip.calls import Flow
from signalling.sip.config import Credentials, Invitation
from signalling.sip.errors import SipError
from signalling.sip.uri import SipUri

Rounds = list[Round[Way]]

Chance = Callable[[], float]

APPLICATION_HEADERS = ("x-", "user-to-user", "diversion", "history-info", "identity")
"""What `pass_headers` decides on, by the beginnings of the names; all others are the calls' own."""

NOTHING: Mapping[str, str] = {}


class CannotDial(GatewayError):
    """The endpoint may not, or cannot, be called."""

    status = 400


class TrunkWays:
    """Finds the ways through trunks."""

    def __init__(self, shell: SipShell, trunks: Trunks, health: TrunkHealth, host: str) -> None:
        """`host`: our own address, in what trunks are told of callers."""
        self._shell = shell
        self._trunks = trunks
        self._health = health
        self._host = host

    async def to_number(
        self,
        number: str,
        caller: str,
        local: LocalMedia,
        more: Mapping[str, str] = NOTHING,
        *,
        only: str = "",
    ) -> Rounds:
        """Rounds to a number, by the trunk of the name `only` where there is one; `more` are headers.

        Raises CannotDial when policy says no, SipError when there is no way.
        """
        try:
            trunks = self._trunks.for_number(number, only)
        except NoTrunk as error:
            raise CannotDial(str(error)) from None
        bases = [_base(trunk, number, caller, local, self._host) for trunk in trunks]
        return await self._rounds(bases, more)

    def serving(self, host: str, port: int | None) -> TrunkSettings | None:
        """The trunk whose server is there."""
        return self._trunks.serving(host, port)

    async def to_extension(self, extension: str, caller: str, local: LocalMedia) -> Rounds:
        """Rounds to an extension. Raises as `to_number`."""
        try:
            trunk = self._trunks.for_extension()
        except NoTrunk as error:
            raise CannotDial(str(error)) from None
        return await self._rounds([_base(trunk, extension, caller, local, self._host)], NOTHING)

    async def through(
        self, trunk: TrunkSettings, user: str, caller: str, local: LocalMedia, more: Mapping[str, str]
    ) -> Rounds:
        """Rounds to whom a SIP address names at a server of a trunk: to numbers that toll policy lets out.

        Raises as `to_number`.
        """
        return await self.to_number(user.removeprefix("+"), caller, local, more, only=trunk.name)

    async def _rounds(self, bases: Sequence["_Base"], more: Mapping[str, str]) -> Rounds:
        """All targets of all trunks, one round each. Raises SipError when none has an address."""
        rounds: Rounds = []
        trouble = SipError("the trunk has no server", SERVICE_UNAVAILABLE)
        for base in bases:
            leads_on = base.trunk.leads_on()
            # Who has nobody to go on to after silence is not hurried.
            timeout_s = base.trunk.timeout_s if REQUEST_TIMEOUT in leads_on else None
            for target in in_order(self._health.alive(base.trunk), random.random):
                try:
                    flows = await self._flows(base.trunk, target)
                except SipError as error:
                    trouble = error
                    continue
                ways = [Way(_aimed(base, target, flow, more), base.trunk) for flow in flows]
                rounds += [Round((way,), timeout_s, leads_on) for way in ways]
        if not rounds:
            raise trouble
        *first, last = rounds[:MAX_ROUNDS]
        # Who is asked last may take as long as the leg has: there is nobody to go on to.
        return [*first, replace(last, timeout_s=None)]

    async def _flows(self, trunk: TrunkSettings, target: TrunkTarget) -> Sequence[Flow]:
        """Where the target is, and answers; everywhere when it answers nowhere. Raises SipError."""
        flows = await self._shell.targets(target.host, target.port or None, transport_of(target))
        return [flow for flow in flows if not self._health.is_dead(trunk.name, target, flow.remote)] or flows


def in_order(targets: Sequence[TrunkTarget], chance: Chance) -> Iterator[TrunkTarget]:
    """By priority, those of one priority at random by weight, as RFC 2782 has it for SRV records.

    `chance` gives numbers from 0 up to, but not including, 1.
    """
    for _, same in groupby(sorted(targets, key=lambda each: each.priority), lambda each: each.priority):
        left = list(same)
        while left:
            mark = chance() * sum(target.weight for target in left)
            chosen = left[-1]
            for target in left:
                mark -= target.weight
                if mark < 0:
                    chosen = target
                    break
            left.remove(chosen)
            yield chosen


def passed(trunk: TrunkSettings, headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that may cross the trunk, either way: of what applications say and hear what it passes."""
    allowed = tuple(name.lower() for name in trunk.pass_headers)
    return {
        name: text
        for name, text in headers.items()
        if not name.lower().startswith(APPLICATION_HEADERS) or name.lower().startswith(allowed)
    }


def _base(trunk: TrunkSettings, user: str, caller: str, local: LocalMedia, own_host: str) -> "_Base":
    return _Base(
        trunk, written(user, trunk.called), identity(trunk, caller, own_host), of_trunk(trunk).apply(local)
    )


@dataclass(frozen=True, slots=True)
class _Base:
    """What the INVITEs to all targets of a trunk have in common."""

    trunk: TrunkSettings
    user: str
    caller: Identity
    local: LocalMedia


def login_of(trunk: TrunkSettings) -> Credentials | None:
    """What challenges of the trunk are answered with."""
    return Credentials(trunk.username, trunk.password, trunk.realm or None) if trunk.username else None


def _aimed(base: _Base, target: TrunkTarget, flow: Flow, more: Mapping[str, str]) -> Invitation:
    trunk = base.trunk
    return Invitation(
        target=SipUri(scheme="sip", user=base.user, host=target.host, port=target.port or None),
        flow=flow,
        from_user=base.caller.user,
        from_host=base.caller.host,
        from_display=base.caller.display,
        local=towards(base.local, flow.remote[0]),
        headers={**trunk.headers, **base.caller.headers, **passed(trunk, more)},
        credentials=login_of(trunk),
    )
