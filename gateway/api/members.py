"""Members of a conversation: invite or join, list, read (Conversation API, members)."""

from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.answers import list_of, list_response
from gateway.api.lookups import conversation_of, own_member
from gateway.api.replies import created, listed, one
from gateway.api.requests import VersionedRequest
from gateway.api.routes import VersionedRoute
from gateway.api.validation import invalid
from gateway.api.versions import Version
from gateway.errors import NotFound
from gateway.ports import NewMember
from gateway.store.base import Page, Window
from gateway.store.records import MemberRecord

Text = Annotated[str, Meta(min_length=1, max_length=200)]


class UserReference(msgspec.Struct, frozen=True):
    """`user`: by id or by name."""

    id: Text | None = None
    name: Text | None = None


class MemberRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What all versions say of a new member."""

    channel: dict[str, Any]
    media: dict[str, Any] | None = None
    knocking_id: Text | None = None
    member_id_inviting: Text | None = None

    def new(self) -> NewMember:
        """What the core is asked for. Raises Invalid when the user is not named."""
        raise NotImplementedError


class CreateMember(MemberRequest, frozen=True, kw_only=True):
    """POST members of /v0.3 and /v1."""

    state: Literal["invited", "joined"]
    user: UserReference
    from_: Text | None = msgspec.field(name="from", default=None)

    def new(self) -> NewMember:
        """What the core is asked for. Raises Invalid when the user is not named."""
        if self.user.id is None and self.user.name is None:
            raise invalid("user", "must contain at least one of [id, name]")
        return NewMember(
            state="JOINED" if self.state == "joined" else "INVITED",
            user_id=self.user.id,
            user_name=self.user.name,
            channel=self.channel,
            media=self.media or {},
            knocking_id=self.knocking_id,
            invited_by=self.member_id_inviting or self.from_,
        )


class ActOnMember(MemberRequest, frozen=True, kw_only=True):
    """POST members of /beta and /v0.1."""

    action: Literal["invite", "join"]
    user_id: Text | None = None
    user_name: Text | None = None

    def new(self) -> NewMember:
        """What the core is asked for. Raises Invalid when the user is not named."""
        if self.user_id is None and self.user_name is None:
            raise invalid("user_id", "is required")
        return NewMember(
            state="JOINED" if self.action == "join" else "INVITED",
            user_id=self.user_id,
            user_name=self.user_name,
            channel=self.channel,
            media=self.media or {},
            knocking_id=self.knocking_id,
            invited_by=self.member_id_inviting,
        )


def _model(version: Version) -> type[MemberRequest]:
    return ActOnMember if version.actions else CreateMember


async def create(request: VersionedRequest) -> web.Response:
    """POST members."""
    new = (await request.body(_model(request.version))).new()
    if not isinstance(new.channel.get("type"), str):
        raise invalid("channel.type", "is required")
    record = await request.services.members.add_member(
        request.tenant, request.segment("conversation_id"), new
    )
    shapes = request.version.members
    return web.json_response(shapes.created(request.root, record), status=shapes.status)


async def list_all(request: VersionedRequest) -> web.Response:
    """GET members."""
    conversation = await conversation_of(request)

    async def fetch(window: Window) -> Page[MemberRecord]:
        return await request.services.store.members(conversation.id, window)

    shapes = request.version.members
    return await list_response(
        shapes.paging, list_of(request, fetch, lambda row: shapes.row(request.root, row))
    )


async def read(request: VersionedRequest) -> web.Response:
    """GET members/{id}; `me` is the joined member of the token's user."""
    conversation = await conversation_of(request)
    member_id = request.segment("member_id")
    if member_id == "me":
        record = await own_member(request, conversation.id)
    else:
        record = await request.services.store.member(conversation.id, member_id)
    if record is None:
        raise NotFound(
            "Member does not exist, or you do not have access.", code="conversation:error:member-not-found"
        )
    return web.json_response(request.version.members.one(request.root, record))


ROUTES = (
    VersionedRoute(
        method="POST",
        path="/conversations/{conversation_id}/members",
        handler=create,
        summary="Invite or join a member",
        bodies=_model,
        replies=lambda version: created(version.members),
        refusals=(409,),
    ),
    VersionedRoute(
        method="GET",
        path="/conversations/{conversation_id}/members",
        handler=list_all,
        summary="List members",
        is_list=True,
        replies=lambda version: listed(version.members),
    ),
    VersionedRoute(
        method="GET",
        path="/conversations/{conversation_id}/members/{member_id}",
        handler=read,
        summary="Retrieve a member",
        replies=lambda version: one(version.members),
    ),
)
