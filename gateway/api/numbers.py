"""Numbers: what the account rents, what it could rent, and how its numbers are linked (Numbers API)."""

import msgspec
from aiohttp import web

from gateway.api.number_bodies import (
    Done,
    FreeNumbers,
    ListNumbers,
    NameNumber,
    RentedNumbers,
    SearchNumbers,
    UpdateNumber,
    Where,
    show_free,
    show_rented,
)
from gateway.api.replies import FORM, Reply
from gateway.api.requests import AccountRequest
from gateway.api.routes import AccountRoute
from gateway.api.validation import invalid
from gateway.api.xml_answers import JSON, XML_TYPES, Document, answer, dashed
from gateway.errors import Conflict, Forbidden, NotFound
from gateway.store.queries import NumberFilter, PoolFilter, Window
from gateway.store.records import NumberRecord

BOTH = (JSON, *XML_TYPES)
INBOUND_NUMBERS = Document(root="inbound-numbers", rename=dashed, items={"features": "feature"})
RESPONSE = Document(root="response")


async def list_all(request: AccountRequest) -> web.Response:
    """GET /account/numbers."""
    wanted = request.parameters(ListNumbers)
    page = await request.services.store.numbers(
        request.account,
        Window(limit=wanted.size, offset=(wanted.index - 1) * wanted.size),
        NumberFilter(
            country=wanted.country.upper() if wanted.country else None,
            pattern=_anchored(wanted.pattern, wanted.search_pattern),
            app_id=wanted.application_id,
            linked=wanted.has_application,
        ),
    )
    numbers = RentedNumbers(page.total, [show_rented(number) for number in page.rows])
    return answer(request.http, numbers, INBOUND_NUMBERS)


async def search(request: AccountRequest) -> web.Response:
    """GET /number/search."""
    wanted = request.parameters(SearchNumbers)
    page = await request.services.store.free_numbers(
        Window(limit=wanted.size, offset=(wanted.index - 1) * wanted.size),
        PoolFilter(
            country=wanted.country.upper(),
            pattern=_anchored(wanted.pattern, wanted.search_pattern),
            type=wanted.type,
            features=tuple(wanted.features.upper().split(",")) if wanted.features else (),
        ),
    )
    numbers = FreeNumbers(page.total, [show_free(number) for number in page.rows])
    return answer(request.http, numbers, INBOUND_NUMBERS)


async def buy(request: AccountRequest) -> web.Response:
    """POST /number/buy."""
    wanted = request.parameters(NameNumber)
    account = await _target(request, wanted)
    offers = await request.services.store.pool_numbers([wanted.msisdn])
    if not offers or offers[0].country != wanted.country.upper():
        raise _nothing_to_rent()
    offer = offers[0]
    rented = NumberRecord(
        msisdn=offer.msisdn, country=offer.country, account=account, type=offer.type, features=offer.features
    )
    try:
        await request.services.store.rent_number(rented)
    except Conflict:
        # Who rents it is nobody's business: it is as if there were none.
        raise _nothing_to_rent() from None
    return answer(request.http, Done(), RESPONSE)


async def cancel(request: AccountRequest) -> web.Response:
    """POST /number/cancel."""
    wanted = request.parameters(NameNumber)
    number = await _rented(request, await _target(request, wanted), wanted.msisdn, wanted.country)
    await request.services.store.cancel_number(number.account, number.msisdn)
    return answer(request.http, Done(), RESPONSE)


async def update(request: AccountRequest) -> web.Response:
    """POST /number/update."""
    wanted = request.parameters(UpdateNumber)
    number = await _rented(request, request.account, wanted.msisdn, wanted.country)
    wanted.check()
    for field, application_id in wanted.applications().items():
        await _check_application(request, field, application_id)
    await request.services.store.save_number(
        msgspec.structs.replace(
            number,
            app_id=wanted.answering(),
            voice_callback_type=wanted.voice_callback_type,
            voice_callback_value=wanted.voice_callback_value,
            settings=wanted.settings(),
        )
    )
    return answer(request.http, Done(), RESPONSE)


async def _check_application(request: AccountRequest, field: str, application_id: str) -> None:
    application = await request.services.store.application(application_id)
    if application is None or application.account != request.account:
        raise invalid(field, "must be one of your applications")


async def _target(request: AccountRequest, wanted: NameNumber) -> str:
    """The account that is acted for: the caller's, or for the operator any that there is."""
    target = wanted.target_api_key or request.account
    if target == request.account:
        return target
    if request.account != request.services.operator or await request.services.store.account(target) is None:
        raise Forbidden("method failed: target_api_key is not an account of yours")
    return target


async def _rented(request: AccountRequest, account: str, msisdn: str, country: str) -> NumberRecord:
    number = await request.services.store.number(msisdn)
    if number is None or number.account != account or number.country != country.upper():
        raise NotFound("method failed: you do not rent this number")
    return number


def _nothing_to_rent() -> NotFound:
    return NotFound("method failed: there is no such number to rent")


def _anchored(pattern: str, where: Where) -> str:
    """The pattern with the stars that `search_pattern` means."""
    if not pattern or "*" in pattern:
        return pattern
    return (f"{pattern}*", f"*{pattern}*", f"*{pattern}")[where]


ROUTES = (
    AccountRoute(
        method="GET",
        path="/account/numbers",
        handler=list_all,
        summary="List the numbers of the account",
        query=ListNumbers,
        reply=Reply(model=RentedNumbers, media_types=BOTH),
        refusals=(420,),
    ),
    AccountRoute(
        method="GET",
        path="/number/search",
        handler=search,
        summary="Search numbers to rent",
        query=SearchNumbers,
        reply=Reply(model=FreeNumbers, media_types=BOTH),
        refusals=(420,),
    ),
    AccountRoute(
        method="POST",
        path="/number/buy",
        handler=buy,
        summary="Rent a number",
        body=NameNumber,
        body_type=FORM,
        reply=Reply(model=Done, media_types=BOTH),
        refusals=(420,),
    ),
    AccountRoute(
        method="POST",
        path="/number/cancel",
        handler=cancel,
        summary="Give a number back",
        body=NameNumber,
        body_type=FORM,
        reply=Reply(model=Done, media_types=BOTH),
        refusals=(420,),
    ),
    AccountRoute(
        method="POST",
        path="/number/update",
        handler=update,
        summary="Set what a number does",
        body=UpdateNumber,
        body_type=FORM,
        reply=Reply(model=Done, media_types=BOTH),
        refusals=(420,),
    ),
)
