"""What a route asks of a user's token, checked in one place before the handler. Admins may do everything.

What is not for a user to see is absent to them (404), whether it exists or not; what they see and may not do
is refused (403).
"""

from enum import Enum, auto

from gateway.api.lookups import MYSELF, found, own_members, user_of
from gateway.api.requests import TenantRequest
from gateway.conversation.conversation import no_conversation
from gateway.errors import Forbidden
from gateway.store.records import UserRecord


class Right(Enum):
    """Who may use a route."""

    ADMIN = auto()
    """Who has a token without `sub`."""
    USER = auto()
    """Each user: the handler shows and does what is theirs."""
    SELF = auto()
    """The user that the path names."""
    MEMBER = auto()
    """Who is invited to the conversation of the path, or has joined it."""
    JOINED = auto()
    """Who has joined it."""
    OWN_OR_JOINED = auto()
    """Whose the member of the path is, even one that has left; for other members who has joined."""
    LEG = auto()
    """Whose the leg of the path is, and who has joined the conversation where it is."""
    RECORDING = auto()
    """Who is, or once was, a member of the conversation that the file of the path was recorded in."""


async def check(right: Right, request: TenantRequest) -> None:
    """Raises Forbidden and NotFound when the caller does not have it."""
    user = request.caller.user
    if user is None:
        return
    match right:
        case Right.ADMIN:
            raise denied("This needs a token without `sub`.")
        case Right.USER:
            return
        case Right.SELF:
            if (await user_of(request)).id != user.id:
                raise denied("This is another user's.")
        case Right.MEMBER:
            await _require_member(request)
        case Right.JOINED:
            await _require_joined(request)
        case Right.OWN_OR_JOINED:
            if not await _names_own_member(request, user):
                await _require_joined(request)
        case Right.LEG:
            await _require_leg(request, user)
        case Right.RECORDING:
            await _require_recording(request, user)


def denied(detail: str) -> Forbidden:
    """What a token may not do."""
    return Forbidden(detail, code="system:error:permission")


async def _require_member(request: TenantRequest) -> None:
    if not await own_members(request, request.segment("conversation_id")):
        raise no_conversation()


async def _require_joined(request: TenantRequest) -> None:
    await _require_member(request)
    if not await _has_joined(request, request.segment("conversation_id")):
        raise denied("This takes a member who has joined.")


async def _has_joined(request: TenantRequest, conversation_id: str) -> bool:
    members = await own_members(request, conversation_id)
    return any(member.state == "JOINED" for member in members)


async def _names_own_member(request: TenantRequest, user: UserRecord) -> bool:
    conversation_id, member_id = request.segment("conversation_id"), request.segment("member_id")
    if member_id == MYSELF:
        return bool(await own_members(request, conversation_id))
    member = await request.services.store.member(conversation_id, member_id)
    return member is not None and member.user_id == user.id


async def _require_leg(request: TenantRequest, user: UserRecord) -> None:
    segments = request.http.match_info
    leg_id = segments.get("leg_id") or segments["uuid"]
    leg = found(await request.services.store.leg(request.tenant, leg_id), "leg")
    if leg.user_id != user.id and not await _has_joined(request, leg.conversation_id):
        found(None, "leg")


async def _require_recording(request: TenantRequest, user: UserRecord) -> None:
    segments, store = request.http.match_info, request.services.store
    file_id = segments.get("file_id") or segments["media_id"]
    recording = await store.recording(request.tenant, file_id)
    if recording is None or not await store.own_members(recording.conversation_id, user.id, left_too=True):
        found(None, "file")
