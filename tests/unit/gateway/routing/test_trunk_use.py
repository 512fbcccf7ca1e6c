"""How much of a trunk is in use: calls at once and a second."""

import pytest

from gateway.config import TrunkSettings
from gateway.routing.trunk_use import TrunkUse

pytestmark = pytest.mark.unit

TWO = TrunkSettings(name="two", host="192.0.2.1", max_calls=2)
SLOW = TrunkSettings(name="slow", host="192.0.2.1", calls_per_second=2)
FREE = TrunkSettings(name="free", host="192.0.2.1")


def test_calls_at_once_both_ways() -> None:
    use = TrunkUse()
    use.enter(TWO, "in")
    use.enter(TWO, "out")
    assert use.live("two") == 2
    assert not use.may_call(TWO, 0)
    assert not use.may_come(TWO)
    use.leave("in")
    use.leave("in")
    assert use.live("two") == 1
    assert use.may_call(TWO, 0)
    assert use.may_come(TWO)


def test_calls_a_second() -> None:
    use = TrunkUse()
    assert [use.may_call(SLOW, now) for now in (0.0, 0.5, 0.9, 1.0, 1.2, 1.5)] == [
        True,
        True,
        False,
        True,
        False,
        True,
    ]


def test_a_trunk_without_limits_carries_what_comes() -> None:
    use = TrunkUse()
    for call in range(100):
        assert use.may_call(FREE, 0)
        use.enter(FREE, str(call))
    assert use.may_come(FREE)
    use.leave("of no trunk")
    assert use.live("free") == 100
