"""What several resources look up, within the caller's application, and whom a user's token acts as.

Whether a user may ask at all is settled before: see `gateway.api.rights`.
"""

from typing import TypeVar

from gateway.api.paging import fetch_all
from gateway.api.requests import TenantRequest, VersionedRequest
from gateway.conversation.conversation import no_conversation
from gateway.errors import Forbidden, NotFound
from gateway.store.records import ConversationRecord, MemberRecord, UserRecord

T = TypeVar("T")

MAX_MEMBERS = 3000
"""Members of a conversation that are shown at once: as many as one may have (documented limits)."""
MYSELF = "me"
"""Stands in paths for the user of the token, and for that user's member."""


def found(row: T | None, what: str) -> T:
    """The row. Raises NotFound for an absent one; `what` is "conversation", "user" and so on."""
    if row is None:
        raise NotFound(
            f"{what.capitalize()} does not exist, or you do not have access.", code=f"{what}:error:not-found"
        )
    return row


async def conversation_of(request: VersionedRequest) -> ConversationRecord:
    """The conversation that the path names. Raises NotFound."""
    row = await request.services.store.conversation(request.tenant, request.segment("conversation_id"))
    if row is None:
        raise no_conversation()
    return row


async def members_of(request: VersionedRequest, conversation_id: str) -> tuple[MemberRecord, ...]:
    """The members of a conversation, whatever their state."""
    rows = await fetch_all(
        lambda window: request.services.store.members(conversation_id, window), MAX_MEMBERS
    )
    return tuple(rows)


async def user_of(request: TenantRequest) -> UserRecord:
    """The user that the path names: by id, by name, or as `me`. Raises NotFound."""
    store, wanted = request.services.store, request.segment("user_id")
    if wanted == MYSELF and request.caller.user is not None:
        return request.caller.user
    by_id = await store.user(request.tenant, wanted)
    return by_id or found(await store.user_by_name(request.tenant, wanted), "user")


async def own_members(request: TenantRequest, conversation_id: str) -> list[MemberRecord]:
    """The members of the token's user that have not left: joined ones first."""
    user = request.caller.user
    if user is None:
        return []
    members = await request.services.store.own_members(conversation_id, user.id)
    return sorted(members, key=lambda member: member.state, reverse=True)


async def own_member(request: TenantRequest, conversation_id: str) -> MemberRecord | None:
    """The member of the token's user: the joined one before an invited one, never one that left."""
    return next(iter(await own_members(request, conversation_id)), None)


async def acting_member(request: TenantRequest, conversation_id: str, named: str | None) -> str | None:
    """The member in whose name something is asked; None is the system.

    An admin names it or does not; a user's is one of their own, the joined one if none is named. Raises
    Forbidden.
    """
    if request.caller.user is None:
        return named
    members = await own_members(request, conversation_id)
    member = next((each for each in members if named in (None, each.id)), None)
    if member is None:
        raise Forbidden("This is not a member of yours.", code="system:error:permission")
    return member.id
