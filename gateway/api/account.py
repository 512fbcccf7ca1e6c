"""The account itself (Account API)."""

from aiohttp import web

from gateway.api.requests import AccountRequest, for_account


async def balance(_request: AccountRequest) -> web.Response:
    """GET /account/get-balance: nothing is charged here, so nothing is on the account."""
    return web.json_response({"value": 0.0, "autoReload": False})


ROUTES = (web.get("/account/get-balance", for_account(balance)),)
