"""What went over the wire for a leg, and how its audio was (not a part of any published API)."""

import msgspec
from aiohttp import web

from gateway.api.answers import json_response
from gateway.api.lookups import found
from gateway.api.replies import Reply
from gateway.api.requests import VersionedRequest
from gateway.api.routes import VersionedRoute
from gateway.conversation.leg import shown_status
from gateway.store.records import Json, SipMessage


class LegTrace(msgspec.Struct, frozen=True, kw_only=True):
    """The SIP messages of a leg so far, or of all of its life."""

    id: str
    status: str
    quality: Json
    """As in the leg's hangup event; empty until then."""
    messages: tuple[SipMessage, ...]
    left_out: int
    """Messages between the first and the last that are not kept."""


async def read(request: VersionedRequest) -> web.Response:
    """GET /legs/{id}/trace."""
    services = request.services
    leg = found(await services.store.leg(request.tenant, request.segment("leg_id")), "leg")
    trace = await services.ladders.of(leg.id)
    return json_response(
        LegTrace(
            id=leg.id,
            status=shown_status(leg),
            quality=leg.quality,
            messages=trace.messages,
            left_out=trace.left_out,
        )
    )


ROUTES = (
    VersionedRoute(
        method="GET",
        path="/legs/{leg_id}/trace",
        handler=read,
        summary="Show the signalling of a leg",
        reply=Reply(model=LegTrace),
        prefixes=frozenset({"/v1"}),
    ),
)
