"""The HTTP interface as one aiohttp application."""

from aiohttp import web

from gateway.api import (
    account,
    addresses,
    api_secrets,
    applications,
    calls,
    calls_v2,
    conversation_audio,
    conversations,
    description,
    emergency,
    events,
    files,
    leg_traces,
    legs,
    media,
    members,
    memberships,
    numbers,
    operator_accounts,
    operator_numbers,
    psip,
    psip_registrations,
    psip_users,
    redact,
    reports,
    sip_bans,
    trunks,
    users,
    workers,
)
from gateway.api.body import MAX_BODY, refuse_encoded
from gateway.api.cors import allow_all, answer_preflight
from gateway.api.description import DESCRIPTION, Description
from gateway.api.endpoints import endpoints_of
from gateway.api.families import (
    APPLICATION,
    APPLICATION_V1,
    COMMON,
    NUMBERS,
    RECORDS,
    REDACT,
    REPORTS,
    SECRETS,
    VOICE,
    Families,
)
from gateway.api.live import STREAMS, end_streams
from gateway.api.problems import problem_middleware
from gateway.api.psip_problems import PSIP
from gateway.api.routes import UnversionedRoute
from gateway.api.services import SERVICES, Services
from gateway.api.versions import VERSIONS

VERSIONED = (
    *conversations.ROUTES,
    *conversation_audio.ROUTES,
    *members.ROUTES,
    *events.ROUTES,
    *users.ROUTES,
    *memberships.ROUTES,
    *legs.ROUTES,
    *leg_traces.ROUTES,
)
"""What every version of the Conversation API has."""


UNVERSIONED: tuple[UnversionedRoute, ...] = (
    *calls.ROUTES,
    *calls_v2.ROUTES,
    *files.ROUTES,
    *media.ROUTES,
    *redact.ROUTES,
    *reports.ROUTES,
    *applications.ROUTES,
    *numbers.ROUTES,
    *addresses.ROUTES,
    *emergency.ROUTES,
    *psip.ROUTES,
    *psip_users.ROUTES,
    *psip_registrations.ROUTES,
    *account.ROUTES,
    *api_secrets.ROUTES,
    *operator_accounts.ROUTES,
    *operator_numbers.ROUTES,
    *trunks.ROUTES,
    *sip_bans.ROUTES,
    *workers.ROUTES,
    *description.ROUTES,
)

FAMILIES: Families = (
    ("/v1/calls", VOICE),
    ("/v2/calls", VOICE),
    ("/v1/files", VOICE),
    ("/v1/applications", APPLICATION_V1),
    ("/v2/applications", APPLICATION),
    ("/v1/redact", REDACT),
    ("/v1/psip", PSIP),
    ("/v2/reports/records", RECORDS),
    ("/v2/reports", REPORTS),
    ("/v3/media", COMMON),
    ("/accounts", SECRETS),
    ("/cordboard", COMMON),
    ("/account", NUMBERS),
    ("/number", NUMBERS),
    *((version.prefix, version.errors) for version in VERSIONS),
)
"""How each part of the API words its errors."""

ENDPOINTS = tuple(endpoints_of(UNVERSIONED, VERSIONED, VERSIONS, FAMILIES))
"""Everything that is served."""


def make_app(services: Services) -> web.Application:
    """Every route, ready to be served by a runner that does not unpack bodies (`auto_decompress=False`)."""
    app = web.Application(
        middlewares=[answer_preflight, problem_middleware(FAMILIES), refuse_encoded],
        client_max_size=MAX_BODY,
    )
    app[SERVICES] = services
    app[STREAMS] = set()
    app.on_response_prepare.append(allow_all)
    app.on_shutdown.append(end_streams)
    app[DESCRIPTION] = Description(ENDPOINTS, services.public_url)
    app.router.add_routes(
        web.route(endpoint.method, path, endpoint.respond)
        for endpoint in ENDPOINTS
        for path in endpoint.paths
    )
    return app
