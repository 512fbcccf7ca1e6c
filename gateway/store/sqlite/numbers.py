"""Numbers: the operator's pool, and what accounts rent of it."""

from collections.abc import Sequence
from itertools import combinations

import msgspec
from sqlalchemy import Column, exists, or_, text

from gateway.forms import FEATURES
from gateway.store import lookups
from gateway.store.queries import NumberFilter, Page, PoolFilter, Window
from gateway.store.reader import Condition
from gateway.store.records import NumberRecord, PoolNumber
from gateway.store.rows import NUMBERS, POOL
from gateway.store.sqlite.part import Part
from gateway.store.tables import numbers, pool


class Numbers(Part):
    """Reads and writes of numbers."""

    async def number(self, msisdn: str) -> NumberRecord | None:
        """A rented number, of any account: the caller checks `account`."""
        return await self._reader.one(lookups.NUMBER, msisdn)

    async def numbers(self, account: str, window: Window, number_filter: NumberFilter) -> Page[NumberRecord]:
        """The numbers that an account rents, by the time when it rented them."""
        where: list[Condition] = [
            numbers.c.account == account,
            *_stands(numbers.c.msisdn, number_filter.pattern),
        ]
        if number_filter.country is not None:
            where.append(numbers.c.country == number_filter.country)
        if number_filter.app_id is not None:
            where.append(numbers.c.app_id == number_filter.app_id)
        if number_filter.linked is not None:
            where.append(
                numbers.c.app_id.is_not(None) if number_filter.linked else numbers.c.app_id.is_(None)
            )
        return await self._reader.page(NUMBERS, numbers.c.serial, window, *where)

    async def rent_number(self, number: NumberRecord) -> None:
        """Rent. Raises Conflict when somebody rents it already."""
        await self._write(NUMBERS.insert([number]))

    async def save_number(self, number: NumberRecord) -> None:
        """Replace a rented number's settings; a number that nobody, or another account, rents stays so."""
        msisdn, account, _, app_id, document = NUMBERS.row(number)
        replace = "UPDATE numbers SET app_id = ?, document = ? WHERE msisdn = ? AND account = ?"
        await self._write((replace, [(app_id, document, msisdn, account)]))

    async def cancel_number(self, account: str, msisdn: str) -> None:
        """Give a number back to the pool; one that another account rents stays rented."""
        await self._write(("DELETE FROM numbers WHERE msisdn = ? AND account = ?", [(msisdn, account)]))

    async def free_numbers(self, window: Window, pool_filter: PoolFilter) -> Page[PoolNumber]:
        """The numbers of the pool that nobody rents, in the order in which they came into it."""
        where: list[Condition] = [
            pool.c.country == pool_filter.country,
            *_stands(pool.c.msisdn, pool_filter.pattern),
            ~exists().where(numbers.c.msisdn == pool.c.msisdn),
        ]
        if pool_filter.type is not None:
            where.append(pool.c.type == pool_filter.type)
        if pool_filter.features:
            sets = _feature_sets(pool_filter.features)
            where.append(or_(*(pool.c.feature_set == each for each in sets)))
        total = await self._reader.count(POOL, *where)
        return await self._reader.page(POOL, pool.c.serial, window, *where, total=total)

    async def pool_numbers(self, msisdns: Sequence[str]) -> list[PoolNumber]:
        """Those of these numbers that are in the pool, rented or not."""
        # One value, however many numbers it names.
        asked = text("msisdn IN (SELECT value FROM json_each(:msisdns))").bindparams(
            msisdns=msgspec.json.encode(msisdns).decode()
        )
        return await self._reader.all(POOL, pool.c.serial, asked)

    async def save_pool_numbers(self, numbers: Sequence[PoolNumber]) -> None:
        """Put into the pool, or replace there, all or none."""
        await self._write(POOL.upsert(numbers))

    async def configure_pool(self, numbers: Sequence[PoolNumber]) -> None:
        """Make these the numbers of the pool that come from the configuration; imported ones stay."""
        before = await self._reader.all(POOL, pool.c.serial, pool.c.origin == "configuration")
        gone = {number.msisdn for number in before} - {number.msisdn for number in numbers}
        known = set(map(POOL.row, before))
        await self._write(
            ("DELETE FROM pool WHERE msisdn = ?", [(msisdn,) for msisdn in gone]),
            POOL.upsert([number for number in numbers if POOL.row(number) not in known]),
        )


def _stands(msisdn: Column[str], pattern: str) -> list[Condition]:
    """Conditions for a pattern; one that ends in its only star goes by the index."""
    prefix = pattern.removesuffix("*")
    if not pattern or pattern == "*":
        return []
    if prefix != pattern and "*" not in prefix:
        return [msisdn >= prefix, msisdn < prefix + ":"]  # the character after 9
    return [msisdn.op("GLOB")(pattern)]


def _feature_sets(wanted: Sequence[str]) -> list[str]:
    """Every set of features, as its column has it, that holds all the wanted ones."""
    sets = [chosen for count in range(len(FEATURES) + 1) for chosen in combinations(FEATURES, count)]
    return [",".join(chosen) for chosen in sets if set(wanted) <= set(chosen)]
