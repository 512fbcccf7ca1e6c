"""The door before each handler: who calls is known and allowed before anything else is looked at."""

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from aiohttp import web

from gateway.api.auth import Caller, authorize, identify
from gateway.api.body import UnsupportedMediaType, parse_json
from gateway.api.replies import FORM, JSON
from gateway.api.requests import AccountRequest, ApiRequest, OwnerRequest, TenantRequest, VersionedRequest
from gateway.api.rights import check
from gateway.api.routes import (
    AccountRoute,
    OpenRoute,
    OwnerRoute,
    TenantRoute,
    UnversionedRoute,
    VersionedRoute,
)
from gateway.api.services import SERVICES, Services
from gateway.api.validation import invalid, once
from gateway.api.versions import Version
from gateway.api.xml_answers import check_accepts_json
from gateway.errors import NotFound, Unauthorized
from gateway.files.media import Owner

MAX_FIELDS = 100
"""Of a form: the largest honest ones have a dozen."""

Respond = Callable[[web.Request], Awaitable[web.StreamResponse]]


def guarded(route: UnversionedRoute) -> Respond:
    """A route's handler behind its door."""
    return _unambiguous(_door(route))


def guarded_in(version: Version, route: VersionedRoute) -> Respond:
    """A route's handler behind an application's token, as one version of the Conversation API."""
    return _unambiguous(_for_version(version, route))


def _unambiguous(respond: Respond) -> Respond:
    """Refuses a query that says one thing twice: before the door, which may read credentials from it."""

    async def respond_once(request: web.Request) -> web.StreamResponse:
        once(request.query.items())
        return await respond(request)

    return respond_once


def _door(route: UnversionedRoute) -> Respond:
    match route:
        case OpenRoute():
            return _for_anybody(route)
        case TenantRoute():
            return _for_tenant(route)
        case AccountRoute():
            return _for_basic(route) if route.only_basic else _for_account(route)
        case OwnerRoute():
            return _for_owner(route)


def _for_version(version: Version, route: VersionedRoute) -> Respond:
    """Behind an application's token."""
    reads = route.reads_in(version)

    async def respond(request: web.Request) -> web.StreamResponse:
        services = request.app[SERVICES]
        caller = await _caller(request, services)
        asked = VersionedRequest(http=request, services=services, reads=reads, caller=caller, version=version)
        await check(route.needs, asked)
        return await route.handler(asked)

    return respond


def _for_anybody(route: OpenRoute) -> Respond:
    reads = route.reads

    async def respond(request: web.Request) -> web.StreamResponse:
        return await route.handler(ApiRequest(http=request, services=request.app[SERVICES], reads=reads))

    return respond


def _for_tenant(route: TenantRoute) -> Respond:
    reads = route.reads

    async def respond(request: web.Request) -> web.StreamResponse:
        services = request.app[SERVICES]
        caller = await _caller(request, services)
        asked = TenantRequest(http=request, services=services, reads=reads, caller=caller)
        if route.counts:
            services.voice_limit.take(caller.application.account, services.clock.monotonic())
        await check(route.needs, asked)
        return await route.handler(asked)

    return respond


async def _caller(request: web.Request, services: Services) -> Caller:
    authorization = request.headers.get("Authorization", "")
    caller, claims = await identify(services.store, authorization, services.clock.wall())
    await authorize(claims, request)
    return caller


def _for_account(route: AccountRoute) -> Respond:
    """Behind Basic credentials, or those of the query or a form."""
    reads = route.reads

    async def respond(request: web.Request) -> web.StreamResponse:
        services = request.app[SERVICES]
        fields = await _fields(request)
        account = await services.credentials.account_of(request.headers.get("Authorization"), fields)
        return await route.handler(
            AccountRequest(http=request, services=services, reads=reads, account=account, fields=fields)
        )

    return respond


def _for_basic(route: AccountRoute) -> Respond:
    """Behind Basic credentials, which are checked before the body is read."""
    reads = route.reads

    async def respond(request: web.Request) -> web.StreamResponse:
        services = request.app[SERVICES]
        authorization = request.headers.get("Authorization")
        if authorization is None:
            raise Unauthorized("You did not provide correct credentials.")
        account = await services.credentials.account_of(authorization, {})
        check_accepts_json(request)
        return await route.handler(
            AccountRequest(http=request, services=services, reads=reads, account=account, fields={})
        )

    return respond


def _for_owner(route: OwnerRoute) -> Respond:
    """Behind a token, Basic credentials or those of the query."""
    reads = route.reads

    async def respond(request: web.Request) -> web.StreamResponse:
        services = request.app[SERVICES]
        given = "Authorization" in request.headers or "api_key" in request.query
        caller = await _owner(route, request, services) if given or not route.or_anybody else None
        return await route.handler(OwnerRequest(http=request, services=services, reads=reads, caller=caller))

    return respond


async def _owner(route: OwnerRoute, request: web.Request, services: Services) -> Owner | None:
    """Who asks; None for a user who may no more than anybody, where anybody may ask."""
    authorization = request.headers.get("Authorization", "")
    if authorization.strip().lower().startswith("bearer "):
        caller = await _caller(request, services)
        try:
            await check(
                route.needs, TenantRequest(http=request, services=services, reads=route.reads, caller=caller)
            )
        except NotFound:
            if route.or_anybody:
                return None
            raise
        return Owner(account=caller.application.account, application_id=caller.application.id)
    return Owner(account=await services.credentials.account_of(authorization, request.query))


async def _fields(request: web.Request) -> dict[str, str]:
    """The parameters of the query and of the body: a form, or the texts of a JSON object.

    Raises UnsupportedMediaType, and Invalid for what comes twice with different values.
    """
    query = dict(request.query)
    if not request.can_read_body or not (raw := await request.read()):
        return query
    if request.content_type not in (FORM, JSON):
        raise UnsupportedMediaType(f"The body is {request.content_type}; send {FORM}.")
    # A published client that has sent JSON once goes on to call its forms JSON.
    is_object = request.content_type == JSON and raw.lstrip().startswith(b"{")
    members = _members(raw) if is_object else _form(raw)
    for name, text in query.items():
        if members.get(name, text) != text:
            raise invalid(name, "must be the same in the query and in the body")
    return {**query, **members}


def _members(raw: bytes) -> dict[str, str]:
    body = parse_json(raw)
    members = body.items() if isinstance(body, dict) else ()
    return {name: text for name, text in members if isinstance(text, str)}


def _form(raw: bytes) -> dict[str, str]:
    try:
        fields = parse_qsl(raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise invalid("body", f"must be a form in UTF-8 of at most {MAX_FIELDS} fields") from None
    return once(fields)
