"""What the gateway says of itself: its OpenAPI description, and a page that shows it to people."""

from functools import cached_property

import msgspec
from aiohttp import web

from gateway.api.endpoints import Endpoint
from gateway.api.openapi.document import Json, describe
from gateway.api.replies import Reply
from gateway.api.requests import ApiRequest
from gateway.api.routes import OpenRoute


class Description:
    """The description of a server, made when somebody first asks for it."""

    def __init__(self, endpoints: tuple[Endpoint, ...], server: str) -> None:
        self._endpoints = endpoints
        self._server = server

    @cached_property
    def document(self) -> Json:
        """The OpenAPI document."""
        return describe(self._endpoints, self._server)

    @cached_property
    def json(self) -> bytes:
        """The document as it is sent."""
        return msgspec.json.encode(self.document)


DESCRIPTION = web.AppKey("description", Description)


async def openapi(request: ApiRequest) -> web.Response:
    """GET /openapi.json: this interface as OpenAPI 3.1."""
    return web.Response(body=request.http.app[DESCRIPTION].json, content_type="application/json")


ROUTES = (
    OpenRoute(
        method="GET",
        path="/openapi.json",
        handler=openapi,
        summary="Read the OpenAPI description",
        reply=Reply(model=dict),
    ),
)
