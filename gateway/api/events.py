"""Events of a conversation: post, list, read, follow, delete (Conversation API, events)."""

from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.answers import list_response, list_url
from gateway.api.live import STREAM, follow, wants_stream
from gateway.api.lookups import conversation_of, found, own_member
from gateway.api.paging import Source
from gateway.api.replies import EMPTY, NOTHING, Reply, created, listed, one
from gateway.api.requests import VersionedRequest
from gateway.api.rights import Right
from gateway.api.routes import VersionedRoute
from gateway.api.senders import views_of
from gateway.api.validation import convert, invalid
from gateway.api.versions import VERSIONS, Version
from gateway.conversation.client_events import ClientBody, body_type
from gateway.conversation.client_events.body import MAX_EVENT_ID
from gateway.errors import Forbidden
from gateway.ports import NewEvent
from gateway.store.queries import EventFilter, Page, Window
from gateway.store.records import EventRecord, Json, UserRecord

EventId = Annotated[int, Meta(ge=0, le=MAX_EVENT_ID)]
MemberId = Annotated[str, Meta(min_length=1, max_length=100)]

MAX_TYPES = 5
"""Types in `event_type` (the service's own description)."""

EVENT_GROUPS = {
    "ChatEvents": ("member:invited", "member:joined", "member:left", "message", "custom:*", "event:delete")
}
"""What `filter_group_type` lets through: the client SDKs ask so for the types that they know."""


class CreateEvent(msgspec.Struct, frozen=True, kw_only=True):
    """POST events."""

    type: Annotated[str, Meta(min_length=1, max_length=107)]
    """`custom:` and a name of 100 characters is the longest."""
    from_: MemberId | None = msgspec.field(name="from", default=None)
    to: MemberId | None = None
    body: Json | None = None
    """What it is depends on the type: see `gateway.conversation.client_events.BODIES`."""


class ListEvents(msgspec.Struct, frozen=True):
    """Filters of GET events."""

    event_type: str | None = None
    """Up to 5 types, separated by commas: each exact, or a prefix and `*`."""
    start_id: EventId | None = None
    end_id: EventId | None = None
    exclude_deleted_events: bool = False
    filter_group_type: str | None = None
    """A group of types by its name; groups that are not known let everything through."""


class DeleteEvent(msgspec.Struct, frozen=True, kw_only=True):
    """DELETE events/{id}."""

    from_: MemberId | None = msgspec.field(name="from", default=None)


async def create(request: VersionedRequest) -> web.Response:
    """POST events."""
    conversation = await conversation_of(request)
    wanted = await request.body(CreateEvent)
    sender = await _sender(request, conversation.id, wanted.from_)
    record = await request.services.events.post_event(
        request.tenant,
        conversation.id,
        NewEvent(type=wanted.type, from_=sender, to=wanted.to, body=_body(wanted.type, wanted.body or {})),
    )
    (event,) = await _shown(request, [record], request.version.events.created)
    return web.json_response(event, status=request.version.events.status)


def _body(kind: str, body: Json) -> ClientBody:
    """The body as its type has it; members that are null count as absent. Raises Invalid."""
    model = body_type(kind)
    if model is Json:
        return body  # free of form: its nulls are the application's own
    given = {name: value for name, value in body.items() if value is not None}
    read: ClientBody = convert(given, model, text=True, at="body")
    return read


async def _sender(request: VersionedRequest, conversation_id: str, member_id: str | None) -> str | None:
    """The member that an event is from. Raises Forbidden.

    A user's token speaks for that user's members only. Client SDKs leave `from` out of some events; those are
    from the user's own member.
    """
    user = request.caller.user
    if user is None:
        return member_id
    if member_id is None:
        member = await own_member(request, conversation_id)
    else:
        member = await request.services.store.member(conversation_id, member_id)
    if member is None or member.user_id != user.id:
        raise _not_yours("This is not a member of yours.")
    return member.id


async def list_all(request: VersionedRequest) -> web.StreamResponse:
    """GET events; as a stream of those to come, where the client asks for one."""
    conversation = await conversation_of(request)
    if request.version.follows and wants_stream(request.http):
        return await follow(request, conversation.id)
    wanted = _filter(request.query(ListEvents))

    async def fetch(window: Window) -> Page[EventRecord]:
        return await request.services.store.events(conversation.id, window, wanted)

    async def show(rows: list[EventRecord]) -> list[Json]:
        return await _shown(request, rows, shapes.row)

    shapes = request.version.events
    source = Source(url=list_url(request), query=request.http.query, fetch=fetch, show=show)
    return await list_response(shapes.paging, source)


