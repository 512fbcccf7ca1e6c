"""The account itself (Account API)."""

from aiohttp import web

from gateway.api.requests import AccountRequest
from gateway.api.routes import AccountRoute


async def balance(_request: AccountRequest) -> web.Response:
    """GET /account/get-balance: nothing is charged here, so nothing is on the account."""
    return web.json_response({"value": 0.0, "autoReload": False})


ROUTES = (
    AccountRoute(
        method="GET",
        path="/account/get-balance",
        handler=balance,
        summary="Read the balance",
    ),
)
