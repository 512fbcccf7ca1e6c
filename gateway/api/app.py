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
from gateway.api.families import APPLICATION, NUMBERS, VOICE, Families
from gateway.api.guards import guarded, guarded_in
from gateway.api.live import STREAMS, end_streams
from gateway.api.problems import problem_middleware
from gateway.api.requests import ApiRequest
from gateway.api.routes import OpenRoute, UnversionedRoute
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


UNVERSIONED: tuple[UnversionedRoute, ...] = (
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
    app.router.add_routes(web.route(route.method, route.path, guarded(route)) for route in UNVERSIONED)
    for version in VERSIONS:
        app.router.add_routes(_routes(version))
    return app


def _routes(version: Version) -> list[web.RouteDef]:
    return [
        web.route(route.method, f"{version.prefix}{route.path}", guarded_in(version, route))
        for route in VERSIONED
        if route.is_in(version)
    ]
