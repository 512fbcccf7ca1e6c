"""Sources that SIP does not listen to, for the gateway's operator (not a part of any published API)."""

import msgspec
from aiohttp import web

from gateway.api.answers import json_response
from gateway.api.operator_accounts import require_operator
from gateway.api.replies import NOTHING, Reply
from gateway.api.requests import AccountRequest
from gateway.api.routes import AccountRoute
from gateway.resources.sip_bans import SipBan


class SipBanList(msgspec.Struct, frozen=True):
    """All bans, the one that ends first before the others."""

    bans: list[SipBan]


async def list_all(request: AccountRequest) -> web.Response:
    """GET."""
    require_operator(request)
    return json_response(SipBanList(request.services.sip_bans.every()))


async def lift(request: AccountRequest) -> web.Response:
    """DELETE one: its address, of an IPv6 network any address in it."""
    require_operator(request)
    request.services.sip_bans.lift(request.segment("source"))
    return web.Response(status=204)


ROUTES = (
    AccountRoute(
        method="GET",
        path="/cordboard/sip/bans",
        handler=list_all,
        summary="List sources that SIP does not listen to",
        reply=Reply(model=SipBanList),
        refusals=(403,),
        only_basic=True,
    ),
    AccountRoute(
        method="DELETE",
        path="/cordboard/sip/bans/{source}",
        handler=lift,
        summary="Listen to a source again",
        reply=NOTHING,
        refusals=(403, 404),
        only_basic=True,
    ),
)
