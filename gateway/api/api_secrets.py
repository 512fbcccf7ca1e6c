"""The API secrets of an account (Account API, secret management).

The operator's account may look after the secrets of every other.
"""

import msgspec
from aiohttp import web

from gateway.api.answers import json_response
from gateway.api.links import SelfLink, self_link
from gateway.api.replies import NOTHING, Reply
from gateway.api.requests import AccountRequest
from gateway.api.routes import AccountRoute
from gateway.resources.accounts import secret_of, unknown_key
from gateway.store.records import ApiSecret


class CreateSecret(msgspec.Struct, frozen=True):
    """POST of a secret."""

    secret: str


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret, of which the text is never shown."""

    links: SelfLink = msgspec.field(name="_links")
    id: str
    created_at: str


class EmbeddedSecrets(msgspec.Struct, frozen=True):
    """`_embedded`."""

    secrets: list[Secret]


class Secrets(msgspec.Struct, frozen=True):
    """All secrets of an account."""

    links: SelfLink = msgspec.field(name="_links")
    embedded: EmbeddedSecrets = msgspec.field(name="_embedded")


async def list_all(request: AccountRequest) -> web.Response:
    """GET."""
    record = await request.services.accounts.read(_account(request))
    embedded = EmbeddedSecrets([show_secret(record.api_key, secret) for secret in record.secrets])
    return json_response(Secrets(self_link(_path(record.api_key)), embedded))


async def create(request: AccountRequest) -> web.Response:
    """POST."""
    api_key = _account(request)
    wanted = await request.body(CreateSecret)
    secret = await request.services.accounts.add_secret(api_key, wanted.secret)
    return json_response(show_secret(api_key, secret), status=201)


async def read(request: AccountRequest) -> web.Response:
    """GET one."""
    record = await request.services.accounts.read(_account(request))
    return json_response(show_secret(record.api_key, secret_of(record, request.segment("secret_id"))))


async def revoke(request: AccountRequest) -> web.Response:
    """DELETE: it opens the account no more, at once."""
    await request.services.accounts.revoke_secret(_account(request), request.segment("secret_id"))
    return web.Response(status=204)


def _account(request: AccountRequest) -> str:
    """The account of the path. Raises UnknownKey for one that the caller has no say in."""
    api_key = request.segment("api_key")
    if request.account not in (api_key, request.services.operator):
        raise unknown_key(api_key)
    return api_key


def _path(api_key: str) -> str:
    return f"/accounts/{api_key}/secrets"


def show_secret(api_key: str, secret: ApiSecret) -> Secret:
    """One secret."""
    return Secret(links=self_link(f"{_path(api_key)}/{secret.id}"), id=secret.id, created_at=secret.created)


ROUTES = (
    AccountRoute(
        method="GET",
        path="/accounts/{api_key}/secrets",
        handler=list_all,
        summary="List the API secrets of an account",
        reply=Reply(model=Secrets),
        refusals=(404,),
        only_basic=True,
    ),
    AccountRoute(
        method="POST",
        path="/accounts/{api_key}/secrets",
        handler=create,
        summary="Create an API secret",
        body=CreateSecret,
        reply=Reply(status=201, model=Secret),
        refusals=(403, 404),
        only_basic=True,
    ),
    AccountRoute(
        method="GET",
        path="/accounts/{api_key}/secrets/{secret_id}",
        handler=read,
        summary="Retrieve an API secret",
        reply=Reply(model=Secret),
        refusals=(404,),
        only_basic=True,
    ),
    AccountRoute(
        method="DELETE",
        path="/accounts/{api_key}/secrets/{secret_id}",
        handler=revoke,
        summary="Revoke an API secret",
        reply=NOTHING,
        refusals=(403, 404),
        only_basic=True,
    ),
)
