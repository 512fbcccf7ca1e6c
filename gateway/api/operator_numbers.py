"""The pool of numbers, for the gateway's operator (not a part of any published API).

`cordboard number import` is its client.
"""

from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.answers import json_response
from gateway.api.operator_accounts import require_operator
from gateway.api.replies import Reply
from gateway.api.requests import AccountRequest
from gateway.api.routes import AccountRoute
from gateway.forms import COST, COUNTRY, E164
from gateway.routing.numbers import in_order
from gateway.store.records import PoolNumber

MAX_IMPORTED = 1_000
"""Numbers of one request: some 100 KiB of JSON, which are read before the next SIP message is."""


class NewNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A number that the operator owns."""

    msisdn: Annotated[str, Meta(pattern=E164)]
    country: Annotated[str, Meta(pattern=COUNTRY)]
    type: Literal["landline", "landline-toll-free", "mobile-lvn"] = "landline"
    features: Annotated[tuple[Literal["VOICE", "SMS", "MMS"], ...], Meta(min_length=1, max_length=3)] = (
        "VOICE",
    )
    cost: Annotated[str, Meta(pattern=COST)] = "0.00"

    def record(self) -> PoolNumber:
        """The number as the pool has it."""
        return PoolNumber(
            msisdn=self.msisdn,
            country=self.country.upper(),
            type=self.type,
            features=in_order(self.features),
            cost=self.cost,
        )


class ImportNumbers(msgspec.Struct, frozen=True):
    """POST of numbers: all of them, or none when one is wrong."""

    numbers: Annotated[list[NewNumber], Meta(min_length=1, max_length=MAX_IMPORTED)]
    dry_run: bool = False
    """Only say what would come of it."""


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the numbers, or would."""

    added: int
    changed: int
    unchanged: int
    configured: int
    """Left alone, because the configuration names them."""


async def import_numbers(request: AccountRequest) -> web.Response:
    """POST: doing it again changes nothing."""
    require_operator(request)
    wanted = await request.body(ImportNumbers)
    numbers = {number.msisdn: number.record() for number in wanted.numbers}
    before = {number.msisdn: number for number in await request.services.store.pool_numbers(list(numbers))}
    configured = {msisdn for msisdn, number in before.items() if number.origin == "configuration"}
    new = [
        number
        for msisdn, number in numbers.items()
        if msisdn not in configured and before.get(msisdn) != number
    ]
    if not wanted.dry_run:
        await request.services.store.save_pool_numbers(new)
    changed = sum(number.msisdn in before for number in new)
    return json_response(
        Imported(
            added=len(new) - changed,
            changed=changed,
            unchanged=len(numbers) - len(new) - len(configured),
            configured=len(configured),
        )
    )


ROUTES = (
    AccountRoute(
        method="POST",
        path="/cordboard/numbers",
        handler=import_numbers,
        summary="Put numbers into the pool",
        body=ImportNumbers,
        reply=Reply(model=Imported),
        refusals=(403,),
        only_basic=True,
    ),
)
