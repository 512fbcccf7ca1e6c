"""What a conversation decides about who is in it: invited, joined, left (Conversation API, members). Pure."""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from gateway.conversation import events
from gateway.conversation.commands import AddMember, JoinMember, LeaveMember
from gateway.conversation.events import Draft
from gateway.conversation.member import is_in, turn
from gateway.conversation.projections import Conversation
from gateway.errors import Invalid, NotFound
from gateway.store.records import Json, LegRecord, MemberRecord, UserRecord

MAX_MEMBERS = 3000
"""Members that are in a conversation, or invited, at once (documented limits)."""
MAX_VOICES = 200
"""Those of them that are in it with their voice: legs, and members over a channel of voice."""
RINGING_MS = 60_000
"""How long an invitation to speak lasts when `ring_timeout` does not say (Conversation API, channels)."""

VOICE = frozenset({"phone", "sip", "websocket", "vbc", "whatsapp-voice"})
"""Types of channels that carry voice and nothing else."""

DELETED: Json = {"code": "conversation-deleted", "text": "the conversation was deleted"}
"""Why members leave a conversation that is deleted."""

TIMEOUT: Json = {"code": "timeout", "text": "the invitation was not taken in time"}
"""Why members leave that never joined."""


class HasLeft(Invalid):
    """Something is asked of a member that has left: LEFT is the end."""

    title = "Conflict."

    def __init__(self) -> None:
        super().__init__("The membership has already ended.", code="conversation:error:invalid-member-state")


def add(conversation: Conversation, command: AddMember, now: str) -> Draft:
    """A user is invited, or joins: with the invitation that stands for this type of channel, if one does."""
    fresh = command.member
    joins = fresh.state == "JOINED"
    _refuse_twin(conversation, fresh)
    invitation = _invitation(conversation, fresh)
    if invitation is not None:
        if not joins:
            raise _already_invited(fresh)
        return join(conversation, _taking(invitation, command), now)
    _refuse_crowd(conversation, fresh)
    by = fresh if command.by == fresh.id else _asking(conversation, command.by)
    fresh = msgspec.structs.replace(
        fresh,
        initiator={"joined" if joins else "invited": _initiator(by)},
        expires=None if joins else _end_of_invitation(fresh, now),
    )
    member = turn(None, fresh, "join" if joins else "invite", now)
    kind = events.MEMBER_JOINED if joins else events.MEMBER_INVITED
    return events.member_fact(kind, member, conversation.record)


def summon(conversation: Conversation, leg: LegRecord, user: UserRecord, now: str) -> Draft:
    """The user whom a leg calls over the App channel is invited, for as long as the leg rings."""
    fresh = MemberRecord(
        id=leg.member_id,
        application_id=leg.application_id,
        conversation_id=conversation.record.id,
        user_id=user.id,
        user_name=user.name,
        user_display_name=user.display_name,
        state="INVITED",
        channel={"type": "app", "from": leg.from_, "to": leg.to},
        media={"audio_settings": {"enabled": True, "earmuffed": False, "muted": False}},
        initiator={"invited": _initiator(None)},
    )
    _refuse_twin(conversation, fresh)
    if _invitation(conversation, fresh) is not None:
        raise _already_invited(fresh)
    member = turn(None, fresh, "invite", now)
    return events.member_fact(events.MEMBER_INVITED, member, conversation.record)


def join(conversation: Conversation, command: JoinMember, now: str) -> Draft:
    """Who was invited joins."""
    member = _present(conversation, command.member_id)
    if member.state == "JOINED":
        raise _already_joined(member)
    fresh = msgspec.structs.replace(
        member,
        channel=member.channel if command.channel is None else command.channel,
        media=member.media if command.media is None else command.media,
        initiator={**member.initiator, "joined": _initiator(_asking(conversation, command.by))},
        expires=None,
    )
    _refuse_twin(conversation, fresh)
    if _has_voice(fresh) and not _has_voice(member):
        refuse_voices(conversation)
    return events.member_fact(events.MEMBER_JOINED, turn(member, fresh, "join", now), conversation.record)


def leave(conversation: Conversation, command: LeaveMember, now: str) -> Draft:
    """A member leaves."""
    member = _present(conversation, command.member_id)
    by = _asking(conversation, command.by)
    return _leaving(conversation, member, command.reason, by, now)


def all_leave(conversation: Conversation, now: str) -> list[Draft]:
    """Everybody leaves, because the conversation ends."""
    return [
        _leaving(conversation, member, DELETED, None, now)
        for member in conversation.members.values()
        if is_in(member)
    ]


def invitations_end(conversation: Conversation, now: str) -> list[Draft]:
    """Who was invited and did not come in time leaves."""
    return [
        _leaving(conversation, member, TIMEOUT, None, now)
        for member in conversation.members.values()
        if member.due is not None and member.due <= now
    ]


