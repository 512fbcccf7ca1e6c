"""Calls: start, list, read, steer (Voice API reference)."""

from dataclasses import replace
from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.answers import instant, list_of, list_response
from gateway.api.audio import DIAL_CALL, SOUNDS, Act, Done, done
from gateway.api.fields import Method, OneUrl
from gateway.api.legs import Status
from gateway.api.lookups import found
from gateway.api.paging import ByRecordIndex
from gateway.api.replies import NOTHING, Reply, shown
from gateway.api.requests import TenantHandler, TenantRequest
from gateway.api.rights import Right
from gateway.api.routes import TenantRoute
from gateway.api.validation import invalid
from gateway.conversation.detection import AdvancedDetection, Behavior, detection_of
from gateway.conversation.leg import is_over, shown_status
from gateway.ncco.schema import read_ncco
from gateway.ports import NewCall, NewRecording, OneLeg
from gateway.routing.endpoints import Endpoint, PhoneEndpoint, check_detectable, read_endpoint
from gateway.store.queries import LegFilter, Page, Window
from gateway.store.records import LegRecord, Webhook

OneEndpoint = Annotated[list[dict[str, Any]], Meta(min_length=1, max_length=1)]


class CreateCall(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/calls."""

    to: OneEndpoint
    from_: dict[str, Any] | None = msgspec.field(name="from", default=None)
    random_from_number: bool | None = None
    ncco: list[Any] | None = None
    answer_url: OneUrl | None = None
    answer_method: Method = "GET"
    event_url: OneUrl | None = None
    event_method: Method = "POST"
    length_timer: Annotated[int, Meta(ge=1, le=7200)] | None = None
    ringing_timer: Annotated[int, Meta(ge=1, le=120)] | None = None
    machine_detection: Behavior | None = None
    advanced_machine_detection: AdvancedDetection | None = None

    def new(self) -> NewCall:
        """What the core is asked for. Raises Invalid for what the types cannot say."""
        if (self.ncco is None) == (self.answer_url is None):
            raise invalid("ncco", "must be given, or answer_url, and not both")
        if self.from_ is not None and self.random_from_number:
            raise invalid("from", "must not be given together with random_from_number")
        called = _called(self.to[0])
        if self.machine_detection is not None:
            check_detectable(called, "machine_detection")
        if self.advanced_machine_detection is not None:
            check_detectable(called, "advanced_machine_detection")
        return NewCall(
            to=called,
            from_=_caller_id(self.from_),
            random_from_number=bool(self.random_from_number),
            ncco=None if self.ncco is None else read_ncco(self.ncco),
            answer=_webhook(self.answer_url, self.answer_method),
            event=_webhook(self.event_url, self.event_method),
            detection=detection_of(self.machine_detection, self.advanced_machine_detection),
            ringing_timer_s=self.ringing_timer or 60,
            length_timer_s=self.length_timer or 7200,
        )


def _called(value: dict[str, Any]) -> Endpoint:
    endpoint = read_endpoint(value, "to[0]")
    if isinstance(endpoint, PhoneEndpoint) and endpoint.on_answer is not None:
        raise invalid("to[0].onAnswer", "is an option of connect; the call itself has ncco or answer_url")
    return endpoint


def _caller_id(value: dict[str, Any] | None) -> PhoneEndpoint | None:
    if value is None:
        return None
    endpoint = read_endpoint(value, "from")
    if not isinstance(endpoint, PhoneEndpoint):
        raise invalid("from.type", "must be one of [phone]")
    return endpoint


def _webhook(urls: list[str] | None, method: Method) -> Webhook | None:
    if urls is None:
        return None
    return Webhook(address=urls[0], http_method=method)


class HangUp(msgspec.Struct, frozen=True, tag_field="action", tag="hangup"):
    """End the call."""


class Mute(msgspec.Struct, frozen=True, tag_field="action", tag="mute"):
    """The others do not hear the leg."""


class Unmute(msgspec.Struct, frozen=True, tag_field="action", tag="unmute"):
    """They hear it again."""


class Earmuff(msgspec.Struct, frozen=True, tag_field="action", tag="earmuff"):
    """The leg does not hear the others."""


class Unearmuff(msgspec.Struct, frozen=True, tag_field="action", tag="unearmuff"):
    """It hears them again."""


class Destination(msgspec.Struct, frozen=True):
    """Where a transferred call goes on."""

    type: Literal["ncco"]
    url: OneUrl | None = None
    ncco: list[Any] | None = None


class Transfer(msgspec.Struct, frozen=True, tag_field="action", tag="transfer"):
    """Run another NCCO on the leg."""

    destination: Destination


ModifyCall = HangUp | Mute | Unmute | Earmuff | Unearmuff | Transfer
"""PUT /v1/calls/{uuid}."""


class ListCalls(msgspec.Struct, frozen=True):
    """Filters of GET /v1/calls."""

    status: Status | None = None
    conversation_uuid: str | None = None
    date_start: str | None = None
    date_end: str | None = None

    def filter(self, seen_by: str | None) -> LegFilter:
        """For the store; as far as a user sees, whose id it is. Raises Invalid for a wrong date."""
        return LegFilter(
            status=self.status,
            conversation_id=self.conversation_uuid,
            shown_only=True,
            seen_by=seen_by,
            date_start=instant("date_start", self.date_start),
            date_end=instant("date_end", self.date_end),
        )


async def create(request: TenantRequest) -> web.Response:
    """POST /v1/calls."""
    new = (await request.body(CreateCall, respelled=True)).new()
    services, application = request.services, request.caller.application
    services.call_limit.take(application.account, services.clock.monotonic())
    leg = await services.calls.create(application, new)
    body = {
        "uuid": leg.id,
        "status": leg.status,
        "direction": leg.direction,
        "conversation_uuid": leg.conversation_id,
    }
    return web.json_response(body, status=201)


async def list_all(request: TenantRequest) -> web.Response:
    """GET /v1/calls."""
    leg_filter = request.query(ListCalls).filter(request.caller.user_id)

    async def fetch(window: Window) -> Page[LegRecord]:
        return await request.services.store.legs(request.tenant, window, leg_filter)

    # A published client follows `next` as it stands, so the links between pages have the host; those of calls
    # have none, as the original's.
    return await list_response(ByRecordIndex("calls"), list_of(request, fetch, show_call))


async def read(request: TenantRequest) -> web.Response:
    """GET /v1/calls/{uuid}."""
    return web.json_response(show_call(await _leg(request)))


async def modify(request: TenantRequest) -> web.Response:
    """PUT /v1/calls/{uuid}."""
    leg = await _leg(request)
    action: ModifyCall = await request.body(ModifyCall)
    calls = request.services.calls
    match action:
        case HangUp():
            await calls.hang_up(request.tenant, leg.id)
        case Mute() | Unmute():
            await calls.set_audio(request.tenant, leg.id, muted=isinstance(action, Mute))
        case Earmuff() | Unearmuff():
            await calls.set_audio(request.tenant, leg.id, earmuffed=isinstance(action, Earmuff))
        case Transfer(destination=destination):
            await _transfer(request, leg.id, destination)
    return web.Response(status=204)


async def _transfer(request: TenantRequest, leg_id: str, destination: Destination) -> None:
    if (destination.ncco is None) == (destination.url is None):
        raise invalid("destination.ncco", "must be given, or destination.url, and not both")
    await request.services.calls.transfer(
        request.caller.application,
        leg_id,
        ncco=None if destination.ncco is None else read_ncco(destination.ncco, "destination.ncco"),
        answer=_webhook(destination.url, "GET"),
    )


async def _leg(request: TenantRequest) -> LegRecord:
    return found(await request.services.store.leg(request.tenant, request.segment("uuid")), "leg")


def show_call(record: LegRecord) -> dict[str, Any]:
    """A leg as the Voice API shows it: strings for numbers, hrefs without a host."""
    call = {
        "_links": {"self": {"href": f"/v1/calls/{record.id}"}},
        "uuid": record.id,
        "conversation_uuid": record.conversation_id,
        "status": shown_status(record),
        "direction": record.direction,
        "to": record.to,
        "from": record.from_,
    }
    times = {"start_time": record.start_time, "end_time": record.end_time}
    call.update({name: time for name, time in times.items() if time is not None})
    if is_over(record):
        # Nobody is charged and no network is known: the fields stand because clients read them.
        call.update(duration=str(record.duration), rate="0.00000000", price="0.00000000", network="")
    return call


def _acting(act: Act) -> TenantHandler:
    async def handle(request: TenantRequest) -> web.Response:
        leg = await _leg(request)
        await act.carry_out(request, OneLeg(leg_id=leg.id))
        return done(act.message, leg.id)

    return handle


class FollowDigits(msgspec.Struct, frozen=True, kw_only=True):
    """PUT /v1/calls/{uuid}/input/dtmf: where each digit goes as it is pressed."""

    event_url: OneUrl
    event_method: Method = "POST"


async def follow_digits(request: TenantRequest) -> web.Response:
    """PUT /v1/calls/{uuid}/input/dtmf."""
    leg = await _leg(request)
    body = await request.body(FollowDigits)
    webhook = _webhook(body.event_url, body.event_method)
    await request.services.calls.follow_digits(request.tenant, leg.id, webhook)
    return web.Response(status=204)


async def follow_digits_no_more(request: TenantRequest) -> web.Response:
    """DELETE /v1/calls/{uuid}/input/dtmf."""
    leg = await _leg(request)
    await request.services.calls.follow_digits(request.tenant, leg.id, None)
    return web.Response(status=204)


class RecordCall(msgspec.Struct, frozen=True, kw_only=True):
    """PUT /v1/calls/{uuid}/recording: what the leg says, and what it hears in a channel of its own."""

    streamed: Literal["start", "stop"]
    split: bool = False


async def record(request: TenantRequest) -> web.Response:
    """PUT /v1/calls/{uuid}/recording."""
    audience = OneLeg(leg_id=(await _leg(request)).id)
    wanted = await request.body(RecordCall)
    studio = request.services.studio
    if wanted.streamed == "start":
        await studio.record(request.tenant, audience, NewRecording(channels=2 if wanted.split else 1))
    else:
        await studio.stop_recording(request.tenant, audience)
    return web.Response(status=204)


_CREATE = TenantRoute(
    method="POST",
    path="/v1/calls",
    handler=create,
    summary="Create an outbound call",
    body=CreateCall,
    reply=Reply(status=201, model=dict[str, Any]),
    refusals=(429,),
)

_OTHERS = (
    TenantRoute(
        method="GET",
        path="/v1/calls",
        handler=list_all,
        needs=Right.USER,
        summary="List calls",
        query=ListCalls,
        reply=Reply(model=shown(show_call), paging=ByRecordIndex("calls")),
    ),
    TenantRoute(
        method="GET",
        path="/v1/calls/{uuid}",
        handler=read,
        needs=Right.LEG,
        summary="Retrieve a call",
        reply=Reply(model=shown(show_call)),
    ),
    TenantRoute(
        method="PUT",
        path="/v1/calls/{uuid}",
        handler=modify,
        summary="Steer a call",
        body=ModifyCall,
        reply=NOTHING,
    ),
    *(
        TenantRoute(
            method="DELETE" if act.stops else "PUT",
            path=f"/v1/calls/{{uuid}}/{act.name}",
            handler=_acting(act),
            summary=f"{act.summary} in a call",
            body=act.body,
            reply=Reply(model=Done),
        )
        for act in (*SOUNDS, DIAL_CALL)
    ),
    TenantRoute(
        method="PUT",
        path="/v1/calls/{uuid}/input/dtmf",
        handler=follow_digits,
        summary="Follow the digits of a call as they are pressed",
        body=FollowDigits,
        reply=NOTHING,
    ),
    TenantRoute(
        method="DELETE",
        path="/v1/calls/{uuid}/input/dtmf",
        handler=follow_digits_no_more,
        summary="Follow the digits of a call no more",
        reply=NOTHING,
        refusals=(400,),
    ),
    TenantRoute(
        method="PUT",
        path="/v1/calls/{uuid}/recording",
        handler=record,
        summary="Record a call",
        body=RecordCall,
        reply=NOTHING,
    ),
)

ROUTES = (_CREATE, *(replace(route, counts=True, refusals=(*route.refusals, 429)) for route in _OTHERS))
