"""Conversations: create, list, read, change, delete (Conversation API, conversations)."""

import msgspec
from aiohttp import web

from gateway.api.answers import deletion_response, instant, json_response, list_of, list_response
from gateway.api.conversation_bodies import CreateConversation, UpdateConversation
from gateway.api.lookups import conversation_of, members_of, own_member
from gateway.api.replies import changed, created, deleted, listed, one
from gateway.api.requests import VersionedRequest
from gateway.api.rights import Right, denied
from gateway.api.routes import VersionedRoute
from gateway.api.views import ConversationView
from gateway.store.queries import Page, Window
from gateway.store.records import ConversationRecord


class ListConversations(msgspec.Struct, frozen=True):
    """Filters of GET /conversations."""

    date_start: str | None = None
    date_end: str | None = None


async def create(request: VersionedRequest) -> web.Response:
    """POST /conversations."""
    wanted = await request.body(CreateConversation)
    _check_given(request, wanted.callback, wanted.numbers, absent=None)
    record = await request.services.conversations.create_conversation(request.tenant, wanted.new())
    shapes = request.version.conversations
    return json_response(shapes.created(request.root, _view(request, record)), shapes.status)


async def list_all(request: VersionedRequest) -> web.Response:
    """GET /conversations."""
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
    if request.version.embeds_members:
        view = ConversationView(shown_to(request, record), await members_of(request, record.id))
    else:
        view = ConversationView(shown_to(request, record), own=await own_member(request, record.id))
    return json_response(request.version.conversations.one(request.root, view))


async def update(request: VersionedRequest) -> web.Response:
    """PUT and PATCH /conversations/{id}."""
    record = await conversation_of(request)
    wanted = await request.body(UpdateConversation)
    _check_given(request, wanted.callback, wanted.numbers, absent=msgspec.UNSET)
    record = await request.services.conversations.update_conversation(
        request.tenant, record.id, wanted.change()
    )
    shapes = request.version.conversations
    return json_response((shapes.changed or shapes.one)(request.root, _view(request, record)))


async def delete(request: VersionedRequest) -> web.Response:
    """DELETE /conversations/{id}."""
    record = await conversation_of(request)
    await request.services.conversations.delete_conversation(request.tenant, record.id)
    return deletion_response(request.version)


def _check_given(request: VersionedRequest, callback: object, numbers: object, absent: object) -> None:
    """Raises Forbidden for a user who says what is the application's to say: where webhooks and calls go."""
    if request.caller.user is not None and not (callback is absent and numbers is absent):
        raise denied("`callback` and `numbers` take a token without `sub`.")


def shown_to(request: VersionedRequest, record: ConversationRecord) -> ConversationRecord:
    """The conversation without its passwords and, for a user, without what its application keeps there."""
    if request.caller.user is not None:
        return msgspec.structs.replace(record, numbers=[], callback=None)
    numbers = [
        {name: value for name, value in number.items() if name != "password"} for number in record.numbers
    ]
    return msgspec.structs.replace(record, numbers=numbers)


def _view(request: VersionedRequest, record: ConversationRecord) -> ConversationView:
    return ConversationView(shown_to(request, record))


ROUTES = (
    VersionedRoute(
        method="POST",
        path="/conversations",
        handler=create,
        needs=Right.USER,
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
        needs=Right.MEMBER,
        summary="Retrieve a conversation",
        replies=lambda version: one(version.conversations),
    ),
    *(
        VersionedRoute(
            method=method,
            path="/conversations/{conversation_id}",
            handler=update,
            needs=Right.JOINED,
            summary="Update a conversation",
            body=UpdateConversation,
            replies=lambda version: changed(version.conversations),
            refusals=(409,),
        )
        for method in ("PUT", "PATCH")
    ),
    VersionedRoute(
        method="DELETE",
        path="/conversations/{conversation_id}",
        handler=delete,
        needs=Right.JOINED,
        summary="Delete a conversation",
        replies=deleted,
    ),
)
