"""The operator's pool of numbers, as the configuration names it. The store keeps it, and what is imported."""

from collections.abc import Iterator

from gateway.config import NumberPool
from gateway.forms import FEATURES
from gateway.store.records import PoolNumber


def configured_numbers(pools: tuple[NumberPool, ...]) -> list[PoolNumber]:
    """All numbers of the configuration, in its order. One that two tables name belongs to the first."""
    numbers: dict[str, PoolNumber] = {}
    for pool in pools:
        for msisdn in _expand(pool):
            numbers.setdefault(msisdn, _number(pool, msisdn))
    return list(numbers.values())


def expand(first: str, last: str) -> Iterator[str]:
    """The numbers of a range, both ends included. They are equally long, and start with no zero."""
    return (str(number) for number in range(int(first), int(last) + 1))


def in_order(features: tuple[str, ...]) -> tuple[str, ...]:
    """The features as records have them: each once, in the order of FEATURES."""
    return tuple(feature for feature in FEATURES if feature in features)


def _number(pool: NumberPool, msisdn: str) -> PoolNumber:
    return PoolNumber(
        msisdn=msisdn,
        country=pool.country,
        type=pool.type,
        features=in_order(pool.features),
        cost=pool.cost,
        origin="configuration",
    )


def _expand(pool: NumberPool) -> Iterator[str]:
    return iter(pool.list) if pool.list else expand(pool.first, pool.last)
