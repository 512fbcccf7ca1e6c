"""The pool of numbers: what there is to rent."""

from typing import Literal

import pytest

from gateway.config import NumberPool
from gateway.routing.numbers import Pool, PoolNumber

pytestmark = pytest.mark.unit

POOL = Pool(
    (
        NumberPool(country="GB", first="447700900098", last="447700900101", cost="0.80"),
        NumberPool(country="US", list=("12015550123",), type="mobile-lvn", features=("VOICE", "SMS")),
    )
)


def found(numbers: list[PoolNumber]) -> list[str]:
    return [number.msisdn for number in numbers]


def test_a_range_holds_both_its_ends() -> None:
    assert found(POOL.search("GB")) == ["447700900098", "447700900099", "447700900100", "447700900101"]
    assert len(POOL) == 5


@pytest.mark.parametrize(
    ("place", "pattern", "expected"),
    [
        (0, "4477009000", ["447700900098", "447700900099"]),
        (1, "9001", ["447700900100", "447700900101"]),
        (2, "01", ["447700900101"]),
        (0, "1", []),
    ],
)
def test_the_pattern_stands_where_search_pattern_says(
    place: Literal[0, 1, 2], pattern: str, expected: list[str]
) -> None:
    assert found(POOL.search("GB", pattern, place)) == expected


def test_features_and_type_narrow_the_search() -> None:
    assert found(POOL.search("US", features=("SMS",))) == ["12015550123"]
    assert found(POOL.search("US", features=("SMS", "MMS"))) == []
    assert found(POOL.search("GB", type="mobile-lvn")) == []


def test_rented_numbers_are_not_offered() -> None:
    assert found(POOL.search("US", rented={"12015550123"})) == []


def test_a_number_is_found_with_what_belongs_to_it() -> None:
    number = POOL.find("447700900100")
    assert number is not None
    assert (number.country, number.cost, number.features) == ("GB", "0.80", ("VOICE",))
    assert POOL.find("447700900102") is None


def test_a_number_of_two_tables_belongs_to_the_first() -> None:
    twice = Pool(
        (NumberPool(country="GB", list=("447700900100",)), NumberPool(country="FR", list=("447700900100",)))
    )
    number = twice.find("447700900100")
    assert number is not None
    assert number.country == "GB"
