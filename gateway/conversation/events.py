"""The facts of a conversation, with the bodies that the API publishes (Conversation API, events).

A `Draft` is a fact without its place in the log. Facts of the kinds in `UNNUMBERED` are kept and replayed
like the others but have no public id, so that the published reference trace has the ids 1 to 8 that it shows.
"""

import msgspec

from gateway.conversation.detection import Callee, SubState
from gateway.conversation.leg import channel_of, state_of
from gateway.conversation.member import user_body
from gateway.conversation.quality import NO_BANDWIDTH, NOT_MEASURED
from gateway.store.records import ConversationRecord, EventRecord, Json, LegRecord, MemberRecord

CONVERSATION_CREATED = "conversation:created"
CONVERSATION_CHANGED = "conversation:changed"
CONVERSATION_UPDATED = "conversation:updated"
CONVERSATION_DELETED = "conversation:deleted"
KNOCKING = "app:knocking"
KNOCKING_CANCEL = "app:knocking:cancel"
LEG_CREATED = "leg:created"
LEG_DIALOG = "leg:dialog"
LEG_DEPARTED = "leg:departed"
LEG_STATUS = "leg:status:update"
LEG_REDACTED = "leg:redacted"
MEMBER_INVITED = "member:invited"
MEMBER_JOINED = "member:joined"
MEMBER_LEFT = "member:left"
MEMBER_MEDIA = "member:media"
MUTE = {True: "audio:mute:on", False: "audio:mute:off"}
EARMUFF = {True: "audio:earmuff:on", False: "audio:earmuff:off"}
SPEAKING = {True: "audio:speaking:on", False: "audio:speaking:off"}
HANGUP = {False: "sip:hangup", True: "rtc:hangup"}
"""A leg is over, by whether it was over the App channel."""
IDENTIFIED = {False: "sip:machine", True: "sip:amd_machine"}
"""Who answered, by whether advanced machine detection found it out."""

UNNUMBERED = frozenset(
    {
        CONVERSATION_CREATED,
        CONVERSATION_CHANGED,
        KNOCKING,
        KNOCKING_CANCEL,
        LEG_CREATED,
        LEG_DIALOG,
        LEG_DEPARTED,
        LEG_STATUS,
    }
)

PRIVATE = frozenset({CONVERSATION_CHANGED, LEG_CREATED, LEG_DIALOG, LEG_DEPARTED})
"""Facts that only Cordboard itself reads: never shown."""


def shown_body(fact: EventRecord) -> Json:
    """The body of a fact as anybody may see it."""
    if fact.type != CONVERSATION_CREATED:
        return fact.body
    # The log has the whole record there, of which `callback` and the like are nobody else's business.
    shown = ("id", "name", "display_name", "image_url", "state", "properties")
    return {**{name: fact.body.get(name) for name in shown}, "timestamp": {"created": fact.timestamp}}


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that is not in the log yet."""

    type: str
    body: Json
    from_: str | None = None
    to: str | None = None


def conversation_created(record: ConversationRecord) -> Draft:
    """The conversation exists."""
    return Draft(type=CONVERSATION_CREATED, body=msgspec.to_builtins(record))


def conversation_changed(changes: Json) -> Draft:
    """Fields of the record have other values: those too that members are not shown, a SIP password say."""
    return Draft(type=CONVERSATION_CHANGED, body=changes)


def conversation_updated(record: ConversationRecord) -> Draft:
    """The conversation is as it is now."""
    return Draft(type=CONVERSATION_UPDATED, body=_conversation_body(record))


def conversation_deleted(record: ConversationRecord) -> Draft:
    """The conversation is no more."""
    return Draft(type=CONVERSATION_DELETED, body=_conversation_body(record))


def _conversation_body(record: ConversationRecord) -> Json:
    times = {"created": record.created, "updated": record.updated, "destroyed": record.destroyed}
    return {
        "id": record.id,
        "name": record.name,
        "display_name": record.display_name,
        "image_url": record.image_url,
        "state": record.state,
        "properties": record.properties,
        "timestamp": {name: time for name, time in times.items() if time is not None},
    }


def leg_created(leg: LegRecord) -> Draft:
    """The leg is in this conversation from now on, as it is."""
    return Draft(type=LEG_CREATED, body={"leg": msgspec.to_builtins(leg)})


def knocking(leg: LegRecord) -> Draft:
    """A caller asks to be let into a conversation."""
    return Draft(type=KNOCKING, from_=leg.knocking_id, body={"user": _user(leg), "channel": channel_of(leg)})


def knocking_cancel(leg: LegRecord, reason: Json, now: str) -> Draft:
    """The caller asks no more."""
    times = {"created": leg.created, "left": now}
    body = {"user": _user(leg), "channel": channel_of(leg), "reason": reason, "timestamp": times}
    return Draft(type=KNOCKING_CANCEL, from_=leg.knocking_id, body=body)


def _user(leg: LegRecord) -> Json:
    return {"id": leg.user_id, "name": leg.user_name}


def leg_departed(leg: LegRecord, to_conversation: str) -> Draft:
    """The leg is in another conversation from now on."""
    return Draft(type=LEG_DEPARTED, body={"leg_id": leg.id, "conversation_id_to": to_conversation})


def leg_dialog(leg_id: str, dialog: Json) -> Draft:
    """What it takes to end the leg's SIP dialog after a restart."""
    return Draft(type=LEG_DIALOG, body={"leg_id": leg_id, "dialog": dialog})


def leg_redacted(leg_id: str) -> Draft:
    """Nobody can tell any more between whom the leg was."""
    return Draft(type=LEG_REDACTED, body={"leg_id": leg_id})


