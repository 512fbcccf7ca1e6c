"""What a conversation decides: from a command to the facts that it makes. Pure.

`decide` reads the conversation and changes nothing. The facts become true when the switchboard has them in
the log; `gateway.conversation.projections` then folds them in.
"""

from datetime import datetime

import msgspec

from gateway.conversation import events, membership
from gateway.conversation.commands import (
    AddMember,
    AnswerLeg,
    AnyCommand,
    ArriveLeg,
    DeleteConversation,
    DepartLeg,
    EndLeg,
    Expire,
    IdentifyCallee,
    JoinMember,
    LeaveMember,
    LegCommand,
    Note,
    PressDigit,
    RingLeg,
    SetAudio,
    StartLeg,
    SwitchSpeaking,
    UpdateConversation,
)
from gateway.conversation.events import Draft
from gateway.conversation.leg import advance, channel_of, history_entry, is_over
from gateway.conversation.member import is_in, turn
from gateway.conversation.projections import Conversation
from gateway.errors import Forbidden, Invalid, NotFound, Unavailable
from gateway.store.records import Json, LegRecord, MemberRecord


def decide(conversation: Conversation, command: AnyCommand, now: str) -> list[Draft]:
    """The facts that the command makes at `now`. Raises GatewayError, and IllegalTransition for a leg."""
    if conversation.record.state == "DELETED":
        raise no_conversation()
    match command:
        case UpdateConversation(changes=changes):
            return _update(conversation, changes, now)
        case DeleteConversation():
            return _delete(conversation, now)
        case Expire():
            return _expire(conversation, now)
        case AddMember():
            return [membership.add(conversation, command, now)]
        case JoinMember():
            return [membership.join(conversation, command, now)]
        case LeaveMember():
            return [membership.leave(conversation, command, now)]
        case Note():
            return [_note(conversation, command)]
        case _:
            return _decide_leg(conversation, command, now)


def _decide_leg(conversation: Conversation, command: LegCommand, now: str) -> list[Draft]:
    match command:
        case StartLeg():
            return _start(conversation, command, now)
        case RingLeg(leg_id=leg_id):
            leg = advance(conversation.leg(leg_id), "ringing", now)
            return [events.leg_status(leg), events.line_ringing(leg)]
        case AnswerLeg():
            return _answer(conversation, command, now)
        case EndLeg():
            return _end(conversation, command, now)
        case DepartLeg():
            return _depart(conversation, command, now)
        case ArriveLeg():
            return _arrive(conversation, command, now)
        case SetAudio():
            return _set_audio(conversation, command)
        case IdentifyCallee():
            return [_identified(conversation, command)]
        case PressDigit(leg_id=leg_id):
            leg = conversation.leg(leg_id)
            return [events.audio_dtmf(leg, command.digit, command.duration_ms, command.dtmf_id)]
        case SwitchSpeaking(leg_id=leg_id, speaks=speaks, level_dbov=level_dbov):
            return [events.audio_speaking(conversation.leg(leg_id), level_dbov, speaks=speaks)]


def no_conversation() -> NotFound:
    """The error for a conversation that is absent, deleted, or another tenant's."""
    return NotFound(
        "Conversation does not exist, or you do not have access.", code="conversation:error:not-found"
    )


def _update(conversation: Conversation, changes: Json, now: str) -> list[Draft]:
    if not changes:
        return []
    after = msgspec.structs.replace(conversation.record, **changes, updated=now)
    return [
        events.conversation_changed(msgspec.to_builtins(changes)),
        events.conversation_updated(after),
    ]


def _delete(conversation: Conversation, now: str) -> list[Draft]:
    if conversation.legs:
        raise Unavailable("Calls are still ending in the conversation.")
    after = msgspec.structs.replace(conversation.record, state="DELETED", destroyed=now)
    return [*membership.all_leave(conversation, now), events.conversation_deleted(after)]


def _expire(conversation: Conversation, now: str) -> list[Draft]:
    if conversation.record.due is not None and conversation.record.due <= now:
        return _delete(conversation, now)
    return membership.invitations_end(conversation, now)


def _start(conversation: Conversation, command: StartLeg, now: str) -> list[Draft]:
    membership.refuse_voices(conversation)
    leg = command.leg
    born = msgspec.structs.replace(leg, status="started", status_history=[history_entry(leg, "started", now)])
    drafts = [events.leg_created(born), events.leg_status(born)]
    if leg.type == "app":
        return [*drafts, membership.summon(conversation, born, command.user, now)]
    if leg.direction == "outbound":
        return drafts
    ringing = advance(born, "ringing", now)
    if leg.knocking_id is not None:
        return [*drafts, events.leg_status(ringing), events.knocking(ringing)]
    joined = _joined(conversation, ringing, command.user.display_name, now)
    return [*drafts, events.leg_status(ringing), joined]


def _answer(conversation: Conversation, command: AnswerLeg, now: str) -> list[Draft]:
    leg = advance(conversation.leg(command.leg_id), "answered", now)
    leg = msgspec.structs.replace(leg, start_time=now)
    drafts = [events.leg_status(leg)]
    if command.dialog is not None:
        drafts.append(events.leg_dialog(leg.id, command.dialog))
    known = conversation.members.get(leg.member_id)
    display_name = known.user_display_name if known else None
    return [*drafts, events.line_answered(leg), *_flowing(conversation, leg, display_name, now)]


