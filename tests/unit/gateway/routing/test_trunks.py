"""Which trunk a call leaves by."""

import pytest

from gateway.config import TrunkSettings
from gateway.routing.trunks import NoTrunk, Trunks

pytestmark = pytest.mark.unit

HOME = TrunkSettings(name="home", host="192.0.2.1", prefixes=("44",))
ABROAD = TrunkSettings(name="abroad", host="192.0.2.2", prefixes=("44", "1"))
DESKS = TrunkSettings(name="desks", host="192.0.2.3")


@pytest.mark.parametrize(("number", "trunk"), [("447700900001", HOME), ("12025550100", ABROAD)])
def test_a_number_leaves_by_the_first_trunk_with_its_prefix(number: str, trunk: TrunkSettings) -> None:
    assert Trunks((DESKS, HOME, ABROAD)).for_number(number) is trunk


def test_no_number_leaves_without_a_prefix() -> None:
    with pytest.raises(NoTrunk, match="prefix that 33"):
        Trunks((DESKS, HOME)).for_number("33123456789")
    with pytest.raises(NoTrunk, match="there is no trunk"):
        Trunks(()).for_number("33123456789")


def test_extensions_are_behind_the_trunk_that_is_named() -> None:
    assert Trunks((HOME, DESKS), "desks").for_extension() is DESKS
    for trunks in (Trunks((HOME, DESKS)), Trunks((HOME,), "desks")):
        with pytest.raises(NoTrunk, match=r"\[vbc\] trunk"):
            trunks.for_extension()
