"""Cross-origin requests: browsers may use the interface from anywhere; tokens, not origins, protect it."""

from collections.abc import Awaitable, Callable

from aiohttp import web

HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Last-Event-ID, Range",
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
    "Access-Control-Max-Age": "86400",
}


@web.middleware
async def answer_preflight(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """OPTIONS is answered for every path, and before anything else is looked at."""
    if request.method == "OPTIONS":
        return web.Response(status=204)
    return await handler(request)


async def allow_all(_request: web.Request, response: web.StreamResponse) -> None:
    """Put the headers on every answer, streams and files included."""
    response.headers.update(HEADERS)
