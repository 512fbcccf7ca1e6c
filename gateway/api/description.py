"""What the gateway says of itself: whether it is well, its OpenAPI description, and a page of that."""

import asyncio
from functools import cached_property

import msgspec
from aiohttp import web

from gateway.api.endpoints import Endpoint
from gateway.api.openapi.document import describe
from gateway.api.page.html import page, policy
from gateway.api.replies import Reply
from gateway.api.requests import ApiRequest
from gateway.api.routes import OpenRoute


class Description:
    """The description of a server, made when somebody first asks for it, which takes tenths of a second."""

    def __init__(self, endpoints: tuple[Endpoint, ...], server: str) -> None:
        self._endpoints = endpoints
        self._server = server

    @cached_property
    def json(self) -> bytes:
        """The OpenAPI document as it is sent."""
        return msgspec.json.encode(describe(self._endpoints, self._server))

    @cached_property
    def page(self) -> str:
        """The page as it is sent."""
        return page(msgspec.json.decode(self.json))


DESCRIPTION = web.AppKey("description", Description)


async def openapi(request: ApiRequest) -> web.Response:
    """GET /openapi.json: this interface as OpenAPI 3.1."""
    description = request.http.app[DESCRIPTION]
    body = await asyncio.to_thread(lambda: description.json)
    return web.Response(body=body, content_type="application/json")


async def show(request: ApiRequest) -> web.Response:
    """GET /docs: this interface as a page to read."""
    description = request.http.app[DESCRIPTION]
    response = web.Response(
        text=await asyncio.to_thread(lambda: description.page),
        content_type="text/html",
        headers={"Content-Security-Policy": policy(), "X-Content-Type-Options": "nosniff"},
    )
    response.enable_compression()
    return response


async def health(_request: ApiRequest) -> web.Response:
    """GET /health: whether anybody is at home."""
    return web.json_response({"status": "ok"})


async def start(_request: ApiRequest) -> web.Response:
    """GET /: people who come to the bare address are shown the page."""
    return web.Response(status=302, headers={"Location": "/docs"})


ROUTES = (
    OpenRoute(
        method="GET",
        path="/health",
        handler=health,
        summary="See whether anybody is at home",
        reply=Reply(model=dict[str, str]),
    ),
    OpenRoute(
        method="GET",
        path="/openapi.json",
        handler=openapi,
        summary="Read the OpenAPI description",
        reply=Reply(model=dict),
    ),
    OpenRoute(
        method="GET",
        path="/docs",
        handler=show,
        summary="Read this page",
        reply=Reply(model=str, media_types=("text/html",)),
    ),
    OpenRoute(
        method="GET",
        path="/",
        handler=start,
        summary="Find this page",
        reply=Reply(status=302),
    ),
)
