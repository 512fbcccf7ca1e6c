"""From an endpoint to rounds of INVITEs: whom they go to, how long each is waited for, and what leads on."""

from collections.abc import Collection, Mapping
from typing import cast

import pytest

from gateway.config import TrunkSettings
from gateway.config.trunks import TrunkTarget
from gateway.legs.hunting import MAX_ROUNDS, SERVER_FAILED
from gateway.legs.line import Summons
from gateway.legs.phones import Phones
from gateway.legs.registrations import Registrations
from gateway.legs.trunk_ways import CannotDial, Rounds, TrunkWays
from gateway.legs.ways import Ways
from gateway.routing.domains import SipDirectory
from gateway.routing.endpoints import Dialled, PhoneEndpoint, SipEndpoint
from gateway.routing.forwarding import ForwardType, read_forwarding
from gateway.routing.trunk_health import TrunkHealth
from gateway.routing.trunks import Trunks
from gateway.webhooks.egress import Egress
from gateway.webhooks.failures import RefusedAddress
from signalling.io.shell import SipShell
from signalling.sdp.stream import LocalMedia
from signalling.sip.calls import Flow
from signalling.sip.errors import SipError
from signalling.sip.uri import SipUri
from tests.support import records

pytestmark = pytest.mark.unit

FIRST, SECOND, THIRD = (TrunkTarget(host=f"{name}.example", priority=at) for at, name in enumerate("abc"))
CARRIER = TrunkSettings(
    name="carrier", targets=(FIRST, SECOND), prefixes=("44",), timeout_s=4.0, failover=("timeout", "503")
)
SPARE = TrunkSettings(name="spare", targets=(THIRD,), prefixes=("447",), failover=("5xx",))
NAMES = {"a.example": ("192.0.2.1",), "b.example": ("192.0.2.2",), "c.example": ("192.0.2.3",)}
A, B = ("192.0.2.1", 5060), ("192.0.2.2", 5060)
MOBILE, HOME = "447700900001", "442079460001"


class Door:
    """Lets everybody out but to some hosts, and remembers who was asked about."""

    def __init__(self, refused: Collection[str]) -> None:
        self._refused = refused

    async def admit(self, url: str, schemes: Collection[str]) -> None:
        """As the egress does."""
        assert tuple(schemes) == ("sip",)
        if SipUri.parse(url).host in self._refused:
            raise RefusedAddress("out of reach")


class Names:
    """A shell that looks up names, and no more."""

    def __init__(self, names: Mapping[str, tuple[str, ...]]) -> None:
        self._names = names

    async def targets(self, host: str, port: int | None, transport: str | None) -> list[Flow]:
        """As the shell does."""
        del transport
        found = self._names.get(host, (host,) if host[0].isdigit() else ())
        if not found:
            raise SipError(f"{host} has no address", 503)
        return [Flow("udp", (address, port or 5060), ("192.0.2.200", 5060)) for address in found]

    async def resolve(self, uri: SipUri) -> list[Flow]:
        """As the shell does."""
        return await self.targets(uri.host, uri.port, None)


class Plan:
    """Ways with two trunks, to be asked."""

    def __init__(
        self,
        *trunks: TrunkSettings,
        refused: Collection[str] = (),
        names: Mapping[str, tuple[str, ...]] = NAMES,
    ) -> None:
        self.trunks, self.health = Trunks(trunks or (CARRIER, SPARE)), TrunkHealth()
        for trunk in self.trunks:
            hosts = [host for target in trunk.all_targets() for host in names.get(target.host, ())]
            self.trunks.located(trunk.name, [(host, 5060) for host in hosts])
        shell, directory = cast("SipShell", Names(names)), SipDirectory()
        ways = TrunkWays(shell, self.trunks, self.health, "gateway.example")
        phones = Phones(directory, cast("Registrations", None))
        self._ways = Ways(shell, ways, cast("Egress", Door(refused)), phones, "gateway.example")

    async def to(self, endpoint: Dialled) -> Rounds:
        """The rounds to an endpoint."""
        application = records.application()
        summons = Summons(leg_id="leg", endpoint=endpoint, caller=HOME, application=application)
        return await self._ways.to(summons, LocalMedia("192.0.2.200", 4000))

    async def forward(self, type_: ForwardType, value: str) -> Rounds:
        """The rounds of a number that is forwarded."""
        return await self.to(read_forwarding(type_, value))


