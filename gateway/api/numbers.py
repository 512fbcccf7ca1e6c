"""Numbers: what the account rents, what it could rent, and how its numbers are linked (Numbers API)."""

from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, UnsetType

from gateway.api.fields import Url
from gateway.api.paging import MAX_OFFSET
from gateway.api.replies import FORM, Reply
from gateway.api.requests import AccountRequest
from gateway.api.routes import AccountRoute
from gateway.api.validation import invalid
from gateway.api.xml_answers import JSON, XML_TYPES, Document, answer, dashed
from gateway.errors import Forbidden, NotFound
from gateway.forms import COUNTRY, MSISDN, NUMBER_PATTERN
from gateway.store.base import MAX_PAGE, NumberFilter, PoolFilter, Window
from gateway.store.records import NumberRecord, PoolNumber

Country = Annotated[str, Meta(pattern=COUNTRY)]
Msisdn = Annotated[str, Meta(pattern=MSISDN)]
Pattern = Annotated[str, Meta(pattern=NUMBER_PATTERN)]
"""One with a star says itself where it stands; for others `search_pattern` does."""
Size = Annotated[int, Meta(ge=1, le=MAX_PAGE)]
Index = Annotated[int, Meta(ge=1, le=MAX_OFFSET // MAX_PAGE)]
Where = Literal[0, 1, 2]
"""0: the pattern stands at the start, 1: anywhere, 2: at the end."""
NumberType = Literal["landline", "landline-toll-free", "mobile-lvn"]
_FEATURE = "(SMS|VOICE|MMS|sms|voice|mms)"
Features = Annotated[str, Meta(pattern=f"^{_FEATURE}(,{_FEATURE}){{0,2}}$")]

BOTH = (JSON, *XML_TYPES)
INBOUND_NUMBERS = Document(root="inbound-numbers", rename=dashed, items={"features": "feature"})
RESPONSE = Document(root="response")


class ListNumbers(msgspec.Struct, frozen=True):
    """GET /account/numbers."""

    application_id: str | None = None
    has_application: bool | None = None
    country: Country | None = None
    pattern: Pattern = ""
    search_pattern: Where = 0
    size: Size = 10
    index: Index = 1


class SearchNumbers(msgspec.Struct, frozen=True):
    """GET /number/search."""

    country: Country
    type: NumberType | None = None
    pattern: Pattern = ""
    search_pattern: Where = 0
    features: Features = ""
    size: Size = 10
    index: Index = 1


class NameNumber(msgspec.Struct, frozen=True):
    """POST /number/buy and /number/cancel."""

    country: Country
    msisdn: Msisdn
    target_api_key: str | None = None
    """The account to act for: the operator's may act for every other."""


class UpdateNumber(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """POST /number/update: what is left out is unset."""

    country: Country
    msisdn: Msisdn
    app_id: str | None = msgspec.field(name="app_id", default=None)
    mo_http_url: Url | None = None
    mo_smpp_sys_type: Annotated[str, Meta(max_length=255)] | None = None
    voice_callback_type: Literal["sip", "tel", "app", "vxml"] | None = None
    voice_callback_value: Annotated[str, Meta(max_length=2048)] | None = None
    voice_status_callback: Url | None = None
    messages_callback_type: Literal["app"] | None = None
    messages_callback_value: Annotated[str, Meta(max_length=255)] | None = None

    def application(self) -> tuple[str, str] | None:
        """The application that answers, after the field that names it; None unlinks."""
        if self.app_id:
            return "app_id", self.app_id
        if self.voice_callback_type == "app" and self.voice_callback_value:
            return "voiceCallbackValue", self.voice_callback_value
        return None

    def settings(self) -> dict[str, str]:
        """What is kept and shown but has no column of its own."""
        settings = {
            "moHttpUrl": self.mo_http_url,
            "moSmppSysType": self.mo_smpp_sys_type,
            "voiceStatusCallback": self.voice_status_callback,
            "messagesCallbackType": self.messages_callback_type,
            "messagesCallbackValue": self.messages_callback_value,
        }
        return {name: value for name, value in settings.items() if value}


class RentedNumber(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A number of the account."""

    country: str
    msisdn: str
    type: str
    features: tuple[str, ...]
    mo_http_url: str | UnsetType = UNSET
    mo_smpp_sys_type: str | UnsetType = UNSET
    voice_status_callback: str | UnsetType = UNSET
    messages_callback_type: str | UnsetType = UNSET
    messages_callback_value: str | UnsetType = UNSET
    voice_callback_type: str | UnsetType = UNSET
    voice_callback_value: str | UnsetType = UNSET
    app_id: str | UnsetType = msgspec.field(name="app_id", default=UNSET)


class RentedNumbers(msgspec.Struct, frozen=True):
    """A page of them."""

    count: int
    """Of all pages."""
    numbers: list[RentedNumber]


class FreeNumber(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A number that can be rented."""

    country: str
    msisdn: str
    type: str
    cost: str
    initial_price: str
    features: tuple[str, ...]


class FreeNumbers(msgspec.Struct, frozen=True):
    """A page of them."""

    count: int
    """Of all pages."""
    numbers: list[FreeNumber]


class Done(msgspec.Struct, frozen=True, rename={"code": "error-code", "label": "error-code-label"}):
    """It is done."""

    code: str = "200"
    label: str = "success"


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
        raise NotFound("method failed: there is no such number to rent")
    offer = offers[0]
    await request.services.store.rent_number(
        NumberRecord(
            msisdn=offer.msisdn,
            country=offer.country,
            account=account,
            type=offer.type,
            features=offer.features,
        )
    )
    return answer(request.http, Done(), RESPONSE)


async def cancel(request: AccountRequest) -> web.Response:
    """POST /number/cancel."""
    wanted = request.parameters(NameNumber)
    number = await _rented(request, await _target(request, wanted), wanted.msisdn, wanted.country)
    await request.services.store.cancel_number(number.msisdn)
    return answer(request.http, Done(), RESPONSE)


async def update(request: AccountRequest) -> web.Response:
    """POST /number/update."""
    wanted = request.parameters(UpdateNumber)
    number = await _rented(request, request.account, wanted.msisdn, wanted.country)
    if bool(wanted.voice_callback_type) != bool(wanted.voice_callback_value):
        raise invalid("voiceCallbackType", "and voiceCallbackValue must be set together")
    named = wanted.application()
    if named is not None:
        await _check_application(request, *named)
    await request.services.store.save_number(
        msgspec.structs.replace(
            number,
            app_id=named[1] if named else None,
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


def _anchored(pattern: str, where: Where) -> str:
    """The pattern with the stars that `search_pattern` means."""
    if not pattern or "*" in pattern:
        return pattern
    return (f"{pattern}*", f"*{pattern}*", f"*{pattern}")[where]


def show_rented(number: NumberRecord) -> RentedNumber:
    """A rented number."""
    return msgspec.convert(
        {
            "country": number.country,
            "msisdn": number.msisdn,
            "type": number.type,
            "features": number.features,
            **number.settings,
            **({"voiceCallbackType": number.voice_callback_type} if number.voice_callback_type else {}),
            **({"voiceCallbackValue": number.voice_callback_value} if number.voice_callback_value else {}),
            **({"app_id": number.app_id} if number.app_id else {}),
        },
        RentedNumber,
    )


def show_free(number: PoolNumber) -> FreeNumber:
    """A free number."""
    return FreeNumber(
        country=number.country,
        msisdn=number.msisdn,
        type=number.type,
        cost=number.cost,
        # Renting costs the same each month: there is no fee of its own for the first.
        initial_price="0.00",
        features=number.features,
    )


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