def _filter(asked: ListEvents) -> EventFilter:
    """What the query asks for. Raises Invalid for too many types."""
    types = tuple(filter(None, (each.strip() for each in (asked.event_type or "").split(","))))
    if len(types) > MAX_TYPES:
        raise invalid("event_type", f"must contain less than or equal to {MAX_TYPES} items")
    group = EVENT_GROUPS.get(asked.filter_group_type or "", ())
    return EventFilter(
        start_id=asked.start_id,
        end_id=asked.end_id,
        types=tuple(patterns for patterns in (types, group) if patterns),
        without_deleted=asked.exclude_deleted_events,
    )


async def follow_all(request: VersionedRequest) -> web.StreamResponse:
    """GET /events: every event of the application as it happens; there is no list of them."""
    if not wants_stream(request.http):
        raise web.HTTPNotAcceptable
    return await follow(request, None)


async def read(request: VersionedRequest) -> web.Response:
    """GET events/{id}."""
    conversation = await conversation_of(request)
    record = await _event(request, conversation.id)
    (event,) = await _shown(request, [record], request.version.events.one)
    return web.json_response(event)


async def delete(request: VersionedRequest) -> web.Response:
    """DELETE events/{id}: what it says is gone, the event stays. A user deletes what their members posted."""
    conversation = await conversation_of(request)
    wanted = request.query(DeleteEvent)
    record = await _event(request, conversation.id)
    if request.caller.user is not None:
        await _check_own(request, record, request.caller.user)
    member_id = await _sender(request, conversation.id, wanted.from_)
    assert record.id is not None  # noqa: S101 - it was found by it
    await request.services.events.delete_event(request.tenant, conversation.id, record.id, member_id)
    return web.json_response({}) if request.version.actions else web.Response(status=204)


async def _event(request: VersionedRequest, conversation_id: str) -> EventRecord:
    """The event that the path names. Raises NotFound."""
    text = request.segment("event_id")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    return found(await request.services.store.event(conversation_id, number), "event")


async def _check_own(request: VersionedRequest, record: EventRecord, user: UserRecord) -> None:
    """Raises Forbidden for an event that is not from a member of the user's."""
    store = request.services.store
    author = None if record.from_ is None else await store.member(record.conversation_id, record.from_)
    if author is None or author.user_id != user.id:
        raise _not_yours("This is not an event of yours.")


def _not_yours(detail: str) -> Forbidden:
    return Forbidden(detail, code="event:error:permission-denied")


async def _shown(request: VersionedRequest, records: list[EventRecord], show: Any) -> list[Json]:  # noqa: ANN401
    views = await views_of(request, records)
    return [msgspec.to_builtins(show(request.root, view)) for view in views]


def _listed(version: Version) -> Reply:
    return listed(version.events, *([STREAM] if version.follows else []))


ROUTES = (
    VersionedRoute(
        method="POST",
        path="/conversations/{conversation_id}/events",
        handler=create,
        needs=Right.MEMBER,
        summary="Post an event",
        body=CreateEvent,
        replies=lambda version: created(version.events),
    ),
    VersionedRoute(
        method="GET",
        path="/conversations/{conversation_id}/events",
        handler=list_all,
        needs=Right.MEMBER,
        summary="List or follow events",
        query=ListEvents,
        is_list=True,
        replies=_listed,
    ),
    VersionedRoute(
        method="GET",
        path="/conversations/{conversation_id}/events/{event_id}",
        handler=read,
        needs=Right.MEMBER,
        summary="Retrieve an event",
        replies=lambda version: one(version.events),
    ),
    VersionedRoute(
        method="DELETE",
        path="/conversations/{conversation_id}/events/{event_id}",
        handler=delete,
        needs=Right.MEMBER,
        summary="Delete an event",
        query=DeleteEvent,
        # The versions for lists alone have it too: a client SDK deletes there.
        prefixes=frozenset(version.prefix for version in VERSIONS),
        replies=lambda version: EMPTY if version.actions else NOTHING,
    ),
    VersionedRoute(
        method="GET",
        path="/events",
        handler=follow_all,
        summary="Follow all of the application's events",
        reply=Reply(model=str, media_types=(STREAM,)),
        refusals=(406, 503),
        prefixes=frozenset(version.prefix for version in VERSIONS if version.follows),
    ),
)
