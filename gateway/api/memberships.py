"""Where a user is: their conversations, and the apps that they are connected with (Conversation API)."""

from typing import Literal

import msgspec
from aiohttp import web

from gateway.api.answers import instant, list_of, list_response
from gateway.api.conversations import shown_to
from gateway.api.current import Session
from gateway.api.lookups import user_of
from gateway.api.paging import named
from gateway.api.replies import NOTHING, Reply, listed
from gateway.api.requests import VersionedRequest
from gateway.api.rights import Right
from gateway.api.routes import VersionedRoute
from gateway.api.views import ConversationView
from gateway.errors import NotFound
from gateway.store.queries import Membership, MembershipFilter, Page, Window


class ListMemberships(msgspec.Struct, frozen=True):
    """Filters of GET /users/{id}/conversations, and its order."""

    state: Literal["INVITED", "JOINED", "LEFT", "invited", "joined", "left"] | None = None
    date_start: str | None = None
    order_by: Literal["created", "custom_sort_key"] = "created"
    include_custom_data: bool = False


async def conversations(request: VersionedRequest) -> web.Response:
    """GET /users/{id}/conversations: each once, with the member that the user is there."""
    user = await user_of(request)
    asked = request.query(ListMemberships)
    wanted = MembershipFilter(
        state=asked.state.upper() if asked.state else None,
        date_start=instant("date_start", asked.date_start),
        by_sort_key=asked.order_by == "custom_sort_key",
    )

    async def fetch(window: Window) -> Page[Membership]:
        return await request.services.store.memberships(request.tenant, user.id, window, wanted)

    def show(row: Membership) -> object:
        record = shown_to(request, row.conversation)
        if not asked.include_custom_data:
            properties = {name: value for name, value in record.properties.items() if name != "custom_data"}
            record = msgspec.structs.replace(record, properties=properties)
        return listing.row(request.root, ConversationView(record, own=row.member))

    listing = request.version.memberships
    return await list_response(listing.paging, list_of(request, fetch, show))


async def sessions(request: VersionedRequest) -> web.Response:
    """GET /users/{id}/sessions: none, as no app can connect yet."""
    await user_of(request)

    async def fetch(_window: Window) -> Page[Session]:
        return Page(rows=[], total=0, has_more=False, last_key=None)

    return await list_response(SESSIONS, list_of(request, fetch, lambda row: row))


async def refresh_session(_request: VersionedRequest) -> web.Response:
    """PUT /sessions/{id}: a new token for an app that is connected."""
    raise NotFound("Session does not exist, or you do not have access.", code="session:error:not-found")


SESSIONS = named("sessions")

ROUTES = (
    VersionedRoute(
        method="GET",
        path="/users/{user_id}/conversations",
        handler=conversations,
        needs=Right.SELF,
        summary="List a user's conversations",
        query=ListMemberships,
        is_list=True,
        replies=lambda version: listed(version.memberships),
    ),
    VersionedRoute(
        method="GET",
        path="/users/{user_id}/sessions",
        handler=sessions,
        needs=Right.SELF,
        summary="List a user's sessions",
        prefixes=frozenset({"/v0.3", "/v1"}),
        reply=Reply(model=Session, paging=SESSIONS),
    ),
    VersionedRoute(
        method="PUT",
        path="/sessions/{session_id}",
        handler=refresh_session,
        needs=Right.USER,
        summary="Give a session a new token",
        prefixes=frozenset({"/v0.2"}),
        reply=NOTHING,
    ),
)
