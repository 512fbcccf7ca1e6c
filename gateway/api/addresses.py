"""Addresses of an account, for emergency calls (Voice API, emergency calling).

They are kept and shown. To whom an emergency call goes, and what is shown there, is the trunk's business.
"""

from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.answers import json_response, list_of, list_response
from gateway.api.lookups import found
from gateway.api.paging import ByPageNumber, Hundreds
from gateway.api.replies import NOTHING, Reply, shown
from gateway.api.requests import AccountRequest
from gateway.api.routes import AccountRoute
from gateway.api.validation import invalid
from gateway.forms import COUNTRY
from gateway.store.queries import Page, Window
from gateway.store.records import AddressRecord

MAX_ADDRESSES = 1000
"""Of one account: as many as one page can show, and more than numbers need."""

Line = Annotated[str, Meta(min_length=1, max_length=200)]
PAGING = ByPageNumber("addresses", Hundreds)


class CreateAddress(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/addresses: every field may be left out."""

    address_name: Line | None = None
    address_line1: Line | None = None
    address_line2: Line | None = None
    city: Line | None = None
    region: Line | None = None
    type: Literal["emergency"] = "emergency"
    address_location_type: Literal["business", "residential"] | None = None
    postal_code: Annotated[str, Meta(min_length=1, max_length=20)] | None = None
    country: Annotated[str, Meta(pattern=COUNTRY)] | None = None


class Address(CreateAddress, frozen=True, kw_only=True):
    """An address."""

    id: str


async def list_all(request: AccountRequest) -> web.Response:
    """GET /v1/addresses."""

    async def fetch(window: Window) -> Page[AddressRecord]:
        return await request.services.store.addresses(request.account, window)

    return await list_response(PAGING, list_of(request, fetch, show_address))


async def create(request: AccountRequest) -> web.Response:
    """POST /v1/addresses."""
    wanted = await request.body(CreateAddress)
    store = request.services.store
    if (await store.addresses(request.account, Window(limit=1))).total >= MAX_ADDRESSES:
        raise invalid("address_name", f"an account has at most {MAX_ADDRESSES} addresses")
    address = AddressRecord(
        id=request.services.ids.uuid(), account=request.account, **msgspec.structs.asdict(wanted)
    )
    await store.save_address(address)
    return json_response(show_address(address))


async def read(request: AccountRequest) -> web.Response:
    """GET /v1/addresses/{id}."""
    return json_response(show_address(await _address(request)))


async def delete(request: AccountRequest) -> web.Response:
    """DELETE /v1/addresses/{id}."""
    address = await _address(request)
    await request.services.store.delete_address(request.account, address.id)
    return web.Response(status=204)


async def _address(request: AccountRequest) -> AddressRecord:
    store = request.services.store
    return found(await store.address(request.account, request.segment("address_id")), "address")


def show_address(record: AddressRecord) -> Address:
    """An address, its account apart."""
    fields = msgspec.structs.asdict(record)
    del fields["account"]
    return Address(**fields)


ROUTES = (
    AccountRoute(
        method="GET",
        path="/v1/addresses",
        handler=list_all,
        summary="List the addresses of the account",
        reply=Reply(model=shown(show_address), paging=PAGING),
        only_basic=True,
    ),
    AccountRoute(
        method="POST",
        path="/v1/addresses",
        handler=create,
        summary="Create an address",
        body=CreateAddress,
        reply=Reply(model=shown(show_address)),
        only_basic=True,
    ),
    AccountRoute(
        method="GET",
        path="/v1/addresses/{address_id}",
        handler=read,
        summary="Retrieve an address",
        reply=Reply(model=shown(show_address)),
        refusals=(404,),
        only_basic=True,
    ),
    AccountRoute(
        method="DELETE",
        path="/v1/addresses/{address_id}",
        handler=delete,
        summary="Delete an address",
        reply=NOTHING,
        refusals=(404, 409),
        only_basic=True,
    ),
)
