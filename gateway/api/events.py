"""Events of a conversation: post, list, read, follow (Conversation API, events)."""

from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.answers import list_response, list_url
from gateway.api.live import STREAM, follow, wants_stream
from gateway.api.lookups import conversation_of, found, own_member
from gateway.api.paging import Source
from gateway.api.replies import Reply, created, listed, one
from gateway.api.requests import VersionedRequest
from gateway.api.routes import VersionedRoute
from gateway.api.versions import Version
from gateway.api.views import EventView
from gateway.errors import Forbidden
from gateway.ports import NewEvent
from gateway.store.base import EventFilter, Page, Window
from gateway.store.records import EventRecord, MemberRecord

MAX_EVENT_ID = 2**31 - 1
"""Beyond every conversation, within a database's integers."""

EventId = Annotated[int, Meta(ge=0, le=MAX_EVENT_ID)]


class CreateEvent(msgspec.Struct, frozen=True, kw_only=True):
    """POST events."""

    type: Annotated[str, Meta(min_length=1, max_length=107)]
    """`custom:` and a name of 100 characters is the longest."""
    from_: str | None = msgspec.field(name="from", default=None)
    to: str | None = None
    body: dict[str, Any] | None = None


class ListEvents(msgspec.Struct, frozen=True):
    """Filters of GET events."""

    event_type: str | None = None
    """Exact, or a prefix and `*`."""
    start_id: EventId | None = None
    end_id: EventId | None = None


async def create(request: VersionedRequest) -> web.Response:
    """POST events."""
    conversation = await conversation_of(request)
    wanted = await request.body(CreateEvent)
    sender = await _sender(request, conversation.id, wanted.from_)
    record = await request.services.events.post_event(
        request.tenant,
        conversation.id,
        NewEvent(type=wanted.type, from_=sender, to=wanted.to, body=wanted.body or {}),
    )
    shapes = request.version.events
    (view,) = await _views(request, [record])
    return web.json_response(shapes.created(request.root, view), status=shapes.status)


async def _sender(request: VersionedRequest, conversation_id: str, member_id: str | None) -> str | None:
    """The member that an event is from. Raises Forbidden.

    A user's token speaks for that user's members only. Client SDKs leave `from` out of some events; those are
    from the user's own member.
    """
    if request.caller.user is None:
        return member_id
    if member_id is None:
        member = await own_member(request, conversation_id)
    else:
        member = await request.services.store.member(conversation_id, member_id)
    if member is None or member.user_name != request.caller.user:
        raise Forbidden("This is not a member of yours.", code="event:error:permission-denied")
    return member.id


async def list_all(request: VersionedRequest) -> web.StreamResponse:
    """GET events; as a stream of those to come, where the client asks for one."""
    conversation = await conversation_of(request)
    if request.version.follows and wants_stream(request.http):
        return await follow(request, conversation.id)
    filters = request.query(ListEvents)

    async def fetch(window: Window) -> Page[EventRecord]:
        types = ((filters.event_type,),) if filters.event_type else ()
        wanted = EventFilter(start_id=filters.start_id, end_id=filters.end_id, types=types)
        return await request.services.store.events(conversation.id, window, wanted)

    async def show(rows: list[EventRecord]) -> list[dict[str, Any]]:
        return [shapes.row(request.root, view) for view in await _views(request, rows)]

    shapes = request.version.events
    source = Source(url=list_url(request), query=request.http.query, fetch=fetch, show=show)
    return await list_response(shapes.paging, source)


async def follow_all(request: VersionedRequest) -> web.StreamResponse:
    """GET /events: every event of the application as it happens; there is no list of them."""
    request.caller.require_admin()
    if not (request.version.follows and wants_stream(request.http)):
        raise web.HTTPNotAcceptable
    return await follow(request, None)


async def read(request: VersionedRequest) -> web.Response:
    """GET events/{id}."""
    conversation = await conversation_of(request)
    text = request.segment("event_id")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    record = found(await request.services.store.event(conversation.id, number), "event")
    (view,) = await _views(request, [record])
    return web.json_response(request.version.events.one(request.root, view))


async def _views(request: VersionedRequest, records: list[EventRecord]) -> list[EventView]:
    """The events with their senders, each looked up once, where the version shows them."""
    senders: dict[str, MemberRecord | None] = {}
    for record in records if request.version.embeds_senders else ():
        if record.from_ is not None and record.from_ not in senders:
            senders[record.from_] = await request.services.store.member(record.conversation_id, record.from_)
    return [EventView(record, senders.get(record.from_ or "")) for record in records]


def _listed(version: Version) -> Reply:
    return listed(version.events, *([STREAM] if version.follows else []))


ROUTES = (
    VersionedRoute(
        method="POST",
        path="/conversations/{conversation_id}/events",
        handler=create,
        summary="Post an event",
        body=CreateEvent,
        replies=lambda version: created(version.events),
    ),
    VersionedRoute(
        method="GET",
        path="/conversations/{conversation_id}/events",
        handler=list_all,
        summary="List or follow events",
        query=ListEvents,
        is_list=True,
        replies=_listed,
    ),
    VersionedRoute(
        method="GET",
        path="/conversations/{conversation_id}/events/{event_id}",
        handler=read,
        summary="Retrieve an event",
        replies=lambda version: one(version.events),
    ),
    VersionedRoute(
        method="GET",
        path="/events",
        handler=follow_all,
        summary="Follow all of the application's events",
        reply=Reply(model=str, media_types=(STREAM,)),
        refusals=(406, 503),
    ),
)
