"""Conversations: create, list, read (Conversation API reference)."""

from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.answers import instant, list_of, list_response
from gateway.api.fields import Url
from gateway.api.lookups import conversation_of, members_of
from gateway.api.replies import created, listed, one
from gateway.api.requests import VersionedRequest
from gateway.api.routes import VersionedRoute
from gateway.api.views import ConversationView
from gateway.ports import NewConversation
from gateway.store.base import Page, Window
from gateway.store.records import ConversationRecord

Label = Annotated[str, Meta(min_length=1, max_length=200)]


class Properties(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`properties` of a conversation."""

    ttl: Annotated[int, Meta(ge=0, le=2**31)] | None = None
    """Seconds that an empty conversation stays."""
    type: Label | None = None
    custom_sort_key: Label | None = None
    custom_data: dict[str, Any] | None = None
    video: bool | None = None
    """Of /beta; kept and shown."""


class CreateConversation(msgspec.Struct, frozen=True, kw_only=True):
    """POST /conversations: every field may be left out."""

    name: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    display_name: Annotated[str, Meta(max_length=50)] | None = None
    image_url: Url | None = None
    properties: Properties | None = None
    numbers: list[dict[str, Any]] | None = None


class ListConversations(msgspec.Struct, frozen=True):
    """Filters of GET /conversations."""

    date_start: str | None = None
    date_end: str | None = None


async def create(request: VersionedRequest) -> web.Response:
    """POST /conversations."""
    wanted = await request.body(CreateConversation)
    record = await request.services.conversations.create_conversation(
        request.tenant,
        NewConversation(
            name=wanted.name,
            display_name=wanted.display_name,
            image_url=wanted.image_url,
            properties=msgspec.to_builtins(wanted.properties) if wanted.properties else {},
            numbers=wanted.numbers or [],
        ),
    )
    shapes = request.version.conversations
    return web.json_response(shapes.created(request.root, ConversationView(record)), status=shapes.status)


async def list_all(request: VersionedRequest) -> web.Response:
    """GET /conversations."""
    request.caller.require_admin()
    filters = request.query(ListConversations)
    start, end = instant("date_start", filters.date_start), instant("date_end", filters.date_end)

    async def fetch(window: Window) -> Page[ConversationRecord]:
        return await request.services.store.conversations(
            request.tenant, window, date_start=start, date_end=end
        )

    shapes = request.version.conversations
    source = list_of(request, fetch, lambda row: shapes.row(request.root, ConversationView(row)))
    return await list_response(shapes.paging, source)


async def read(request: VersionedRequest) -> web.Response:
    """GET /conversations/{id}."""
    record = await conversation_of(request)
    members = await members_of(request, record.id) if request.version.embeds_members else ()
    view = ConversationView(record, members)
    return web.json_response(request.version.conversations.one(request.root, view))


ROUTES = (
    VersionedRoute(
        method="POST",
        path="/conversations",
        handler=create,
        summary="Create a conversation",
        body=CreateConversation,
        replies=lambda version: created(version.conversations),
        refusals=(409,),
    ),
    VersionedRoute(
        method="GET",
        path="/conversations",
        handler=list_all,
        summary="List conversations",
        query=ListConversations,
        is_list=True,
        replies=lambda version: listed(version.conversations),
    ),
    VersionedRoute(
        method="GET",
        path="/conversations/{conversation_id}",
        handler=read,
        summary="Retrieve a conversation",
        replies=lambda version: one(version.conversations),
    ),
)
