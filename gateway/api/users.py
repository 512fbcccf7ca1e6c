"""Users of an application: create, list, read, change, delete (Users API)."""

import msgspec
from aiohttp import web

from gateway.api.answers import deletion_response, json_response, list_of, list_response
from gateway.api.lookups import user_of
from gateway.api.replies import changed, created, deleted, listed, one
from gateway.api.requests import VersionedRequest
from gateway.api.rights import Right
from gateway.api.routes import VersionedRoute
from gateway.api.user_bodies import alteration, creation
from gateway.store.queries import Page, Window
from gateway.store.records import Json, UserRecord


class ListUsers(msgspec.Struct, frozen=True):
    """Filters of GET /users."""

    name: str | None = None


async def create(request: VersionedRequest) -> web.Response:
    """POST /users."""
    wanted = await request.body(creation(request.version))
    record = await request.services.users.create_user(request.tenant, wanted.new())
    shapes = request.version.users
    return json_response(shapes.created(request.root, shown(record)), shapes.status)


async def list_all(request: VersionedRequest) -> web.Response:
    """GET /users."""
    filters = request.query(ListUsers)

    async def fetch(window: Window) -> Page[UserRecord]:
        return await request.services.store.users(request.tenant, window, name=filters.name)

    shapes = request.version.users
    return await list_response(
        shapes.paging, list_of(request, fetch, lambda row: shapes.row(request.root, row))
    )


async def read(request: VersionedRequest) -> web.Response:
    """GET /users/{id}. A user sees how to reach nobody but themselves."""
    record, caller = shown(await user_of(request)), request.caller.user
    if caller is not None and caller.id != record.id:
        record = msgspec.structs.replace(record, channels={})
    return json_response(request.version.users.one(request.root, record))


async def update(request: VersionedRequest) -> web.Response:
    """PUT and PATCH /users/{id}."""
    user = await user_of(request)
    wanted = await request.body(alteration(request.version))
    record = await request.services.users.update_user(request.tenant, user.id, wanted.change())
    shapes = request.version.users
    return json_response((shapes.changed or shapes.one)(request.root, shown(record)))


async def delete(request: VersionedRequest) -> web.Response:
    """DELETE /users/{id}."""
    user = await user_of(request)
    await request.services.users.delete_user(request.tenant, user.id)
    return deletion_response(request.version)


def shown(record: UserRecord) -> UserRecord:
    """The user without the passwords of their telephones."""
    return msgspec.structs.replace(record, channels=_without_passwords(record.channels))


def _without_passwords(channels: Json) -> Json:
    sip = channels.get("sip")
    if not isinstance(sip, list):
        return channels
    open_fields = [{name: value for name, value in each.items() if name != "password"} for each in sip]
    return {**channels, "sip": open_fields}


ROUTES = (
    VersionedRoute(
        method="POST",
        path="/users",
        handler=create,
        summary="Create a user",
        bodies=creation,
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
        needs=Right.USER,
        summary="Retrieve a user",
        is_list=True,  # clients of /beta2 read single ones too
        replies=lambda version: one(version.users),
    ),
    *(
        VersionedRoute(
            method=method,
            path="/users/{user_id}",
            handler=update,
            summary="Update a user",
            bodies=alteration,
            replies=lambda version: changed(version.users),
            refusals=(409,),
        )
        for method in ("PUT", "PATCH")
    ),
    VersionedRoute(
        method="DELETE",
        path="/users/{user_id}",
        handler=delete,
        summary="Delete a user",
        replies=deleted,
    ),
)
