"""Who gets a new conversation."""

import pytest

from gateway.errors import Unavailable
from gateway.workers.placement import (
    CONTROL_FULL,
    FULL,
    LEAST_COST,
    Standing,
    choose,
    expected_load,
    load_of,
    refusal,
)

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("standings", "best"),
    [
        pytest.param([Standing(3), Standing(2)], 1, id="fewest legs while nothing is measured"),
        pytest.param([Standing(2), Standing(2)], 0, id="the first of equals"),
        pytest.param(
            [Standing(10, 0.3, 10), Standing(50, 0.2, 50)], 1, id="headroom counts, not how many legs use it"
        ),
        pytest.param(
            [Standing(110, 0.3, 100), Standing(260, 0.3, 200)],
            0,
            id="legs that came since cost what those before cost",
        ),
        pytest.param([Standing(0, serves=False), Standing(90)], 1, id="who serves before who will"),
        pytest.param([Standing(0, serves=False)], 0, id="who will serve, where nobody does"),
        pytest.param([Standing(0, closed="it dies"), Standing(90)], 1, id="not who is closed"),
        pytest.param([Standing(0, draining=True), Standing(90)], 1, id="not who is about to end"),
        pytest.param([Standing(5, FULL + 0.01, 5), Standing(900, FULL, 900)], 1, id="not who is full"),
    ],
)
def test_the_most_headroom_wins(standings: list[Standing], best: int) -> None:
    assert choose(standings) == best


def test_a_burst_is_spread_before_anything_is_measured() -> None:
    legs = [0, 0, 0]
    for _ in range(30):
        legs[choose([Standing(each, 0.1, 0) for each in legs])] += 1
    assert legs == [10, 10, 10]


def test_legs_cost_something_before_they_are_measured() -> None:
    assert expected_load(Standing(100)) == pytest.approx(100 * LEAST_COST)
    assert expected_load(Standing(100, 0.0, 100)) == 0.0
    assert expected_load(Standing(50, 0.4, 100)) == pytest.approx(0.2)


def test_codecs_fill_a_worker_as_ticks_do() -> None:
    assert load_of(0.3, 0.0) == 0.3
    assert load_of(0.3, CONTROL_FULL) == pytest.approx(FULL)
    assert refusal(Standing(60, load_of(0.1, CONTROL_FULL + 0.01), 60))
    assert not refusal(Standing(60, load_of(0.1, CONTROL_FULL - 0.01), 60))


def test_it_is_said_why_nobody_takes_new_legs() -> None:
    with pytest.raises(Unavailable, match="61%"):
        choose([Standing(5, 0.61, 5), Standing(0, closed="it dies")])
    assert refusal(Standing(0, 0.9, 0, closed="it dies")) == "it dies"
    assert refusal(Standing(5, FULL, 5)) == ""