def leg_status(leg: LegRecord) -> Draft:
    """The leg has the status that it has now."""
    return Draft(
        type=LEG_STATUS,
        from_=leg.member_id,
        body={
            "leg_id": leg.id,
            "type": leg.type,
            "direction": leg.direction,
            "status": leg.status,
            "state": state_of(leg.status, leg.reason),
            "statusHistory": leg.status_history,
            "from": leg.from_,
            "to": leg.to,
            "start_time": leg.start_time,
            "end_time": leg.end_time,
            "duration": leg.duration,
            "reason": leg.reason,
            "sip_code": leg.sip_code,
        },
    )


def member_fact(kind: str, member: MemberRecord, conversation: ConversationRecord) -> Draft:
    """member:invited, member:joined or member:left: the member as it is now."""
    body: Json = {
        "cname": conversation.name,
        "member_id": member.id,
        "state": member.state,
        "user": {**user_body(member), "media": member.media},
        "conversation": {
            "conversation_id": conversation.id,
            "name": conversation.name,
            "display_name": conversation.display_name,
            **_present(image_url=conversation.image_url),
        },
        "channel": member.channel,
        "media": member.media,
        "timestamp": member.timestamp,
        "initiator": member.initiator,
        "invited_by": member.invited_by,
    }
    if member.knocking_id is not None:
        body["knocking_id"] = member.knocking_id
    if member.expires is not None:
        body["expires"] = member.expires
    if member.state == "LEFT":
        body["reason"] = member.reason
    return Draft(type=kind, from_=member.id, body=body)


def member_media(member: MemberRecord) -> Draft:
    """The member's audio flows."""
    body = {"audio": True, "media": member.media, "channel": member.channel, "user": user_body(member)}
    return Draft(type=MEMBER_MEDIA, from_=member.id, body=body)


def rtc_transfer(leg: LegRecord, was: LegRecord) -> Draft:
    """The leg came from another conversation; `was` is what it was there."""
    body = {
        "was_member": was.member_id,
        "user_id": leg.user_id,
        "transferred_from": was.conversation_id,
        "channel": channel_of(leg),
    }
    return Draft(type="rtc:transfer", from_=leg.member_id, body=body)


def line_ringing(leg: LegRecord) -> Draft:
    """The called side rings."""
    return Draft(type=_kind(leg, "ringing"), from_=leg.member_id, body=_directed(leg))


def line_answered(leg: LegRecord) -> Draft:
    """The leg is answered."""
    return Draft(type=_kind(leg, "answered"), from_=leg.member_id, body=_directed(leg))


def line_hangup(leg: LegRecord, quality: Json, bandwidth: Json) -> Draft:
    """The leg is over, and how its audio was."""
    reason = {
        "text": leg.reason or leg.status,
        "code": str(leg.sip_code or 200),
        "sip_code": leg.sip_code or 200,
    }
    figures = {"quality": quality or NOT_MEASURED, "bandwidth": bandwidth or NO_BANDWIDTH}
    body = {**_directed(leg), **figures, "reason": reason}
    return Draft(type=HANGUP[leg.type == "app"], from_=leg.member_id, body=body)


def line_status(leg: LegRecord) -> Draft:
    """What a bill would say about the leg. A self-hosted gateway charges nothing."""
    return Draft(
        type=_kind(leg, "status"),
        from_=leg.member_id,
        body={
            "status": leg.status,
            "state": state_of(leg.status, leg.reason),
            "direction": "in" if leg.direction == "inbound" else "out",
            "from": _number(leg.from_),
            "to": _number(leg.to),
            "price": "0.00000000",
            "rate": "0.00000000",
            "duration": str(leg.duration),
            "network_code": "",
            "request_time": leg.created,
            **_present(start_time=leg.start_time, end_time=leg.end_time),
            "channel": channel_of(leg),
        },
    )


def sip_identified(
    leg: LegRecord, callee: Callee, confidence: float, sub_state: SubState | None, *, advanced: bool
) -> Draft:
    """Who answered the leg; of a machine, with `sub_state`, whether its beep came."""
    body = {
        "type": callee,
        "confidence": f"{confidence:.2f}",
        **_present(sub_state=sub_state),
        "channel": channel_of(leg),
    }
    return Draft(type=IDENTIFIED[advanced], from_=leg.member_id, body=body)


def audio_switch(kind: str, leg: LegRecord) -> Draft:
    """audio:mute:on, audio:earmuff:off …"""
    return Draft(type=kind, from_=leg.member_id, body={"rtc_id": leg.id})


def audio_dtmf(leg: LegRecord, digit: str, duration_ms: int, dtmf_id: str) -> Draft:
    """The leg sent a digit."""
    body = {
        "digit": digit,
        "duration": duration_ms,
        "dtmf_id": dtmf_id,
        "method": "in",
        "channel": channel_of(leg),
    }
    return Draft(type="audio:dtmf", from_=leg.member_id, body=body)


def audio_speaking(leg: LegRecord, level_dbov: int, *, speaks: bool) -> Draft:
    """The leg has begun to speak, or has ended. Its level, -127 to 0, is a field of ours."""
    body = {"level_dbov": level_dbov, "channel": channel_of(leg)}
    return Draft(type=SPEAKING[speaks], from_=leg.member_id, body=body)


def _number(address: Json) -> str:
    """An address as one text: its number, its URI or its user."""
    return next((str(address[name]) for name in ("number", "uri", "user") if address.get(name)), "")


def _present(**members: object) -> Json:
    return {name: value for name, value in members.items() if value is not None}


def _kind(leg: LegRecord, what: str) -> str:
    """The type of what a leg's line tells: `rtc:…` over the App channel, `sip:…` over every other."""
    return f"{'rtc' if leg.type == 'app' else 'sip'}:{what}"


def _directed(leg: LegRecord) -> Json:
    return {"direction": leg.direction, "channel": channel_of(leg)}
