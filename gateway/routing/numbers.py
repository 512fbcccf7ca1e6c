"""The operator's pool: which numbers there are to rent. Which are rented stands in the store."""

from collections.abc import Collection, Iterator
from typing import Literal

import msgspec

from gateway.config import NumberPool


class PoolNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A number that can be rented, as `GET /number/search` shows it."""

    msisdn: str
    country: str
    type: str
    features: tuple[str, ...]
    cost: str


class Pool:
    """All numbers of the configuration. A number that two tables name belongs to the first."""

    def __init__(self, pools: tuple[NumberPool, ...]) -> None:
        self._numbers: dict[str, PoolNumber] = {}
        for pool in pools:
            for msisdn in _expand(pool):
                self._numbers.setdefault(
                    msisdn,
                    PoolNumber(
                        msisdn=msisdn,
                        country=pool.country,
                        type=pool.type,
                        features=pool.features,
                        cost=pool.cost,
                    ),
                )

    def __len__(self) -> int:
        return len(self._numbers)

    def find(self, msisdn: str) -> PoolNumber | None:
        """The number, rented or not; None when the operator does not own it."""
        return self._numbers.get(msisdn)

    def search(
        self,
        country: str,
        pattern: str = "",
        search_pattern: Literal[0, 1, 2] = 0,
        *,
        features: Collection[str] = (),
        type: str | None = None,  # noqa: A002 - the API's word
        rented: Collection[str] = (),
    ) -> list[PoolNumber]:
        """The free numbers in the order of the configuration.

        `search_pattern` says where `pattern` must stand: 0 at the start, 1 anywhere, 2 at the end. A number
        must have every one of `features` (Numbers API, `GET /number/search`).
        """
        return [
            number
            for number in self._numbers.values()
            if number.country == country
            and _matches(number.msisdn, pattern, search_pattern)
            and set(features) <= set(number.features)
            and type in (None, number.type)
            and number.msisdn not in rented
        ]


def _expand(pool: NumberPool) -> Iterator[str]:
    if pool.list:
        yield from pool.list
    else:
        # Numbers of a range are equally long and start with no zero, so that counting keeps their form.
        yield from (str(number) for number in range(int(pool.first), int(pool.last) + 1))


def _matches(msisdn: str, pattern: str, search_pattern: Literal[0, 1, 2]) -> bool:
    match search_pattern:
        case 0:
            return msisdn.startswith(pattern)
        case 1:
            return pattern in msisdn
        case 2:
            return msisdn.endswith(pattern)
