"""The accounts of this gateway, for its operator (not a part of any published API).

The operator's account is the one of the configuration. `cordboard account` is these routes' client.
"""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.answers import json_response, list_of, list_response
from gateway.api.paging import ByPageNumber
from gateway.api.replies import NOTHING, Reply
from gateway.api.requests import AccountRequest
from gateway.api.routes import AccountRoute
from gateway.errors import Forbidden
from gateway.forms import API_KEY
from gateway.resources.accounts import MAX_OVERLAP_S, is_configured
from gateway.store.records import AccountRecord

LISTED = ByPageNumber("accounts")


class CreateAccount(msgspec.Struct, frozen=True):
    """POST of an account; what is left out is made."""

    name: Annotated[str, Meta(min_length=1, max_length=255)]
    api_key: Annotated[str, Meta(pattern=API_KEY)] | None = None
    api_secret: str | None = None


class ShownSecret(msgspec.Struct, frozen=True):
    """An API secret, of which the text is never shown."""

    id: str
    created_at: str


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account."""

    api_key: str
    name: str
    created_at: str
    operator: bool
    """Whether it is the one of the configuration."""
    secrets: list[ShownSecret]
    signature_secrets_since: list[str]
    """From when each of its signature secrets signs, the newest first."""


class CreatedAccount(Account, frozen=True, kw_only=True):
    """An account that has just been made: its secrets are shown this once."""

    api_secret: str
    signature_secret: str


class RotateSignature(msgspec.Struct, frozen=True):
    """POST of a signature secret."""

    signs_in: Annotated[int, Meta(ge=0, le=MAX_OVERLAP_S)] = 0
    """Seconds until it signs: receivers can learn it meanwhile, and the present one goes on signing."""


class SignatureSecret(msgspec.Struct, frozen=True):
    """A signature secret that has just been made: it is shown this once."""

    signature_secret: str
    created_at: str
    signs_from: str


async def create(request: AccountRequest) -> web.Response:
    """POST."""
    require_operator(request)
    wanted = await request.body(CreateAccount)
    new = await request.services.accounts.create(wanted.name, wanted.api_key, wanted.api_secret)
    created = CreatedAccount(
        **msgspec.structs.asdict(show_account(new.record)),
        api_secret=new.secret,
        signature_secret=new.record.signature_secrets[0].text,
    )
    return json_response(created, status=201)


async def list_all(request: AccountRequest) -> web.Response:
    """GET."""
    require_operator(request)
    source = list_of(request, request.services.store.accounts, show_account, absolute=False)
    return await list_response(LISTED, source)


async def read(request: AccountRequest) -> web.Response:
    """GET one."""
    require_operator(request)
    return json_response(show_account(await request.services.accounts.read(request.segment("api_key"))))


async def delete(request: AccountRequest) -> web.Response:
    """DELETE: only an account that owns nothing any more."""
    require_operator(request)
    await request.services.accounts.delete(request.segment("api_key"))
    return web.Response(status=204)


async def rotate_signature(request: AccountRequest) -> web.Response:
    """POST of a signature secret."""
    require_operator(request)
    wanted = await request.body(RotateSignature)
    accounts = request.services.accounts
    new = await accounts.rotate_signature(request.segment("api_key"), wanted.signs_in)
    return json_response(SignatureSecret(new.text, new.created, new.signs_from), status=201)


def require_operator(request: AccountRequest) -> None:
    """Raises Forbidden for every account but the operator's."""
    if request.account != request.services.operator:
        raise Forbidden("Only the account of the gateway's configuration may do this.")


def show_account(record: AccountRecord) -> Account:
    """One account."""
    return Account(
        api_key=record.api_key,
        name=record.name,
        created_at=record.created,
        operator=is_configured(record),
        secrets=[ShownSecret(secret.id, secret.created) for secret in record.secrets],
        signature_secrets_since=[secret.signs_from or secret.created for secret in record.signature_secrets],
    )


ROUTES = (
    AccountRoute(
        method="POST",
        path="/cordboard/accounts",
        handler=create,
        summary="Create an account",
        body=CreateAccount,
        reply=Reply(status=201, model=CreatedAccount),
        refusals=(403, 409),
        only_basic=True,
    ),
    AccountRoute(
        method="GET",
        path="/cordboard/accounts",
        handler=list_all,
        summary="List accounts",
        reply=Reply(model=Account, paging=LISTED),
        refusals=(403,),
        only_basic=True,
    ),
    AccountRoute(
        method="GET",
        path="/cordboard/accounts/{api_key}",
        handler=read,
        summary="Retrieve an account",
        reply=Reply(model=Account),
        refusals=(403, 404),
        only_basic=True,
    ),
    AccountRoute(
        method="DELETE",
        path="/cordboard/accounts/{api_key}",
        handler=delete,
        summary="Delete an account",
        reply=NOTHING,
        refusals=(403, 404, 409),
        only_basic=True,
    ),
    AccountRoute(
        method="POST",
        path="/cordboard/accounts/{api_key}/signature-secrets",
        handler=rotate_signature,
        summary="Give an account a new signature secret",
        body=RotateSignature,
        reply=Reply(status=201, model=SignatureSecret),
        refusals=(403, 404),
        only_basic=True,
    ),
)
