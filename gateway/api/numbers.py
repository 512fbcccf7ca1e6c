"""Numbers: what the account rents, what it could rent, and how its numbers are linked (Numbers API)."""

from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.fields import Url
from gateway.api.paging import MAX_OFFSET
from gateway.api.requests import AccountRequest
from gateway.api.routes import AccountRoute
from gateway.api.validation import invalid
from gateway.errors import NotFound
from gateway.forms import COUNTRY, MSISDN
from gateway.routing.numbers import PoolNumber
from gateway.store.base import MAX_PAGE
from gateway.store.records import NumberRecord

Country = Annotated[str, Meta(pattern=COUNTRY)]
Msisdn = Annotated[str, Meta(pattern=MSISDN)]
Size = Annotated[int, Meta(ge=1, le=MAX_PAGE)]
Index = Annotated[int, Meta(ge=1, le=MAX_OFFSET)]
Where = Literal[0, 1, 2]
"""0: the pattern stands at the start, 1: anywhere, 2: at the end."""


class ListNumbers(msgspec.Struct, frozen=True):
    """GET /account/numbers."""

    application_id: str | None = None
    has_application: bool | None = None
    country: Country | None = None
    pattern: str = ""
    search_pattern: Where = 0
    size: Size = 10
    index: Index = 1


class SearchNumbers(msgspec.Struct, frozen=True):
    """GET /number/search."""

    country: Country
    type: str | None = None
    pattern: str = ""
    search_pattern: Where = 0
    features: str = ""
    size: Size = 10
    index: Index = 1


class NameNumber(msgspec.Struct, frozen=True):
    """POST /number/buy and /number/cancel."""

    country: Country
    msisdn: Msisdn


class UpdateNumber(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """POST /number/update: what is left out is unset."""

    country: Country
    msisdn: Msisdn
    app_id: str | None = msgspec.field(name="app_id", default=None)
    mo_http_url: Url | None = None
    mo_smpp_sys_type: str | None = None
    voice_callback_type: Literal["sip", "tel", "app"] | None = None
    voice_callback_value: str | None = None
    voice_status_callback: Url | None = None

    def application_id(self) -> str | None:
        """The application that answers: by `app_id`, or by a voice callback of the type `app`."""
        return self.app_id or (self.voice_callback_value if self.voice_callback_type == "app" else None)

    def settings(self) -> dict[str, str]:
        """What is kept and shown but has no column of its own."""
        settings = {
            "moHttpUrl": self.mo_http_url,
            "moSmppSysType": self.mo_smpp_sys_type,
            "voiceStatusCallback": self.voice_status_callback,
        }
        return {name: value for name, value in settings.items() if value}


async def list_all(request: AccountRequest) -> web.Response:
    """GET /account/numbers."""
    wanted = request.parameters(ListNumbers)
    numbers = [
        number
        for number in await request.services.store.numbers(request.account)
        if wanted.country in (None, number.country)
        and _stands(wanted.pattern, number.msisdn, wanted.search_pattern)
        and wanted.application_id in (None, number.app_id)
        and wanted.has_application in (None, number.app_id is not None)
    ]
    return _page([_show_rented(number) for number in numbers], wanted.size, wanted.index)


async def search(request: AccountRequest) -> web.Response:
    """GET /number/search."""
    wanted = request.parameters(SearchNumbers)
    numbers = request.services.pool.search(
        wanted.country.upper(),
        wanted.pattern,
        wanted.search_pattern,
        features=[feature for feature in wanted.features.upper().split(",") if feature],
        type=wanted.type,
        rented=await request.services.store.rented(),
    )
    return _page([_show_free(number) for number in numbers], wanted.size, wanted.index)


async def buy(request: AccountRequest) -> web.Response:
    """POST /number/buy."""
    wanted = request.parameters(NameNumber)
    offer = request.services.pool.find(wanted.msisdn)
    if offer is None or offer.country != wanted.country.upper():
        raise NotFound("method failed: there is no such number to rent")
    await request.services.store.rent_number(
        NumberRecord(
            msisdn=offer.msisdn,
            country=offer.country,
            account=request.account,
            type=offer.type,
            features=offer.features,
        )
    )
    return _success()


async def cancel(request: AccountRequest) -> web.Response:
    """POST /number/cancel."""
    wanted = request.parameters(NameNumber)
    number = await _rented(request, wanted.msisdn, wanted.country)
    await request.services.store.cancel_number(number.msisdn)
    return _success()


async def update(request: AccountRequest) -> web.Response:
    """POST /number/update."""
    wanted = request.parameters(UpdateNumber)
    number = await _rented(request, wanted.msisdn, wanted.country)
    application_id = wanted.application_id()
    if application_id is not None:
        application = await request.services.store.application(application_id)
        if application is None or application.account != request.account:
            raise invalid("app_id", "must be one of your applications")
    await request.services.store.save_number(
        msgspec.structs.replace(
            number,
            app_id=application_id,
            voice_callback_type=wanted.voice_callback_type,
            voice_callback_value=wanted.voice_callback_value,
            settings=wanted.settings(),
        )
    )
    return _success()


async def _rented(request: AccountRequest, msisdn: str, country: str) -> NumberRecord:
    number = await request.services.store.number(msisdn)
    if number is None or number.account != request.account or number.country != country.upper():
        raise NotFound("method failed: you do not rent this number")
    return number


def _stands(pattern: str, msisdn: str, where: int) -> bool:
    matches = (msisdn.startswith(pattern), pattern in msisdn, msisdn.endswith(pattern))
    return matches[where]


def _page(numbers: list[dict[str, Any]], size: int, index: int) -> web.Response:
    """Style F."""
    start = (index - 1) * size
    return web.json_response({"count": len(numbers), "numbers": numbers[start : start + size]})


def _success() -> web.Response:
    return web.json_response({"error-code": "200", "error-code-label": "success"})


def _show_rented(number: NumberRecord) -> dict[str, Any]:
    optional = {
        "voiceCallbackType": number.voice_callback_type,
        "voiceCallbackValue": number.voice_callback_value,
        "app_id": number.app_id,
    }
    return {
        "country": number.country,
        "msisdn": number.msisdn,
        "type": number.type,
        "features": number.features,
        **number.settings,
        **{name: value for name, value in optional.items() if value},
    }


def _show_free(number: PoolNumber) -> dict[str, Any]:
    return {
        "country": number.country,
        "msisdn": number.msisdn,
        "type": number.type,
        "cost": number.cost,
        # Renting costs the same each month: there is no fee of its own for the first.
        "initialPrice": "0.00",
        "features": number.features,
    }


ROUTES = (
    AccountRoute(
        method="GET",
        path="/account/numbers",
        handler=list_all,
        summary="List the numbers of the account",
        query=ListNumbers,
    ),
    AccountRoute(
        method="GET",
        path="/number/search",
        handler=search,
        summary="Search numbers to rent",
        query=SearchNumbers,
    ),
    AccountRoute(
        method="POST",
        path="/number/buy",
        handler=buy,
        summary="Rent a number",
        body=NameNumber,
    ),
    AccountRoute(
        method="POST",
        path="/number/cancel",
        handler=cancel,
        summary="Give a number back",
        body=NameNumber,
    ),
    AccountRoute(
        method="POST",
        path="/number/update",
        handler=update,
        summary="Set what a number does",
        body=UpdateNumber,
    ),
)