def _end(conversation: Conversation, command: EndLeg, now: str) -> list[Draft]:
    leg = advance(conversation.leg(command.leg_id), command.status, now)
    leg = msgspec.structs.replace(
        leg,
        end_time=now,
        duration=_seconds_between(leg.start_time, now),
        reason=command.reason,
        sip_code=command.sip_code,
    )
    ended = events.leg_status(leg)
    ended.body["disconnected_by"] = command.disconnected_by
    reason = {"code": str(command.sip_code or 200), "text": command.reason}
    unheard = leg.knocking_id is not None and leg.start_time is None
    return [
        ended,
        *([events.knocking_cancel(leg, reason, now)] if unheard else []),
        *membership.leave_with_leg(conversation, leg.member_id, channel_of(leg), reason, now),
        events.line_hangup(leg, command.quality, command.bandwidth),
        events.line_status(leg),
    ]


def _depart(conversation: Conversation, command: DepartLeg, now: str) -> list[Draft]:
    leg = _living(conversation, command.leg_id)
    reason = {"code": "transfer", "text": f"transferred to {command.to_conversation}"}
    return [
        *membership.leave_with_leg(conversation, leg.member_id, channel_of(leg), reason, now),
        events.leg_departed(leg, command.to_conversation),
    ]


def _arrive(conversation: Conversation, command: ArriveLeg, now: str) -> list[Draft]:
    membership.refuse_voices(conversation)
    leg = msgspec.structs.replace(
        command.leg,
        user_id=command.user.id,
        user_name=command.user.name,
        conversation_id=conversation.record.id,
        member_id=command.member_id,
        muted=command.muted,
        earmuffed=False,
    )
    drafts = [events.leg_created(leg)]
    if leg.status == "answered":
        drafts.append(events.rtc_transfer(leg, command.leg))
        drafts += _flowing(conversation, leg, command.user.display_name, now)
    return drafts


def _set_audio(conversation: Conversation, command: SetAudio) -> list[Draft]:
    leg = _living(conversation, command.leg_id)
    drafts = []
    if command.muted is not None:
        drafts.append(events.audio_switch(events.MUTE[command.muted], leg))
    if command.earmuffed is not None:
        drafts.append(events.audio_switch(events.EARMUFF[command.earmuffed], leg))
    return drafts


def _identified(conversation: Conversation, command: IdentifyCallee) -> Draft:
    leg = _living(conversation, command.leg_id)
    return events.sip_identified(
        leg, command.callee, command.confidence, command.sub_state, advanced=command.advanced
    )


def _note(conversation: Conversation, command: Note) -> Draft:
    for member_id in () if command.belated else (command.from_, command.to):
        if member_id is not None and not conversation.knows_member(member_id):
            raise NotFound(
                "Member does not exist, or you do not have access.",
                code="conversation:error:member-not-found",
            )
    if command.posted and command.from_ is not None:
        require_joined(conversation.members.get(command.from_))
    return Draft(type=command.type, from_=command.from_, to=command.to, body=command.body)


def require_joined(member: MemberRecord | None) -> None:
    """Raises Forbidden for a member who is invited, has left or is still being called."""
    if member is None or member.state != "JOINED":
        raise Forbidden("This takes a member who has joined.", code="event:error:not-joined")


def _flowing(conversation: Conversation, leg: LegRecord, display_name: str | None, now: str) -> list[Draft]:
    """The leg's member joins and its audio flows; a member that left meanwhile does not come back."""
    known = conversation.members.get(leg.member_id)
    if known is not None and not is_in(known):
        return []
    if known is not None and known.state == "JOINED" and leg.type == "app":
        # It has joined already: that is how an app answers, but no phone.
        return [events.member_media(msgspec.structs.replace(known, channel=channel_of(leg)))]
    member = _member_of(conversation, leg, display_name, now)
    return [
        events.member_fact(events.MEMBER_JOINED, member, conversation.record),
        events.member_media(member),
    ]


def _joined(conversation: Conversation, leg: LegRecord, display_name: str | None, now: str) -> Draft:
    member = _member_of(conversation, leg, display_name, now)
    return events.member_fact(events.MEMBER_JOINED, member, conversation.record)


def _member_of(
    conversation: Conversation, leg: LegRecord, display_name: str | None, now: str
) -> MemberRecord:
    outbound = leg.direction == "outbound"
    settings = {"enabled": True, "earmuffed": leg.earmuffed, "muted": leg.muted}
    fresh = MemberRecord(
        id=leg.member_id,
        application_id=leg.application_id,
        conversation_id=conversation.record.id,
        user_id=leg.user_id,
        user_name=leg.user_name,
        user_display_name=display_name,
        state="JOINED",
        channel=channel_of(leg),
        media={"audio": True, "audio_settings": settings},
        timestamp={"invited": leg.created} if outbound else {},
        initiator={"invited" if outbound else "joined": {"isSystem": True}},
        invited_by=leg.user_id if outbound else None,
        knocking_id=leg.knocking_id,
    )
    return turn(conversation.members.get(leg.member_id), fresh, "join", now)


def _living(conversation: Conversation, leg_id: str) -> LegRecord:
    leg = conversation.leg(leg_id)
    if is_over(leg):
        raise Invalid(f"leg {leg_id} is over", code="leg:error:complete")
    return leg


def _seconds_between(start: str | None, end: str) -> int:
    """Whole seconds, rounded up as telephone bills do."""
    if start is None:
        return 0
    elapsed = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    return max(0, -int(-elapsed.total_seconds() // 1))
