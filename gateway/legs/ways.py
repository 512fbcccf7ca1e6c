"""From whom a leg is to call to the INVITEs that do it, round by round.

A number leaves by every trunk that may carry it, one after the other, and in each by its targets, in the
order of their priorities; a SIP address is its own and only target. Names are looked up before anything is
sent.
"""

import logging
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from gateway.config import TrunkSettings
from gateway.config.trunks import TrunkTarget
from gateway.errors import GatewayError
from gateway.legs.hunting import MAX_ROUNDS, Round
from gateway.legs.line import Summons
from gateway.legs.media_policy import of_trunk, of_uri
from gateway.legs.phones import Call, NotRegistered, Phones
from gateway.legs.sip_dialling import Way
from gateway.legs.sip_media import towards
from gateway.routing.endpoints import PhoneEndpoint, SipEndpoint, VbcEndpoint
from gateway.routing.number_format import written
from gateway.routing.trunk_health import TrunkHealth
from gateway.routing.trunk_identity import ANONYMOUS, Identity, identity
from gateway.routing.trunks import NoTrunk, Trunks
from gateway.webhooks.egress import Egress
from gateway.webhooks.failures import EgressError
from signalling.io.shell import SipShell
from signalling.sdp.stream import LocalMedia
from signalling.sip.calls import Flow
from signalling.sip.config import Credentials, Invitation
from signalling.sip.errors import SipError
from signalling.sip.uri import SipUri

log = logging.getLogger(__name__)

Rounds = list[Round[Way]]

APPLICATION_HEADERS = ("x-", "user-to-user")
"""What applications put into calls, by the beginnings of the names."""


Chance = Callable[[], float]


class CannotDial(GatewayError):
    """The endpoint may not, or cannot, be called."""

    status = 400


class Ways:
    """Finds the ways to endpoints."""

    def __init__(
        self,
        shell: SipShell,
        trunks: Trunks,
        health: TrunkHealth,
        egress: Egress,
        phones: Phones,
        host: str,
    ) -> None:
        """`host`: our own address, in what trunks are told of callers."""
        self._shell = shell
        self._trunks = trunks
        self._health = health
        self._egress = egress
        self._phones = phones
        self._host = host

    async def to(self, summons: Summons, local: LocalMedia) -> Rounds:
        """The rounds of INVITEs. Raises CannotDial when policy or the address says no, else SipError."""
        match summons.endpoint:
            case PhoneEndpoint(number=number, shaken=shaken):
                more = {} if shaken is None else {"Identity": shaken}
                return await self._by_trunks(self._carriers(number), number, summons.caller, local, more)
            case VbcEndpoint(extension=extension):
                return await self._by_trunks([self._desk()], extension, summons.caller, local, {})
            case SipEndpoint() as endpoint:
                return await self._to_address(endpoint, summons, local)
            case _:
                raise TypeError("a SIP line dials phone, sip and vbc endpoints")

    def _carriers(self, number: str) -> Sequence[TrunkSettings]:
        try:
            return self._trunks.for_number(number)
        except NoTrunk as error:
            raise CannotDial(str(error)) from None

    def _desk(self) -> TrunkSettings:
        try:
            return self._trunks.for_extension()
        except NoTrunk as error:
            raise CannotDial(str(error)) from None

    async def _by_trunks(
        self,
        trunks: Sequence[TrunkSettings],
        user: str,
        caller: str,
        local: LocalMedia,
        more: dict[str, str],
    ) -> Rounds:
        """All targets of all trunks, one round each. Raises SipError when none has an address."""
        rounds: Rounds = []
        trouble = SipError("every server of the trunk is out of order", 503)
        for trunk in trunks:
            base = _base(trunk, user, caller, local, self._host)
            for target in in_order(self._health.alive(trunk), random.random):
                try:
                    flows = await self._flows(target)
                except SipError as error:
                    trouble = error
                    continue
                for flow in flows:
                    invitation = _aimed(base, target, flow, more)
                    rounds.append(Round((Way(invitation, trunk),), trunk.timeout_s))
        if not rounds:
            raise trouble
        # Who is asked last may take as long as the leg has: there is nobody to go on to.
        last = replace(rounds[:MAX_ROUNDS][-1], timeout_s=None)
        return [*rounds[: MAX_ROUNDS - 1][: len(rounds) - 1], last]

    async def _flows(self, target: TrunkTarget) -> Sequence[Flow]:
        """Where the target is. Raises SipError."""
        over_tcp = target.transport == "tcp"
        return [await self._shell.flow_to(target.host, target.port or 5060, "tcp" if over_tcp else "udp")]

    async def _to_address(self, endpoint: SipEndpoint, summons: Summons, local: LocalMedia) -> Rounds:
        """A user of one of the account's domains at their phones; anybody else where the address says."""
        target = _target(endpoint)
        domain = self._phones.domain_of(target.host, summons.application.account)
        headers = _headers(endpoint)
        if domain is None or target.user is None:
            if not endpoint.uri:
                raise CannotDial(f"the account has no SIP domain {endpoint.domain}")
            return [Round((await self._to_uri(endpoint, summons, local, headers),))]
        try:
            return [self._phones.of_user(domain, target.user, Call(summons, local, headers))]
        except NotRegistered:
            if domain.domain_type != "trunk":
                raise
        trunks = self._carriers_named(domain.name, target.user)
        return await self._by_trunks(trunks, target.user, summons.caller, local, headers)

    def _carriers_named(self, name: str, number: str) -> Sequence[TrunkSettings]:
        """The trunk of a trunk domain's name, as far as it may carry the number: a domain opens no other."""
        found = [trunk for trunk in self._carriers(number) if trunk.name == name]
        if not found:
            raise CannotDial(f"nobody is registered, and no trunk {name} may carry {number}")
        return found

    async def _to_uri(
        self, endpoint: SipEndpoint, summons: Summons, local: LocalMedia, headers: dict[str, str]
    ) -> Way:
        try:
            admitted = await self._egress.admit(endpoint.uri, ("sip", "sips"))
        except EgressError as error:
            raise CannotDial(str(error)) from None
        target = SipUri.parse(endpoint.uri)
        over_tcp = (target.params.get("transport") or "").lower() == "tcp"
        flow = self._shell.flow(admitted.address, admitted.port, "tcp" if over_tcp else "udp")
        invitation = Invitation(
            target=target,
            flow=flow,
            from_user=summons.caller or ANONYMOUS,
            local=towards(of_uri(target.params).apply(local), flow.remote[0]),
            headers=headers,
        )
        return Way(invitation)


def _target(endpoint: SipEndpoint) -> SipUri:
    return SipUri.parse(endpoint.uri) if endpoint.uri else SipUri("sip", endpoint.user, endpoint.domain)


def _headers(endpoint: SipEndpoint) -> dict[str, str]:
    return {f"X-{name}": text for name, text in endpoint.headers.items()} | endpoint.standard_headers


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
    """The headers that may cross the trunk: of applications' own (X-, User-to-User) those it passes."""
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


def _aimed(base: _Base, target: TrunkTarget, flow: Flow, more: Mapping[str, str]) -> Invitation:
    trunk = base.trunk
    login = Credentials(trunk.username, trunk.password, trunk.realm or None) if trunk.username else None
    return Invitation(
        target=SipUri(scheme="sip", user=base.user, host=target.host, port=target.port or None),
        flow=flow,
        from_user=base.caller.user,
        from_host=base.caller.host,
        from_display=base.caller.display,
        local=towards(base.local, flow.remote[0]),
        headers={**trunk.headers, **base.caller.headers, **more},
        credentials=login,
    )
