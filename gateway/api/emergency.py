"""Which address a number stands for in emergencies (Voice API, emergency calling)."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.addresses import Address, show_address
from gateway.api.answers import json_response
from gateway.api.lookups import found
from gateway.api.replies import Reply, shown
from gateway.api.requests import AccountRequest
from gateway.api.routes import AccountRoute
from gateway.api.validation import invalid
from gateway.store.records import AddressRecord, NumberRecord


class AddressOf(msgspec.Struct, frozen=True):
    """The address that is meant."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]


class AssignNumber(msgspec.Struct, frozen=True, kw_only=True):
    """PATCH /v1/emergency/numbers/{number}: what is left out stays."""

    address: AddressOf | None = None
    contact_name: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class EmergencyNumber(msgspec.Struct, frozen=True):
    """A number with its address."""

    number: str
    contact_name: str | None
    address: Address


async def read(request: AccountRequest) -> web.Response:
    """GET /v1/emergency/numbers/{number}: a number without an address is as one that is not there."""
    number = await _number(request)
    address_id = number.emergency_address or ""
    address = found(await request.services.store.address(request.account, address_id), "emergency number")
    return json_response(show_number(number, address))


async def assign(request: AccountRequest) -> web.Response:
    """PATCH /v1/emergency/numbers/{number}."""
    wanted = await request.body(AssignNumber)
    store = request.services.store
    number = await _number(request)
    address_id = number.emergency_address if wanted.address is None else wanted.address.id
    if address_id is None:
        raise invalid("address", "is required for a number that has none yet")
    address = await store.address(request.account, address_id)
    if address is None:
        raise invalid("address.id", "must be the id of one of the account's addresses")
    assigned = msgspec.structs.replace(
        number,
        emergency_address=address.id,
        emergency_contact=wanted.contact_name or number.emergency_contact,
    )
    await store.save_number(assigned)
    return json_response(show_number(assigned, address))


async def _number(request: AccountRequest) -> NumberRecord:
    number = await request.services.store.number(request.segment("number"))
    return found(number if number and number.account == request.account else None, "emergency number")


def show_number(number: NumberRecord, address: AddressRecord) -> EmergencyNumber:
    """A number with its address."""
    return EmergencyNumber(number.msisdn, number.emergency_contact, show_address(address))


ROUTES = (
    AccountRoute(
        method="GET",
        path="/v1/emergency/numbers/{number}",
        handler=read,
        summary="Retrieve the emergency address of a number",
        reply=Reply(model=shown(show_number)),
        refusals=(404,),
        only_basic=True,
    ),
    AccountRoute(
        method="PATCH",
        path="/v1/emergency/numbers/{number}",
        handler=assign,
        summary="Assign an emergency address to a number",
        body=AssignNumber,
        reply=Reply(model=shown(show_number)),
        refusals=(404,),
        only_basic=True,
    ),
)
