"""What several resources look up, always within the caller's application."""

from typing import TypeVar

from gateway.api.paging import fetch_all
from gateway.api.requests import VersionedRequest
from gateway.errors import NotFound
from gateway.store.records import ConversationRecord, MemberRecord

T = TypeVar("T")

MAX_MEMBERS = 3000
"""Members of a conversation that are shown at once: as many as one may have (documented limits)."""


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
    return found(row, "conversation")


async def members_of(request: VersionedRequest, conversation_id: str) -> tuple[MemberRecord, ...]:
    """The members of a conversation, whatever their state."""
    rows = await fetch_all(
        lambda window: request.services.store.members(conversation_id, window), MAX_MEMBERS
    )
    return tuple(rows)


async def own_member(request: VersionedRequest, conversation_id: str) -> MemberRecord | None:
    """The member of the token's user: the joined one before an invited one, never one that left."""
    mine = [
        member
        for member in await members_of(request, conversation_id)
        if member.user_name == request.caller.user and member.state != "LEFT"
    ]
    return next((member for member in mine if member.state == "JOINED"), mine[0] if mine else None)