def leave_with_leg(
    conversation: Conversation, member_id: str, channel: Json, reason: Json, now: str
) -> list[Draft]:
    """The member of a leg that is gone leaves, if it came and has not left."""
    member = conversation.members.get(member_id)
    if member is None or not is_in(member):
        return []
    member = msgspec.structs.replace(member, channel=channel)
    return [_leaving(conversation, member, reason, None, now)]


def refuse_voices(conversation: Conversation) -> None:
    """Raises Invalid when no other voice fits in."""
    voices = {leg.member_id for leg in conversation.legs.values()}
    voices |= {member.id for member in conversation.members.values() if is_in(member) and _has_voice(member)}
    if len(voices) >= MAX_VOICES:
        raise _crowded(MAX_VOICES, "members with a voice channel")


def _leaving(
    conversation: Conversation, member: MemberRecord, reason: Json, by: MemberRecord | None, now: str
) -> Draft:
    initiator = {**member.initiator, "left": _initiator(by)}
    fresh = msgspec.structs.replace(member, reason=reason, initiator=initiator, expires=None)
    return events.member_fact(events.MEMBER_LEFT, turn(member, fresh, "leave", now), conversation.record)


def _present(conversation: Conversation, member_id: str) -> MemberRecord:
    """The member, which is known to have been here: who is not any more has left."""
    member = conversation.members.get(member_id)
    if member is None or not is_in(member):
        raise HasLeft
    return member


def _asking(conversation: Conversation, member_id: str | None) -> MemberRecord | None:
    """The member in whose name something is asked. Raises NotFound."""
    if member_id is None:
        return None
    member = conversation.members.get(member_id)
    if member is None or not is_in(member):
        raise NotFound(
            "Member does not exist, or you do not have access.", code="conversation:error:member-not-found"
        )
    return member


def _initiator(by: MemberRecord | None) -> Json:
    if by is None:
        return {"isSystem": True}
    return {"isSystem": False, "user_id": by.user_id, "member_id": by.id}


def _refuse_twin(conversation: Conversation, fresh: MemberRecord) -> None:
    """One user is joined over one type of channel once."""
    if _known_as(conversation, fresh, "JOINED") is not None:
        raise _already_joined(fresh)


def _invitation(conversation: Conversation, fresh: MemberRecord) -> MemberRecord | None:
    """What the user was invited with, over that type of channel, and has not taken yet."""
    return _known_as(conversation, fresh, "INVITED")


def _known_as(
    conversation: Conversation, fresh: MemberRecord, state: Literal["INVITED", "JOINED"]
) -> MemberRecord | None:
    """The member of the same user, over the same type of channel, in that state."""
    for other in conversation.members.values():
        same = other.user_id == fresh.user_id and other.channel.get("type") == fresh.channel.get("type")
        if same and other.state == state:
            return other
    return None


def _taking(invitation: MemberRecord, command: AddMember) -> JoinMember:
    """The joining of who was invited, as it was asked for without naming the invitation."""
    fresh = command.member
    return JoinMember(
        member_id=invitation.id,
        channel=fresh.channel,
        media=fresh.media or None,
        by=invitation.id if command.by == fresh.id else command.by,
    )


def _already_invited(member: MemberRecord) -> Invalid:
    kind = member.channel.get("type")
    return Invalid(f"The user is already invited in '{kind}' type.", code="conversation:error:already-member")


def _already_joined(member: MemberRecord) -> Invalid:
    kind = member.channel.get("type")
    return Invalid(
        f"The user is already having a member joined in '{kind}' type.",
        code="conversation:error:member-already-joined",
    )


def _refuse_crowd(conversation: Conversation, fresh: MemberRecord) -> None:
    if len(conversation.members) >= MAX_MEMBERS:
        raise _crowded(MAX_MEMBERS, "members")
    if _has_voice(fresh):
        refuse_voices(conversation)


def _crowded(limit: int, what: str) -> Invalid:
    return Invalid(
        f"A conversation has at most {limit} {what}.",
        code="http:error:validation-fail",
        members=f"must be less than or equal to {limit}",
    )


def _has_voice(member: MemberRecord) -> bool:
    return member.channel.get("type") in VOICE or _has_audio(member)


def _has_audio(member: MemberRecord) -> bool:
    settings = member.media.get("audio_settings")
    enabled = isinstance(settings, dict) and settings.get("enabled") is True
    return enabled or bool(member.media.get("audio"))


def _end_of_invitation(member: MemberRecord, now: str) -> str | None:
    """When nobody waits for it any longer. An invitation to write stands until it is taken or withdrawn."""
    patience_ms = member.channel.get("ring_timeout", RINGING_MS if _has_voice(member) else None)
    if patience_ms is None:
        return None
    end = datetime.fromisoformat(now) + timedelta(milliseconds=patience_ms)
    return end.isoformat(timespec="milliseconds").replace("+00:00", "Z")