def asked(rounds: Rounds) -> list[str]:
    """Who is asked, in order."""
    return [way.invitation.target.host for each in rounds for way in each.targets]


def waits(rounds: Rounds) -> list[float | None]:
    """How long each may say nothing."""
    return [each.timeout_s for each in rounds]


async def test_a_number_goes_by_all_servers_of_all_trunks_and_the_last_is_not_hurried() -> None:
    rounds = await Plan().to(PhoneEndpoint(number=MOBILE))
    assert asked(rounds) == ["a.example", "b.example", "c.example"]
    assert waits(rounds) == [4.0, 4.0, None]
    assert [sorted(each.leads_on) for each in rounds] == [[408, 503], [408, 503], [*range(500, 600)]]
    assert waits(await Plan().to(PhoneEndpoint(number=HOME))) == [4.0, None]


async def test_who_has_nobody_to_go_on_to_after_silence_is_not_hurried() -> None:
    rounds = await Plan(SPARE, CARRIER).to(PhoneEndpoint(number=MOBILE))
    assert asked(rounds) == ["c.example", "a.example", "b.example"]
    assert waits(rounds) == [None, 4.0, None]


async def test_a_dead_server_is_passed_over_unless_all_are() -> None:
    plan = Plan()
    plan.health.note("carrier", FIRST, A, "dead")
    assert asked(await plan.to(PhoneEndpoint(number=HOME))) == ["b.example"]
    plan.health.note("carrier", SECOND, B, "dead")
    assert asked(await plan.to(PhoneEndpoint(number=HOME))) == ["a.example", "b.example"]
    plan.health.note("carrier", SECOND, B, "alive")
    assert asked(await plan.to(PhoneEndpoint(number=HOME))) == ["b.example"]


async def test_a_dead_address_of_a_server_is_passed_over() -> None:
    plan = Plan(names={**NAMES, "a.example": ("192.0.2.1", "192.0.2.9")})
    plan.health.note("carrier", FIRST, ("192.0.2.9", 5060), "unknown")
    plan.health.note("carrier", FIRST, A, "dead")
    rounds = await plan.to(PhoneEndpoint(number=HOME))
    called = [way.invitation.flow.remote[0] for each in rounds for way in each.targets]
    assert called == ["192.0.2.9", "192.0.2.2"]


async def test_a_server_without_an_address_is_passed_over_unless_all_are() -> None:
    plan = Plan(names={"b.example": ("192.0.2.2", "192.0.2.9")})
    rounds = await plan.to(PhoneEndpoint(number=HOME))
    assert [way.invitation.flow.remote[0] for each in rounds for way in each.targets] == [
        "192.0.2.2",
        "192.0.2.9",
    ]
    with pytest.raises(SipError, match="no address"):
        await Plan(names={}).to(PhoneEndpoint(number=HOME))


async def test_as_many_servers_are_called_as_a_leg_may_hunt_through() -> None:
    many = {"a.example": tuple(f"192.0.2.{number}" for number in range(1, MAX_ROUNDS + 5))}
    rounds = await Plan(names=many).to(PhoneEndpoint(number=HOME))
    assert len(rounds) == MAX_ROUNDS
    assert waits(rounds)[-2:] == [4.0, None]


