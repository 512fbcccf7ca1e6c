"""Trunks, for the gateway's operator (not a part of any published API). `cordboard trunk` is its client."""

import msgspec
from aiohttp import web

from gateway.api.answers import json_response
from gateway.api.operator_accounts import require_operator
from gateway.api.replies import NOTHING, Reply
from gateway.api.requests import AccountRequest
from gateway.api.routes import AccountRoute
from gateway.config import TrunkSettings
from gateway.resources.trunks import Trunk
from gateway.routing.trunk_report import TrunkReport


class TrunkList(msgspec.Struct, frozen=True):
    """All trunks, in the order in which calls try them."""

    trunks: list[Trunk]


async def list_all(request: AccountRequest) -> web.Response:
    """GET."""
    require_operator(request)
    return json_response(TrunkList(request.services.trunks.every()))


async def create(request: AccountRequest) -> web.Response:
    """POST."""
    require_operator(request)
    return json_response(await request.services.trunks.create(await request.body(TrunkSettings)), status=201)


async def read(request: AccountRequest) -> web.Response:
    """GET one."""
    require_operator(request)
    return json_response(request.services.trunks.read(request.segment("name")))


async def change(request: AccountRequest) -> web.Response:
    """PUT: all of it, but secrets that are left out stay."""
    require_operator(request)
    trunks = request.services.trunks
    return json_response(await trunks.change(request.segment("name"), await request.body(TrunkSettings)))


async def delete(request: AccountRequest) -> web.Response:
    """DELETE."""
    require_operator(request)
    await request.services.trunks.delete(request.segment("name"))
    return web.Response(status=204)


async def test(request: AccountRequest) -> web.Response:
    """POST: ask its servers now. What is wrong is told in the answer."""
    require_operator(request)
    return json_response(await request.services.trunks.test(request.segment("name")))


ROUTES = (
    AccountRoute(
        method="GET",
        path="/cordboard/trunks",
        handler=list_all,
        summary="List trunks",
        reply=Reply(model=TrunkList),
        refusals=(403,),
        only_basic=True,
    ),
    AccountRoute(
        method="POST",
        path="/cordboard/trunks",
        handler=create,
        summary="Create a trunk",
        body=TrunkSettings,
        reply=Reply(status=201, model=Trunk),
        refusals=(403, 409),
        only_basic=True,
    ),
    AccountRoute(
        method="GET",
        path="/cordboard/trunks/{name}",
        handler=read,
        summary="Retrieve a trunk and its state",
        reply=Reply(model=Trunk),
        refusals=(403, 404),
        only_basic=True,
    ),
    AccountRoute(
        method="PUT",
        path="/cordboard/trunks/{name}",
        handler=change,
        summary="Change a trunk",
        body=TrunkSettings,
        reply=Reply(model=Trunk),
        refusals=(403, 404),
        only_basic=True,
    ),
    AccountRoute(
        method="DELETE",
        path="/cordboard/trunks/{name}",
        handler=delete,
        summary="Delete a trunk",
        reply=NOTHING,
        refusals=(403, 404),
        only_basic=True,
    ),
    AccountRoute(
        method="POST",
        path="/cordboard/trunks/{name}/test",
        handler=test,
        summary="Ask the servers of a trunk whether they are there",
        reply=Reply(model=TrunkReport),
        refusals=(403, 404),
        only_basic=True,
    ),
)
