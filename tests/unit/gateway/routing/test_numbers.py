"""The pool of numbers of the configuration."""

import pytest

from gateway.config import NumberPool
from gateway.routing.numbers import configured_numbers

pytestmark = pytest.mark.unit


def test_a_range_holds_both_its_ends() -> None:
    pool = NumberPool(country="GB", first="447700900098", last="447700900101", cost="0.80")
    numbers = configured_numbers((pool,))
    assert [number.msisdn for number in numbers] == [f"447700900{n:03}" for n in (98, 99, 100, 101)]
    assert {(number.country, number.cost, number.origin) for number in numbers} == {
        ("GB", "0.80", "configuration")
    }


def test_a_list_keeps_its_order_and_features_have_theirs() -> None:
    pool = NumberPool(country="US", list=("12015550124", "12015550123"), features=("SMS", "VOICE", "SMS"))
    numbers = configured_numbers((pool,))
    assert [number.msisdn for number in numbers] == ["12015550124", "12015550123"]
    assert {number.features for number in numbers} == {("VOICE", "SMS")}


def test_a_number_of_two_tables_belongs_to_the_first() -> None:
    tables = (
        NumberPool(country="GB", list=("447700900100",)),
        NumberPool(country="FR", list=("447700900100",)),
    )
    assert [number.country for number in configured_numbers(tables)] == ["GB"]