@pytest.mark.parametrize(
    ("pass_headers", "told"),
    [
        (("X-", "User-to-User"), {"X-Shop": "7", "X-Secret": "1", "User-to-User": "31", "Replaces": "a"}),
        (("x-shop",), {"X-Shop": "7", "Replaces": "a"}),
        ((), {"Replaces": "a"}),
    ],
)
async def test_a_trunk_is_told_what_it_passes(pass_headers: tuple[str, ...], told: dict[str, str]) -> None:
    trunk = TrunkSettings(name="one", targets=(FIRST,), prefixes=("44",), pass_headers=pass_headers)
    endpoint = SipEndpoint(
        uri=f"sip:{HOME}@a.example",
        headers={"Shop": "7", "Secret": "1"},
        standard_headers={"User-to-User": "31", "Replaces": "a"},
    )
    (only,) = await Plan(trunk).to(endpoint)
    assert dict(only.targets[0].invitation.headers) == told


@pytest.mark.parametrize("host", ["a.example", "192.0.2.1", "192.0.2.1:5090", "alias.example"])
async def test_a_trunks_server_is_called_by_toll_policy_however_it_is_named(host: str) -> None:
    plan = Plan(names={**NAMES, "alias.example": ("192.0.2.1",)})
    assert asked(await plan.to(SipEndpoint(uri=f"sip:{HOME}@{host}"))) == ["a.example", "b.example"]
    with pytest.raises(CannotDial, match="carrier"):
        await plan.to(SipEndpoint(uri=f"sip:339000000001@{host}"))


async def test_a_trunk_in_a_private_network_is_as_near_as_its_numbers_are() -> None:
    plan = Plan(refused=("192.0.2.1", "192.0.2.2"))
    assert asked(await plan.to(SipEndpoint(uri=f"sip:{HOME}@a.example"))) == ["a.example", "b.example"]


@pytest.mark.parametrize("refused", ["198.51.100.1", "198.51.100.2"])
async def test_no_address_is_called_that_has_a_server_out_of_reach(refused: str) -> None:
    plan = Plan(refused=(refused,), names={"two.example": ("198.51.100.1", "198.51.100.2")})
    with pytest.raises(CannotDial, match="out of reach"):
        await plan.to(SipEndpoint(uri="sip:anna@two.example"))


async def test_each_target_of_a_forwarded_number_is_waited_for_as_it_says() -> None:
    rounds = await Plan().forward("sip", "sip:a@198.51.100.1;timeout=2000,sip:b@198.51.100.2")
    assert asked(rounds) == ["198.51.100.1", "198.51.100.2"]
    assert waits(rounds) == [2.0, 5.0]
    numbers = await Plan().forward("tel", f"{HOME};timeout=3000,{MOBILE};timeout=7000")
    assert asked(numbers) == ["a.example", "b.example", "a.example", "b.example", "c.example"]
    assert waits(numbers) == [3.0, 3.0, 7.0, 7.0, 7.0]
    assert all(each.leads_on >= SERVER_FAILED for each in numbers)


@pytest.mark.parametrize(
    ("type_", "value", "called"),
    [
        ("sip", "sip:a@203.0.113.1,sip:b@198.51.100.2", ["198.51.100.2"]),
        ("sip", "sip:a@nobody.example,sip:b@198.51.100.2", ["198.51.100.2"]),
        ("tel", f"339000000001,{HOME}", ["a.example", "b.example"]),
    ],
)
async def test_a_target_that_cannot_be_called_is_passed_over(
    type_: ForwardType, value: str, called: list[str]
) -> None:
    assert asked(await Plan(refused=("203.0.113.1",)).forward(type_, value)) == called


async def test_a_number_that_is_forwarded_where_nobody_may_be_called_is_refused() -> None:
    with pytest.raises(CannotDial, match="out of reach"):
        await Plan(refused=("203.0.113.1",)).forward("sip", "sip:a@203.0.113.1")


async def test_a_forwarded_number_hunts_through_as_much_as_a_leg_may() -> None:
    plan = Plan(names={"a.example": tuple(f"192.0.2.{number}" for number in range(1, 9))})
    assert len(await plan.forward("tel", ",".join([HOME] * 4))) == MAX_ROUNDS
