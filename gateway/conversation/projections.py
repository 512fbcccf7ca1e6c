"""What the facts of a conversation make of it: the fold behind the read models. Pure.

`apply` is the only thing that changes a conversation, so that replaying its log gives the same conversation
again. In memory is only what lives; what facts changed, and what ended with them, is collected for whoever
writes the read models.
"""

from collections.abc import Callable

import msgspec

from gateway.conversation import events
from gateway.conversation.events import Draft
from gateway.conversation.leg import is_over
from gateway.conversation.member import is_in
from gateway.errors import NotFound
from gateway.store.records import ConversationRecord, EventRecord, LegRecord, MemberRecord


class Conversation:
    """One conversation, and the members and legs that are in it now.

    A member that has left is still here while its leg lives, so that it does not come back with it.
    """

    def __init__(
        self,
        record: ConversationRecord,
        members: dict[str, MemberRecord] | None = None,
        legs: dict[str, LegRecord] | None = None,
    ) -> None:
        self.record = record
        self.members = members or {}
        self.legs = legs or {}
        self.changed_members: dict[str, MemberRecord] = {}
        self.changed_legs: dict[str, LegRecord] = {}
        """The rows that facts changed since this copy was made, those that ended among them."""

    def fork(self) -> "Conversation":
        """A copy to try facts on. Records are values, so this costs two small dictionaries."""
        return Conversation(self.record, dict(self.members), dict(self.legs))

    def leg(self, leg_id: str) -> LegRecord:
        """A leg that is here, or ended since this copy was made. Raises NotFound."""
        leg = self.legs.get(leg_id) or self.changed_legs.get(leg_id)
        if leg is None:
            raise NotFound(f"leg {leg_id} is not in conversation {self.record.id}")
        return leg

    def knows_member(self, member_id: str) -> bool:
        """Whether the member is here, or will be: a leg has its member's id before the member joins."""
        return member_id in self.members or self._has_leg(member_id)

    def apply(self, event: EventRecord) -> None:
        """Fold a fact in."""
        fold = _FOLDS.get(event.type)
        if fold is not None:
            fold(self, event)
        occupied = self.members or self.legs
        self.record = msgspec.structs.replace(
            self.record,
            position=event.position,
            sequence_number=event.id or self.record.sequence_number,
            empty_since=None if occupied else self.record.empty_since or event.timestamp,
        )

    def keep_member(self, member: MemberRecord) -> None:
        """The member is as it is here."""
        self.changed_members[member.id] = member
        if is_in(member) or self._has_leg(member.id):
            self.members[member.id] = member
        else:
            self.members.pop(member.id, None)

    def keep_leg(self, leg: LegRecord) -> None:
        """The leg is as it is here."""
        self.changed_legs[leg.id] = leg
        if is_over(leg):
            self._let_go(leg)
        else:
            self.legs[leg.id] = leg

    def part_with_leg(self, leg_id: str) -> None:
        """The leg is in another conversation now, and its row belongs to that one."""
        self._let_go(self.legs[leg_id])
        self.changed_legs.pop(leg_id, None)

    def _let_go(self, leg: LegRecord) -> None:
        self.legs.pop(leg.id, None)
        member = self.members.get(leg.member_id)
        if member is not None and not is_in(member):
            del self.members[member.id]

    def _has_leg(self, member_id: str) -> bool:
        return any(leg.member_id == member_id for leg in self.legs.values())


def place(conversation: Conversation, drafts: list[Draft], now: str) -> list[EventRecord]:
    """The drafts as the next facts of the conversation's log, folded into it."""
    facts = []
    for draft in drafts:
        record = conversation.record
        fact = EventRecord(
            conversation_id=record.id,
            application_id=record.application_id,
            position=record.position + 1,
            id=None if draft.type in events.UNNUMBERED else record.sequence_number + 1,
            type=draft.type,
            from_=draft.from_,
            to=draft.to,
            timestamp=now,
            body=draft.body,
        )
        conversation.apply(fact)
        facts.append(fact)
    return facts


