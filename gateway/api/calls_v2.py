"""Calls that are accepted first and told of later (Voice API v2, beta).

The answer says nothing. The webhook of the leg's first status tells the ids, and the reference that the
application has given.
"""

from dataclasses import replace
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.calls import CreateCall
from gateway.api.replies import EMPTY
from gateway.api.requests import TenantRequest
from gateway.api.routes import TenantRoute


class PlaceCall(CreateCall, frozen=True, kw_only=True):
    """POST /v2/calls: as in version 1, but from somebody."""

    from_: dict[str, Any] = msgspec.field(name="from")
    client_ref: Annotated[str, Meta(min_length=1, max_length=100)] | None = None


async def place(request: TenantRequest) -> web.Response:
    """POST /v2/calls."""
    wanted = await request.body(PlaceCall)
    new = msgspec.structs.replace(wanted.new(), client_ref=wanted.client_ref)
    services, application = request.services, request.caller.application
    services.call_limit.take(application.account, services.clock.monotonic())
    await services.calls.create(application, new)
    return web.json_response({}, status=202)


ROUTES = (
    TenantRoute(
        method="POST",
        path="/v2/calls",
        handler=place,
        summary="Place an outbound call",
        body=PlaceCall,
        reply=replace(EMPTY, status=202),
        refusals=(429,),
    ),
)
