"""The HTTP interface as one aiohttp application."""

from aiohttp import web

from gateway.api import (
    account,
    applications,
    calls,
    conversations,
    events,
    files,
    legs,
    members,
    numbers,
    users,
)
from gateway.api.body import MAX_BODY
from gateway.api.cors import allow_all, answer_preflight
from gateway.api.live import STREAMS, end_streams
from gateway.api.problems import APPLICATION, NUMBERS, VOICE, Families, problem_middleware
from gateway.api.requests import (
    ApiRequest,
    Respond,
    for_account,
    for_anybody,
    for_basic,
    for_tenant,
    for_version,
)
from gateway.api.routes import AccountRoute, OpenRoute, TenantRoute
from gateway.api.services import SERVICES, Services
from gateway.api.versions import VERSIONS, Version

VERSIONED = (
    *conversations.ROUTES,
    *members.ROUTES,
    *events.ROUTES,
    *users.ROUTES,
    *legs.ROUTES,
)
"""What every version of the Conversation API has."""


async def health(_request: ApiRequest) -> web.Response:
    """GET /health: whether anybody is at home."""
    return web.json_response({"status": "ok"})


UNVERSIONED: tuple[OpenRoute | TenantRoute | AccountRoute, ...] = (
    OpenRoute(method="GET", path="/health", handler=health, summary="See whether anybody is at home"),
    *calls.ROUTES,
    *files.ROUTES,
    *applications.ROUTES,
    *numbers.ROUTES,
    *account.ROUTES,
)

FAMILIES: Families = (
    ("/v1/calls", VOICE),
    ("/v1/files", VOICE),
    ("/v2/applications", APPLICATION),
    ("/account", NUMBERS),
    ("/number", NUMBERS),
    *((version.prefix, version.errors) for version in VERSIONS),
)
"""How each part of the API words its errors."""


def make_app(services: Services) -> web.Application:
    """Every route, ready to be served."""
    app = web.Application(
        middlewares=[answer_preflight, problem_middleware(FAMILIES)], client_max_size=MAX_BODY
    )
    app[SERVICES] = services
    app[STREAMS] = set()
    app.on_response_prepare.append(allow_all)
    app.on_shutdown.append(end_streams)
    app.router.add_routes(web.route(route.method, route.path, _guarded(route)) for route in UNVERSIONED)
    for version in VERSIONS:
        app.router.add_routes(_routes(version))
    return app


def _guarded(route: OpenRoute | TenantRoute | AccountRoute) -> Respond:
    match route:
        case OpenRoute():
            return for_anybody(route.handler)
        case TenantRoute():
            return for_tenant(route.handler)
        case AccountRoute():
            return for_basic(route.handler) if route.only_basic else for_account(route.handler)


def _routes(version: Version) -> list[web.RouteDef]:
    return [
        web.route(route.method, f"{version.prefix}{route.path}", for_version(version, route.handler))
        for route in VERSIONED
        if route.is_in(version)
    ]
