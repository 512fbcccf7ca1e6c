"""Media workers, for the gateway's operator (not a part of any published API)."""

import msgspec
from aiohttp import web

from gateway.api.answers import json_response
from gateway.api.operator_accounts import require_operator
from gateway.api.replies import Reply
from gateway.api.requests import AccountRequest
from gateway.api.routes import AccountRoute
from gateway.resources.workers import MediaWorker


class WorkerList(msgspec.Struct, frozen=True):
    """All media workers."""

    workers: list[MediaWorker]


async def list_all(request: AccountRequest) -> web.Response:
    """GET."""
    require_operator(request)
    return json_response(WorkerList(request.services.workers.every()))


ROUTES = (
    AccountRoute(
        method="GET",
        path="/cordboard/workers",
        handler=list_all,
        summary="List media workers and how busy they are",
        reply=Reply(model=WorkerList),
        refusals=(403,),
        only_basic=True,
    ),
)
