"""Digest users of a programmable SIP domain. Their secrets are shown to nobody, not even to who sets them."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.answers import json_response
from gateway.api.psip import DOMAIN, name_of
from gateway.api.replies import Reply, shown
from gateway.api.requests import AccountRequest
from gateway.api.routes import AccountRoute
from gateway.api.validation import invalid
from gateway.forms import PRINTABLE, SIP_USER
from gateway.store.records import SipUserRecord

USERS = f"{DOMAIN}/users"
USER = f"{USERS}/{{key}}"

Key = Annotated[str, Meta(pattern=SIP_USER)]
Secret = Annotated[str, Meta(pattern=PRINTABLE, min_length=8, max_length=64)]


class CreateUser(msgspec.Struct, frozen=True, kw_only=True):
    """POST of a user."""

    key: Key
    secret: Secret


class ReplaceUser(msgspec.Struct, frozen=True, kw_only=True):
    """PUT of a user: another secret."""

    secret: Secret
    key: str | None = None
    """If it is sent, the key in the path."""


class User(msgspec.Struct, frozen=True):
    """A user."""

    key: str


async def list_all(request: AccountRequest) -> web.Response:
    """GET /v1/psip/{domain}/users."""
    domain = await request.services.sip_domains.read(request.account, name_of(request))
    return json_response([show(user) for user in domain.users])


async def create(request: AccountRequest) -> web.Response:
    """POST /v1/psip/{domain}/users."""
    wanted = await request.body(CreateUser)
    domains = request.services.sip_domains
    user = await domains.add_user(request.account, name_of(request), wanted.key, wanted.secret)
    return json_response(show(user), status=201)


async def read(request: AccountRequest) -> web.Response:
    """GET /v1/psip/{domain}/users/{key}."""
    return json_response(show(await _user(request)))


async def replace(request: AccountRequest) -> web.Response:
    """PUT /v1/psip/{domain}/users/{key}: the new secret counts at once."""
    wanted = await request.body(ReplaceUser)
    user = await _user(request)
    if wanted.key not in (None, user.key):
        raise invalid("key", "must be the key in the path: a user keeps it")
    domains = request.services.sip_domains
    changed = await domains.change_user(request.account, name_of(request), user.key, wanted.secret)
    return json_response(show(changed), status=201)


async def delete(request: AccountRequest) -> web.Response:
    """DELETE /v1/psip/{domain}/users/{key}."""
    await request.services.sip_domains.remove_user(request.account, name_of(request), request.segment("key"))
    return web.Response()


async def _user(request: AccountRequest) -> SipUserRecord:
    return await request.services.sip_domains.user(request.account, name_of(request), request.segment("key"))


def show(record: SipUserRecord) -> User:
    """One user, the secret apart."""
    return User(record.key)


ROUTES = (
    AccountRoute(
        method="GET",
        path=USERS,
        handler=list_all,
        summary="List the users of a SIP domain",
        reply=Reply(model=list[User]),
        refusals=(404,),
        only_basic=True,
    ),
    AccountRoute(
        method="POST",
        path=USERS,
        handler=create,
        summary="Create a user of a SIP domain",
        body=CreateUser,
        reply=Reply(status=201, model=shown(show)),
        refusals=(404, 422),
        only_basic=True,
    ),
    AccountRoute(
        method="GET",
        path=USER,
        handler=read,
        summary="Retrieve a user of a SIP domain",
        reply=Reply(model=shown(show)),
        refusals=(404,),
        only_basic=True,
    ),
    AccountRoute(
        method="PUT",
        path=USER,
        handler=replace,
        summary="Change the secret of a user of a SIP domain",
        body=ReplaceUser,
        reply=Reply(status=201, model=shown(show)),
        refusals=(404, 422),
        only_basic=True,
    ),
    AccountRoute(
        method="DELETE",
        path=USER,
        handler=delete,
        summary="Delete a user of a SIP domain",
        reply=Reply(),
        refusals=(404,),
        only_basic=True,
    ),
)
