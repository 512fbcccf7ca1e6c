"""Users of an application: create, list, read (Users API)."""

from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.answers import list_of, list_response
from gateway.api.fields import Url
from gateway.api.lookups import found
from gateway.api.replies import created, listed, one
from gateway.api.requests import VersionedRequest
from gateway.api.routes import VersionedRoute
from gateway.clock import iso
from gateway.store.base import Page, Window
from gateway.store.records import Batch, UserRecord


class UserProperties(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`properties` of a user."""

    custom_data: dict[str, Any] | None = None
    ttl: Annotated[int, Meta(ge=0, le=2**31)] | None = None


class CreateUser(msgspec.Struct, frozen=True, kw_only=True):
    """POST /users: every field may be left out."""

    name: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    display_name: Annotated[str, Meta(max_length=100)] | None = None
    image_url: Url | None = None
    properties: UserProperties | None = None
    channels: dict[str, Any] | None = None


class ListUsers(msgspec.Struct, frozen=True):
    """Filters of GET /users."""

    name: str | None = None


async def create(request: VersionedRequest) -> web.Response:
    """POST /users."""
    request.caller.require_admin()
    wanted = await request.body(CreateUser)
    services = request.services
    record = UserRecord(
        id=services.ids.user(),
        application_id=request.tenant,
        name=wanted.name or services.ids.name(),
        display_name=wanted.display_name,
        image_url=wanted.image_url,
        properties=msgspec.to_builtins(wanted.properties) if wanted.properties else {},
        channels=wanted.channels or {},
        created=iso(services.clock.wall()),
    )
    await services.store.commit(Batch(users=[record]))
    shapes = request.version.users
    return web.json_response(shapes.created(request.root, record), status=shapes.status)


async def list_all(request: VersionedRequest) -> web.Response:
    """GET /users."""
    request.caller.require_admin()
    filters = request.query(ListUsers)

    async def fetch(window: Window) -> Page[UserRecord]:
        return await request.services.store.users(request.tenant, window, name=filters.name)

    shapes = request.version.users
    return await list_response(
        shapes.paging, list_of(request, fetch, lambda row: shapes.row(request.root, row))
    )


async def read(request: VersionedRequest) -> web.Response:
    """GET /users/{id}."""
    record = await request.services.store.user(request.tenant, request.segment("user_id"))
    return web.json_response(request.version.users.one(request.root, found(record, "user")))


ROUTES = (
    VersionedRoute(
        method="POST",
        path="/users",
        handler=create,
        summary="Create a user",
        body=CreateUser,
        replies=lambda version: created(version.users),
        refusals=(409,),
    ),
    VersionedRoute(
        method="GET",
        path="/users",
        handler=list_all,
        summary="List users",
        query=ListUsers,
        is_list=True,
        replies=lambda version: listed(version.users),
    ),
    VersionedRoute(
        method="GET",
        path="/users/{user_id}",
        handler=read,
        summary="Retrieve a user",
        replies=lambda version: one(version.users),
    ),
)
