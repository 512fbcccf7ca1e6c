"""Applications of an account (Application API): one set of handlers, and what its two versions look like."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from aiohttp import web

from gateway.api import application_v1 as v1
from gateway.api import application_v2 as v2
from gateway.api.answers import json_response, list_of, list_response
from gateway.api.keys import load_public_key, make_key_pair
from gateway.api.paging import Ascending, ByPageIndex, ByPageNumber, Paging
from gateway.api.replies import NOTHING, Reply, shown
from gateway.api.requests import AccountRequest
from gateway.api.routes import AccountRoute
from gateway.api.validation import invalid
from gateway.clock import iso
from gateway.errors import Invalid, NotFound
from gateway.store.queries import Page, Window
from gateway.store.records import ApplicationRecord

LIST_REASONS = {
    "page_size": "must be between 1 and 100",
    "page": "must be a page number, from 1",
    "page_index": "must be a page number, from 0",
}


class InvalidList(Invalid):
    """The paging of a list is wrong."""

    slug = "invalid-list"


class Wanted(Protocol):
    """The body of a POST or PUT, whatever its version."""

    @property
    def name(self) -> str:
        """What the application is called."""
        ...

    @property
    def public_key(self) -> str | None:
        """The PEM that was sent."""
        ...

    def capabilities_after(self, before: dict[str, Any]) -> dict[str, Any]:
        """The capabilities that the request makes of those before. Raises Invalid."""
        ...

    def privacy_after(self, before: dict[str, Any]) -> dict[str, Any]:
        """The same of `privacy`."""
        ...


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version of the Application API: where it is, what it reads and how its applications look."""

    prefix: str
    body: type[msgspec.Struct]
    wanted: Callable[[AccountRequest], Awaitable[Wanted]]
    show: Callable[..., msgspec.Struct]
    """Of a record and, when it has just been made, its private key."""
    row: Callable[[ApplicationRecord], msgspec.Struct]
    paging: Paging
    only_basic: bool


async def _wanted_v1(request: AccountRequest) -> Wanted:
    return request.parameters(v1.WriteApplication)


async def _wanted_v2(request: AccountRequest) -> Wanted:
    return await request.body(v2.WriteApplication)


V1 = Version(
    prefix="/v1/applications",
    body=v1.WriteApplication,
    wanted=_wanted_v1,
    show=v1.show,
    row=v1.show_row,
    paging=ByPageIndex("applications", Ascending),
    only_basic=False,
)
V2 = Version(
    prefix="/v2/applications",
    body=v2.WriteApplication,
    wanted=_wanted_v2,
    show=v2.show,
    row=v2.show,
    paging=ByPageNumber("applications"),
    only_basic=True,
)


class Applications:
    """The handlers, as one version."""

    def __init__(self, version: Version) -> None:
        self._version = version

    async def create(self, request: AccountRequest) -> web.Response:
        """POST: with a new key pair when no public key is sent; the private key is shown this once."""
        wanted = await self._version.wanted(request)
        capabilities = wanted.capabilities_after({})
        public_key, private_key = await _keys(wanted)
        record = ApplicationRecord(
            id=request.services.ids.uuid(),
            account=request.account,
            name=wanted.name,
            public_key=public_key,
            capabilities=capabilities,
            privacy=wanted.privacy_after({"improve_ai": True}),
            created=iso(request.services.clock.wall()),
        )
        await request.services.store.save_application(record)
        return json_response(self._version.show(record, private_key), status=201)

    async def list_all(self, request: AccountRequest) -> web.Response:
        """GET: the account's applications."""

        async def fetch(window: Window) -> Page[ApplicationRecord]:
            return await request.services.store.applications(request.account, window)

        source = list_of(request, fetch, self._version.row, absolute=False)
        try:
            return await list_response(self._version.paging, source)
        except Invalid as error:
            reasons = {name: LIST_REASONS.get(name, why) for name, why in error.parameters.items()}
            raise InvalidList(error.detail, code=error.code, **reasons) from None

    async def read(self, request: AccountRequest) -> web.Response:
        """GET one."""
        return json_response(self._version.show(await _application(request)))

    async def replace(self, request: AccountRequest) -> web.Response:
        """PUT: everything is replaced, but the key stays when none is sent. A new one counts at once."""
        old = await _application(request)
        wanted = await self._version.wanted(request)
        record = msgspec.structs.replace(
            old,
            name=wanted.name,
            public_key=_checked(wanted.public_key) or old.public_key,
            capabilities=wanted.capabilities_after(old.capabilities),
            privacy=wanted.privacy_after(old.privacy),
        )
        await request.services.store.save_application(record)
        return json_response(self._version.show(record))

    async def delete(self, request: AccountRequest) -> web.Response:
        """DELETE: its numbers are unlinked, its calls hung up; see `ApplicationResource`."""
        record = await _application(request)
        await request.services.applications.delete(record.id)
        return web.Response(status=204)


async def _keys(wanted: Wanted) -> tuple[str, str | None]:
    """The public key, and the private one where a pair had to be made."""
    sent = _checked(wanted.public_key)
    if sent is not None:
        return sent, None
    private_key, public_key = await asyncio.to_thread(make_key_pair)
    return public_key, private_key


def _checked(pem: str | None) -> str | None:
    """The key; None when none was sent. Raises Invalid when it is not a sound RSA key."""
    if not pem:
        return None
    try:
        load_public_key(pem)
    except ValueError as error:
        raise invalid("keys.public_key", str(error)) from None
    return pem


async def _application(request: AccountRequest) -> ApplicationRecord:
    application_id = request.segment("application_id")
    record = await request.services.store.application(application_id)
    if record is None or record.account != request.account:
        raise NotFound(f"ID '{application_id}' does not exist, or you do not have access")
    return record


def _routes(version: Version) -> tuple[AccountRoute, ...]:
    handlers = Applications(version)
    one = f"{version.prefix}/{{application_id}}"
    return (
        AccountRoute(
            method="POST",
            path=version.prefix,
            handler=handlers.create,
            summary="Create an application",
            body=version.body,
            reply=Reply(status=201, model=shown(version.show)),
            only_basic=version.only_basic,
        ),
        AccountRoute(
            method="GET",
            path=version.prefix,
            handler=handlers.list_all,
            summary="List applications",
            reply=Reply(model=shown(version.row), paging=version.paging),
            only_basic=version.only_basic,
        ),
        AccountRoute(
            method="GET",
            path=one,
            handler=handlers.read,
            summary="Retrieve an application",
            reply=Reply(model=shown(version.show)),
            refusals=(404,),
            only_basic=version.only_basic,
        ),
        AccountRoute(
            method="PUT",
            path=one,
            handler=handlers.replace,
            summary="Replace an application",
            body=version.body,
            reply=Reply(model=shown(version.show)),
            refusals=(404,),
            only_basic=version.only_basic,
        ),
        AccountRoute(
            method="DELETE",
            path=one,
            handler=handlers.delete,
            summary="Delete an application",
            reply=NOTHING,
            refusals=(404,),
            only_basic=version.only_basic,
        ),
    )


ROUTES = (*_routes(V2), *_routes(V1))
