"""Legs: list and read. All versions show the same (Conversation API, legs)."""

from typing import Any, Literal

import msgspec
from aiohttp import web

from gateway.api.answers import instant, list_of, list_response
from gateway.api.lookups import found
from gateway.api.paging import ByRecordIndex
from gateway.api.replies import Reply, shown
from gateway.api.requests import VersionedRequest
from gateway.api.routes import VersionedRoute
from gateway.conversation.leg import state_of
from gateway.store.base import LegFilter, Page, Window
from gateway.store.records import LegRecord, LegStatus

Status = LegStatus | Literal["machine"]
"""What can be asked for. `machine` never stays a leg's status, but clients may ask."""


class ListLegs(msgspec.Struct, frozen=True):
    """Filters of GET /legs."""

    status: Status | None = None
    conversation_id: str | None = None
    date_start: str | None = None
    date_end: str | None = None

    def filter(self) -> LegFilter:
        """For the store. Raises Invalid for a wrong date."""
        return LegFilter(
            status=self.status,
            conversation_id=self.conversation_id,
            date_start=instant("date_start", self.date_start),
            date_end=instant("date_end", self.date_end),
        )


async def list_all(request: VersionedRequest) -> web.Response:
    """GET /legs."""
    leg_filter = request.query(ListLegs).filter()

    async def fetch(window: Window) -> Page[LegRecord]:
        return await request.services.store.legs(request.tenant, window, leg_filter)

    return await list_response(
        ByRecordIndex("legs"), list_of(request, fetch, lambda row: show_leg(request.root, row))
    )


async def read(request: VersionedRequest) -> web.Response:
    """GET /legs/{id}."""
    record = await request.services.store.leg(request.tenant, request.segment("leg_id"))
    return web.json_response(show_leg(request.root, found(record, "leg")))


def show_leg(root: str, record: LegRecord) -> dict[str, Any]:
    """A leg with the names of both generations (`uuid`, `id`)."""
    # Client SDKs refuse a leg whose times are not strings: "" stands for one that has not come.
    return {
        "id": record.id,
        "uuid": record.id,
        "type": record.type,
        "conversation_id": record.conversation_id,
        "conversation_uuid": record.conversation_id,
        "status": record.status,
        "state": state_of(record.status, record.reason),
        "direction": record.direction,
        "from": record.from_,
        "to": record.to,
        "start_time": record.start_time or "",
        "end_time": record.end_time or "",
        "duration": str(record.duration),
        "_links": {"self": {"href": f"{root}/legs/{record.id}"}},
    }


ROUTES = (
    VersionedRoute(
        method="GET",
        path="/legs",
        handler=list_all,
        summary="List legs",
        query=ListLegs,
        reply=Reply(model=shown(show_leg), paging=ByRecordIndex("legs")),
    ),
    VersionedRoute(
        method="GET",
        path="/legs/{leg_id}",
        handler=read,
        summary="Retrieve a leg",
        reply=Reply(model=shown(show_leg)),
    ),
)
