"""Members of a conversation: invite, join, list, read, change, leave (Conversation API, members)."""

import msgspec
from aiohttp import web

from gateway.api.answers import deletion_response, json_response, list_of, list_response
from gateway.api.lookups import (
    MYSELF,
    acting_member,
    conversation_of,
    own_member,
    own_members,
)
from gateway.api.member_bodies import DeleteMember, MemberRequest, alteration, creation
from gateway.api.replies import changed, created, deleted, listed, one
from gateway.api.requests import VersionedRequest
from gateway.api.rights import Right, check, denied
from gateway.api.routes import VersionedRoute
from gateway.errors import Forbidden, NotFound
from gateway.ports import MemberChange, NewMember
from gateway.store.queries import Page, Window
from gateway.store.records import MemberRecord


async def create(request: VersionedRequest) -> web.Response:
    """POST members."""
    wanted = await request.body(creation(request.version))
    new = wanted.new()
    conversation_id = request.segment("conversation_id")
    if new.state == "INVITED":
        record = await _invite(request, conversation_id, wanted, new)
    else:
        record = await _join(request, conversation_id, wanted, new)
    shapes = request.version.members
    return json_response(shapes.created(request.root, record), shapes.status)


async def _invite(
    request: VersionedRequest, conversation_id: str, wanted: MemberRequest, new: NewMember
) -> MemberRecord:
    await check(Right.JOINED, request)
    by = await acting_member(request, conversation_id, wanted.inviting)
    return await request.services.members.add_member(
        request.tenant, conversation_id, msgspec.structs.replace(new, invited_by=by)
    )


async def _join(
    request: VersionedRequest, conversation_id: str, wanted: MemberRequest, new: NewMember
) -> MemberRecord:
    """A user joins, or the member of theirs that is named and was invited does."""
    members = request.services.members
    user = request.caller.user
    by_user = user is not None
    if user is not None and (new.user_id not in (None, user.id) or new.user_name not in (None, user.name)):
        raise _not_you()
    invited = await _invited(request, conversation_id, wanted.named_member, new)
    if invited is not None:
        by = invited.id if by_user else None
        change = MemberChange(state="JOINED", channel=new.channel, media=new.media or None, by_member=by)
        return await members.update_member(request.tenant, conversation_id, invited.id, change)
    return await members.add_member(
        request.tenant, conversation_id, msgspec.structs.replace(new, by_user=by_user)
    )


async def _invited(
    request: VersionedRequest, conversation_id: str, member_id: str | None, new: NewMember
) -> MemberRecord | None:
    """The member that is named, if it was invited as the user who joins. Raises NotFound and Forbidden."""
    if member_id is None:
        return None
    if request.caller.user is not None:
        found = await own_members(request, conversation_id)
        member = next((each for each in found if each.id == member_id), None)
        if member is None:
            raise _not_you()
    else:
        await conversation_of(request)
        member = _known(await request.services.store.member(conversation_id, member_id))
    if member.state != "INVITED":
        return None
    is_theirs = new.user_id in (None, member.user_id) and new.user_name in (None, member.user_name)
    return member if is_theirs else None


def _not_you() -> Forbidden:
    return denied("A user joins as nobody else.")


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
    """GET members/{id}; `me` is the member of the token's user, the joined one before an invited one."""
    conversation = await conversation_of(request)
    record = await _member_of(request, conversation.id)
    return json_response(request.version.members.one(request.root, record))


async def update(request: VersionedRequest) -> web.Response:
    """PUT and PATCH members/{id}: it joins or leaves."""
    conversation = await conversation_of(request)
    wanted = await request.body(alteration(request.version))
    record = await _change(request, conversation.id, wanted.change(), wanted.from_)
    shapes = request.version.members
    return json_response((shapes.changed or shapes.one)(request.root, record))


async def delete(request: VersionedRequest) -> web.Response:
    """DELETE members/{id}: it leaves, and stays listed as one that left."""
    conversation = await conversation_of(request)
    wanted = request.query(DeleteMember)
    await _change(request, conversation.id, wanted.change(), wanted.from_)
    return deletion_response(request.version)


async def _change(
    request: VersionedRequest, conversation_id: str, change: MemberChange, named: str | None
) -> MemberRecord:
    """A user's own member joins and leaves; others leave when a member who has joined wants it."""
    member, user = await _member_of(request, conversation_id), request.caller.user
    is_own = user is not None and member.user_id == user.id
    if user is not None and not is_own and change.state == "JOINED":
        raise _not_you()
    by: str | None = member.id
    if not is_own or named not in (None, member.id):
        by = await acting_member(request, conversation_id, named)
    return await request.services.members.update_member(
        request.tenant, conversation_id, member.id, msgspec.structs.replace(change, by_member=by)
    )


async def _member_of(request: VersionedRequest, conversation_id: str) -> MemberRecord:
    """The member that the path names. Raises NotFound."""
    member_id = request.segment("member_id")
    if member_id == MYSELF:
        record = await own_member(request, conversation_id)
    else:
        record = await request.services.store.member(conversation_id, member_id)
    return _known(record)


def _known(record: MemberRecord | None) -> MemberRecord:
    """The member. Raises NotFound for an absent one."""
    if record is None:
        raise NotFound(
            "Member does not exist, or you do not have access.", code="conversation:error:member-not-found"
        )
    return record


ROUTES = (
    VersionedRoute(
        method="POST",
        path="/conversations/{conversation_id}/members",
        handler=create,
        needs=Right.USER,
        summary="Invite or join a member",
        bodies=creation,
        replies=lambda version: created(version.members),
    ),
    VersionedRoute(
        method="GET",
        path="/conversations/{conversation_id}/members",
        handler=list_all,
        needs=Right.MEMBER,
        summary="List members",
        is_list=True,
        replies=lambda version: listed(version.members),
    ),
    VersionedRoute(
        method="GET",
        path="/conversations/{conversation_id}/members/{member_id}",
        handler=read,
        needs=Right.MEMBER,
        summary="Retrieve a member",
        is_list=True,  # clients of /beta2 read single ones too
        replies=lambda version: one(version.members),
    ),
    *(
        VersionedRoute(
            method=method,
            path="/conversations/{conversation_id}/members/{member_id}",
            handler=update,
            needs=Right.OWN_OR_JOINED,
            summary="Let a member join or leave",
            bodies=alteration,
            replies=lambda version: changed(version.members),
        )
        for method in ("PUT", "PATCH")
    ),
    VersionedRoute(
        method="DELETE",
        path="/conversations/{conversation_id}/members/{member_id}",
        handler=delete,
        needs=Right.OWN_OR_JOINED,
        summary="Let a member leave",
        query=DeleteMember,
        is_list=True,  # client SDKs throw members out through /v0.2
        replies=deleted,
    ),
)
