"""How much of a trunk is in use: calls at once and a second."""

import msgspec
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
    assert not use.may_start(TWO, 0)
    assert not use.may_come(TWO)
    use.leave("in")
    use.leave("in")
    assert use.live("two") == 1
    assert use.may_start(TWO, 0)
    assert use.may_come(TWO)


def started(use: TrunkUse, trunk: TrunkSettings, *times: float) -> list[bool]:
    """Which of the calls may start at these times; those that may do."""
    may = []
    for now in times:
        may.append(use.may_start(trunk, now))
        if may[-1]:
            use.start(trunk, f"{trunk.name} at {now}", now)
    return may


def test_calls_a_second() -> None:
    times = (0.0, 0.5, 0.9, 1.0, 1.2, 1.5)
    assert started(TrunkUse(), SLOW, *times) == [True, True, False, True, False, True]


def test_a_question_takes_nothing() -> None:
    use = TrunkUse()
    assert [use.may_start(SLOW, 0) for _ in range(5)] == [True] * 5


def test_calls_a_second_of_one_trunk_are_no_others() -> None:
    use = TrunkUse()
    started(use, FREE, 0, 0, 0)
    assert started(use, SLOW, 0, 0, 0) == [True, True, False]


@pytest.mark.parametrize(("rate", "may"), [(3, [True, False]), (1, [False, False]), (0, [True, True])])
def test_a_rate_that_is_changed_counts_what_started_before(rate: int, may: list[bool]) -> None:
    use = TrunkUse()
    assert started(use, SLOW, 0.0, 0.1, 0.2) == [True, True, False]
    changed = msgspec.structs.replace(SLOW, calls_per_second=rate)
    assert started(use, changed, 0.3, 0.4) == may
    if rate:
        assert started(use, changed, *[2.0] * 5) == [True] * rate + [False] * (5 - rate)


def test_nothing_is_kept_of_calls_that_are_over_and_of_seconds_that_are_gone() -> None:
    use = TrunkUse()
    for number in range(100):
        trunk = TrunkSettings(name=f"trunk-{number}", host="192.0.2.1")
        use.start(trunk, str(number), float(number))
        use.leave(str(number))
    assert (len(use._starts), len(use._started), len(use._live), len(use._trunks)) == (1, 1, 0, 0)


def test_a_trunk_without_limits_carries_what_comes() -> None:
    use = TrunkUse()
    for call in range(100):
        assert use.may_start(FREE, 0)
        use.enter(FREE, str(call))
    assert use.may_come(FREE)
    use.leave("of no trunk")
    assert use.live("free") == 100
