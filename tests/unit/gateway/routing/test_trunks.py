"""Which trunk a call leaves by, and which it came in by."""

import pytest

from gateway.config import TrunkSettings
from gateway.routing.trunks import NoTrunk, Trunks

pytestmark = pytest.mark.unit

HOME = TrunkSettings(name="home", host="192.0.2.1", prefixes=("44",))
ABROAD = TrunkSettings(name="abroad", host="192.0.2.2", prefixes=("44", "1"))
DESKS = TrunkSettings(name="desks", host="192.0.2.3")
OFFICE = TrunkSettings(
    name="office",
    host="pbx.example.com",
    networks=("198.51.100.0/24", "2001:db8::/32"),
    inbound_username="office",
    inbound_password="secret",
)


@pytest.mark.parametrize(("number", "trunks"), [("447700900001", (HOME, ABROAD)), ("12025550100", (ABROAD,))])
def test_a_number_leaves_by_every_trunk_that_may_carry_it(
    number: str, trunks: tuple[TrunkSettings, ...]
) -> None:
    assert Trunks((DESKS, HOME, ABROAD)).for_number(number) == trunks


def test_no_number_leaves_without_a_prefix() -> None:
    with pytest.raises(NoTrunk, match="prefix that 33"):
        Trunks((DESKS, HOME)).for_number("33123456789")
    with pytest.raises(NoTrunk, match="there is no trunk"):
        Trunks(()).for_number("33123456789")


def test_a_call_that_may_go_by_one_trunk_goes_by_no_other() -> None:
    trunks = Trunks((HOME, ABROAD))
    assert trunks.for_number("447700900001", "abroad") == (ABROAD,)
    with pytest.raises(NoTrunk, match="home"):
        trunks.for_number("12025550100", "home")


def test_extensions_are_behind_the_trunk_that_is_named() -> None:
    assert Trunks((HOME, DESKS), "desks").for_extension() is DESKS
    for trunks in (Trunks((HOME, DESKS)), Trunks((HOME,), "desks")):
        with pytest.raises(NoTrunk, match=r"\[vbc\] trunk"):
            trunks.for_extension()


def test_stored_trunks_stand_after_configured_ones() -> None:
    trunks = Trunks((HOME,))
    trunks.store(ABROAD)
    assert trunks.for_number("447700900001") == (HOME, ABROAD)
    assert (trunks.is_configured("home"), trunks.is_configured("abroad")) == (True, False)
    trunks.remove("abroad")
    assert list(trunks) == [HOME]


@pytest.mark.parametrize(
    ("host", "username", "trunk"),
    [
        ("198.51.100.7", "", OFFICE),
        ("2001:db8::9", "", OFFICE),
        ("192.0.2.1", "", HOME),
        ("203.0.113.1", "", None),
        ("203.0.113.1", "office", OFFICE),
        ("203.0.113.1", "carol", None),
        ("no address", "", None),
    ],
)
def test_a_call_comes_by_the_trunk_of_its_source(
    host: str, username: str, trunk: TrunkSettings | None
) -> None:
    trunks = Trunks((HOME, OFFICE))
    trunks.located("home", [("192.0.2.1", 5060)])
    assert trunks.of_source(host, username) is trunk


def test_what_the_guard_lets_in() -> None:
    trunks = Trunks((HOME, OFFICE))
    trunks.located("home", [("192.0.2.1", 5060)])
    assert [str(each) for each in trunks.networks()] == ["192.0.2.1/32", "198.51.100.0/24", "2001:db8::/32"]
    assert trunks.logins() == {"office": "secret"}


@pytest.mark.parametrize(
    ("server", "trunk"),
    [
        (("192.0.2.1", 5060), HOME),
        (("192.0.2.1", 5061), HOME),
        (("192.0.2.1", None), HOME),
        (("192.0.2.2", 5060), None),
        (("127.0.0.1", 5060), OFFICE),
        (("127.0.0.1", None), OFFICE),
        (("127.0.0.1", 5070), None),
        (("2001:db8::1", 5060), OFFICE),
        (("2001:DB8:0::1", 5060), OFFICE),
        (("PBX.example.com", None), OFFICE),
        (("pbx.example.com", 5060), OFFICE),
        (("pbx.example.com", 5070), None),
        (("example.com", None), None),
    ],
)
def test_whose_server_an_address_is(server: tuple[str, int | None], trunk: TrunkSettings | None) -> None:
    trunks = Trunks((HOME, OFFICE))
    trunks.located("home", [("192.0.2.1", 5060)])
    trunks.located("office", [("127.0.0.1", 5060), ("2001:db8::1", 5080)])
    assert trunks.serving(*server) is trunk
