"""Requests as handlers get them: the caller known and allowed, bodies and queries read into types."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import web

from gateway.api.auth import Caller, account_of, authorize, identify
from gateway.api.body import read_json
from gateway.api.services import SERVICES, Services
from gateway.api.validation import convert, invalid
from gateway.api.versions import Version
from gateway.errors import Unauthorized

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class ApiRequest:
    """A request and what answers it."""

    http: web.Request
    services: Services

    def segment(self, name: str) -> str:
        """A variable part of the path."""
        return self.http.match_info[name]

    def query(self, model: type[T]) -> T:
        """The query as `model`; empty parameters count as absent. Raises Invalid."""
        return convert({name: text for name, text in self.http.query.items() if text}, model, text=True)

    async def body(self, model: type[T]) -> T:
        """The JSON body as `model`. Raises Invalid, and what else `read_json` raises."""
        return convert(await read_json(self.http), model)


@dataclass(frozen=True, kw_only=True)
class TenantRequest(ApiRequest):
    """A request with an application's token."""

    caller: Caller

    @property
    def tenant(self) -> str:
        """The application's id, which every read names."""
        return self.caller.application.id


@dataclass(frozen=True, kw_only=True)
class VersionedRequest(TenantRequest):
    """A request to one of the versions of the Conversation API."""

    version: Version

    @property
    def root(self) -> str:
        """What hrefs start with: the public address and the version's prefix."""
        return f"{self.services.public_url}{self.version.prefix}"


@dataclass(frozen=True, kw_only=True)
class AccountRequest(ApiRequest):
    """A request with an account's credentials."""

    account: str
    """The API key."""
    fields: Mapping[str, str]
    """Parameters of the query and of a form, together."""

    def parameters(self, model: type[T]) -> T:
        """The fields as `model`; empty ones count as absent. Raises Invalid."""
        return convert({name: text for name, text in self.fields.items() if text}, model, text=True)


Respond = Callable[[web.Request], Awaitable[web.StreamResponse]]
TenantHandler = Callable[[TenantRequest], Awaitable[web.StreamResponse]]
VersionedHandler = Callable[[VersionedRequest], Awaitable[web.StreamResponse]]
AccountHandler = Callable[[AccountRequest], Awaitable[web.StreamResponse]]
OpenHandler = Callable[[ApiRequest], Awaitable[web.StreamResponse]]


async def _caller(request: web.Request, services: Services) -> Caller:
    authorization = request.headers.get("Authorization", "")
    caller, claims = await identify(services.store, authorization, services.clock.wall())
    await authorize(claims, request)
    return caller


def for_anybody(handler: OpenHandler) -> Respond:
    """The handler behind nothing."""

    async def respond(request: web.Request) -> web.StreamResponse:
        return await handler(ApiRequest(http=request, services=request.app[SERVICES]))

    return respond


def for_tenant(handler: TenantHandler) -> Respond:
    """The handler behind an application's token."""

    async def respond(request: web.Request) -> web.StreamResponse:
        services = request.app[SERVICES]
        caller = await _caller(request, services)
        return await handler(TenantRequest(http=request, services=services, caller=caller))

    return respond


def for_version(version: Version, handler: VersionedHandler) -> Respond:
    """The handler behind an application's token, as one version of the Conversation API."""

    async def respond(request: web.Request) -> web.StreamResponse:
        services = request.app[SERVICES]
        caller = await _caller(request, services)
        return await handler(
            VersionedRequest(http=request, services=services, caller=caller, version=version)
        )

    return respond


def for_account(handler: AccountHandler) -> Respond:
    """The handler behind an account's credentials: Basic, query or form."""

    async def respond(request: web.Request) -> web.StreamResponse:
        services = request.app[SERVICES]
        fields = await _fields(request)
        account = account_of(services.accounts, request.headers.get("Authorization"), fields)
        return await handler(AccountRequest(http=request, services=services, account=account, fields=fields))

    return respond


def for_basic(handler: AccountHandler) -> Respond:
    """The handler behind Basic credentials, which are checked before the body is read."""

    async def respond(request: web.Request) -> web.StreamResponse:
        services = request.app[SERVICES]
        authorization = request.headers.get("Authorization")
        if authorization is None:
            raise Unauthorized("You did not provide correct credentials.")
        account = account_of(services.accounts, authorization, {})
        return await handler(AccountRequest(http=request, services=services, account=account, fields={}))

    return respond


async def _fields(request: web.Request) -> dict[str, str]:
    if request.content_type != "application/x-www-form-urlencoded":
        return dict(request.query)
    try:
        form = await request.post()
    except (LookupError, ValueError):
        raise invalid("body", "must be a form in UTF-8") from None
    return {**request.query, **{name: text for name, text in form.items() if isinstance(text, str)}}
