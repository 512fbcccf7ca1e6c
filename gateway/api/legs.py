"""Legs: list, read, steer, remove, and act on their sound (Conversation API, legs).

All versions show the same; the first generation answers an act with the leg's `uuid`, later ones with `id`.
"""

from typing import Any, Literal

import msgspec
from aiohttp import web

from gateway.api.answers import instant, list_of, list_response
from gateway.api.audio import DIAL, RECORD, SOUNDS, STOP_RECORD, Act, Done, done
from gateway.api.lookups import found
from gateway.api.paging import ByRecordIndex, Paging, named
from gateway.api.replies import EMPTY, NOTHING, Reply, shown
from gateway.api.requests import VersionedHandler, VersionedRequest
from gateway.api.rights import Right
from gateway.api.routes import VersionedRoute
from gateway.api.versions import Version
from gateway.conversation.leg import shown_status, state_of
from gateway.ports import OneLeg
from gateway.store.queries import LegFilter, Page, Window
from gateway.store.records import LegRecord, LegStatus

Status = LegStatus | Literal["machine"]
"""What can be asked for. Calls that a machine answered are `machine` as long as they last."""


class ListLegs(msgspec.Struct, frozen=True):
    """Filters of GET /legs."""

    status: Status | None = None
    conversation_id: str | None = None
    conversation_uuid: str | None = None
    """The name of the first generation."""
    date_start: str | None = None
    date_end: str | None = None

    def filter(self, seen_by: str | None) -> LegFilter:
        """For the store; as far as a user sees, whose id it is. Raises Invalid for a wrong date."""
        return LegFilter(
            status=self.status,
            conversation_id=self.conversation_id or self.conversation_uuid,
            date_start=instant("date_start", self.date_start),
            date_end=instant("date_end", self.date_end),
            shown_only=True,
            seen_by=seen_by,
        )


class SteerLeg(msgspec.Struct, frozen=True, kw_only=True):
    """PUT /legs/{id}."""

    action: Literal["hangup", "mute", "unmute", "earmuff", "unearmuff"]
    uuid: str | None = None
    """The leg again; the path counts."""


class LegDone(msgspec.Struct, frozen=True):
    """What was done: `id` is the recording's where one was begun, otherwise the leg's."""

    message: str
    id: str


async def list_all(request: VersionedRequest) -> web.Response:
    """GET /legs."""
    leg_filter = request.query(ListLegs).filter(request.caller.user_id)

    async def fetch(window: Window) -> Page[LegRecord]:
        return await request.services.store.legs(request.tenant, window, leg_filter)

    # /v0.3 was published with either style: who names an index gets the older one.
    paging = _BY_INDEX if "record_index" in request.http.query else _paging(request.version)
    return await list_response(paging, list_of(request, fetch, lambda row: show_leg(request.root, row)))


async def read(request: VersionedRequest) -> web.Response:
    """GET /legs/{id}."""
    return web.json_response(show_leg(request.root, await _leg(request)))


async def steer(request: VersionedRequest) -> web.Response:
    """PUT /legs/{id}."""
    leg = await _leg(request)
    calls = request.services.calls
    match (await request.body(SteerLeg)).action:
        case "hangup":
            await calls.hang_up(request.tenant, leg.id)
        case "mute" | "unmute" as action:
            await calls.set_audio(request.tenant, leg.id, muted=action == "mute")
        case "earmuff" | "unearmuff" as action:
            await calls.set_audio(request.tenant, leg.id, earmuffed=action == "earmuff")
    if request.version.terse_legs:
        return web.Response(status=204)
    return web.json_response(show_leg(request.root, leg))


async def remove(request: VersionedRequest) -> web.Response:
    """DELETE /legs/{id}."""
    leg = await _leg(request)
    await request.services.calls.remove(request.tenant, leg.id)
    return web.Response(status=204) if request.version.terse_legs else web.json_response({})


def _acting(act: Act) -> VersionedHandler:
    async def handle(request: VersionedRequest) -> web.Response:
        leg = await _leg(request)
        made = await act.carry_out(request, OneLeg(leg_id=leg.id))
        if not request.version.terse_legs:
            return done(act.message, made or leg.id)
        if act.stops:
            return web.Response(status=204)
        return web.json_response(msgspec.to_builtins(LegDone(act.message, made or leg.id)))

    return handle


async def _leg(request: VersionedRequest) -> LegRecord:
    return found(await request.services.store.leg(request.tenant, request.segment("leg_id")), "leg")


def show_leg(root: str, record: LegRecord) -> dict[str, Any]:
    """A leg with the names of both generations (`uuid`, `id`)."""
    # Client SDKs refuse a leg whose times are not strings: "" stands for one that has not come. Nobody is
    # charged and no network is known: the fields stand because clients read them.
    return {
        "id": record.id,
        "uuid": record.id,
        "type": record.type,
        "conversation_id": record.conversation_id,
        "conversation_uuid": record.conversation_id,
        "status": shown_status(record),
        "state": state_of(record.status, record.reason),
        "direction": record.direction,
        "from": record.from_,
        "to": record.to,
        "start_time": record.start_time or "",
        "end_time": record.end_time or "",
        "duration": str(record.duration),
        "rate": "0.00000000",
        "price": "0.00000000",
        "network": "",
        "_links": {"self": {"href": f"{root}/legs/{record.id}"}},
    }


_BY_INDEX = ByRecordIndex("legs")
_BY_CURSOR = named("legs")


def _paging(version: Version) -> Paging:
    return _BY_CURSOR if version.terse_legs else _BY_INDEX


def _steered(version: Version) -> Reply:
    return NOTHING if version.terse_legs else Reply(model=shown(show_leg))


def _removed(version: Version) -> Reply:
    return NOTHING if version.terse_legs else EMPTY


def _begun(version: Version) -> Reply:
    return Reply(model=LegDone if version.terse_legs else Done)


def _ended(version: Version) -> Reply:
    return NOTHING if version.terse_legs else Reply(model=Done)


_ACTS = (*SOUNDS, DIAL, RECORD, STOP_RECORD)

ROUTES = (
    VersionedRoute(
        method="GET",
        path="/legs",
        handler=list_all,
        needs=Right.USER,
        summary="List legs",
        query=ListLegs,
        replies=lambda version: Reply(model=shown(show_leg), paging=_paging(version)),
    ),
    VersionedRoute(
        method="GET",
        path="/legs/{leg_id}",
        handler=read,
        needs=Right.LEG,
        summary="Retrieve a leg",
        reply=Reply(model=shown(show_leg)),
    ),
    VersionedRoute(
        method="PUT",
        path="/legs/{leg_id}",
        handler=steer,
        needs=Right.LEG,
        summary="Steer a leg",
        body=SteerLeg,
        replies=_steered,
    ),
    VersionedRoute(
        method="DELETE",
        path="/legs/{leg_id}",
        handler=remove,
        needs=Right.LEG,
        summary="Remove a leg",
        replies=_removed,
    ),
    *(
        VersionedRoute(
            method=method,
            path=f"/legs/{{leg_id}}/{act.name}",
            handler=_acting(act),
            needs=Right.LEG,
            summary=f"{act.summary} in a leg",
            body=act.body,
            replies=_ended if act.stops else _begun,
        )
        for act in _ACTS
        # The first generation said PUT, later ones say POST: each version takes both.
        for method in (("DELETE",) if act.stops else ("POST", "PUT"))
    ),
)