def replay(log: list[EventRecord]) -> Conversation:
    """The conversation that the log tells of. Raises ValueError when it does not begin with its creation."""
    if not log or log[0].type != events.CONVERSATION_CREATED:
        raise ValueError("a log begins with conversation:created")
    conversation = Conversation(msgspec.convert(log[0].body, ConversationRecord))
    for fact in log:
        conversation.apply(fact)
    return conversation


def member_of(event: EventRecord) -> MemberRecord:
    """The member that member:invited, member:joined or member:left tells of, as it is from then on."""
    body = event.body
    user = body["user"]
    return MemberRecord(
        id=body["member_id"],
        application_id=event.application_id,
        conversation_id=event.conversation_id,
        user_id=user["id"],
        user_name=user["name"],
        user_display_name=user.get("display_name"),
        state=body["state"],
        channel=body["channel"],
        media=body["media"],
        timestamp=body["timestamp"],
        initiator=body["initiator"],
        invited_by=body.get("invited_by"),
        expires=body.get("expires"),
        knocking_id=body.get("knocking_id"),
        reason=body.get("reason", {}),
    )


def _member(conversation: Conversation, event: EventRecord) -> None:
    conversation.keep_member(member_of(event))


def _changed(conversation: Conversation, event: EventRecord) -> None:
    before = msgspec.to_builtins(conversation.record)
    after = {**before, **event.body, "updated": event.timestamp}
    conversation.record = msgspec.convert(after, ConversationRecord)


def _deleted(conversation: Conversation, event: EventRecord) -> None:
    conversation.record = msgspec.structs.replace(
        conversation.record, state="DELETED", destroyed=event.timestamp
    )


def _leg_created(conversation: Conversation, event: EventRecord) -> None:
    conversation.keep_leg(msgspec.convert(event.body["leg"], LegRecord))


def _leg_status(conversation: Conversation, event: EventRecord) -> None:
    body = event.body
    fields = ("status", "start_time", "end_time", "duration", "reason", "sip_code")
    changes = {name: body[name] for name in fields}
    leg = conversation.legs[body["leg_id"]]
    conversation.keep_leg(msgspec.structs.replace(leg, status_history=body["statusHistory"], **changes))


def _leg_dialog(conversation: Conversation, event: EventRecord) -> None:
    leg = conversation.legs[event.body["leg_id"]]
    conversation.keep_leg(msgspec.structs.replace(leg, dialog=event.body["dialog"]))


def _leg_departed(conversation: Conversation, event: EventRecord) -> None:
    conversation.part_with_leg(event.body["leg_id"])


def _identified(conversation: Conversation, event: EventRecord) -> None:
    leg = conversation.legs[event.body["channel"]["id"]]
    conversation.keep_leg(msgspec.structs.replace(leg, answered_by=event.body["type"]))


def _switch(conversation: Conversation, event: EventRecord) -> None:
    leg = conversation.legs.get(event.body.get("rtc_id", ""))
    if leg is None:
        return
    _, what, state = event.type.split(":")
    changes = {"muted" if what == "mute" else "earmuffed": state == "on"}
    conversation.keep_leg(msgspec.structs.replace(leg, **changes))


def _hung_up(conversation: Conversation, event: EventRecord) -> None:
    leg_id = event.body["channel"]["id"]
    # It is over by now, and of those that are its row alone is left.
    leg = conversation.changed_legs.get(leg_id)
    if leg is not None:
        conversation.changed_legs[leg_id] = msgspec.structs.replace(leg, quality=event.body["quality"])


_FOLDS: dict[str, Callable[[Conversation, EventRecord], None]] = {
    events.CONVERSATION_CHANGED: _changed,
    events.CONVERSATION_DELETED: _deleted,
    events.MEMBER_INVITED: _member,
    events.MEMBER_JOINED: _member,
    events.MEMBER_LEFT: _member,
    events.LEG_CREATED: _leg_created,
    events.LEG_STATUS: _leg_status,
    events.LEG_DIALOG: _leg_dialog,
    events.LEG_DEPARTED: _leg_departed,
    **dict.fromkeys(events.HANGUP.values(), _hung_up),
    **dict.fromkeys(events.IDENTIFIED.values(), _identified),
    **dict.fromkeys([*events.MUTE.values(), *events.EARMUFF.values()], _switch),
}
"""What each kind of fact changes; the others change nothing but the sequence."""
