"""What the facts of a conversation make of it: the fold behind the read models. Pure.

`apply` is the only thing that changes a conversation, so that replaying its log gives the same conversation
again. `touched` collects the members and legs that facts changed, for whoever writes the read models.
"""

from collections.abc import Callable

import msgspec

from gateway.conversation import events
from gateway.conversation.events import Draft
from gateway.errors import NotFound
from gateway.store.records import ConversationRecord, EventRecord, LegRecord, MemberRecord


class Conversation:
    """One conversation, its members, and the legs that are in it now."""

    def __init__(
        self,
        record: ConversationRecord,
        members: dict[str, MemberRecord] | None = None,
        legs: dict[str, LegRecord] | None = None,
    ) -> None:
        self.record = record
        self.members = members or {}
        self.legs = legs or {}
        self.touched: set[str] = set()
        """Ids of members and legs that facts changed since this copy was made."""

    def fork(self) -> "Conversation":
        """A copy to try facts on. Records are values, so this costs two small dictionaries."""
        return Conversation(self.record, dict(self.members), dict(self.legs))

    def leg(self, leg_id: str) -> LegRecord:
        """A leg that is here. Raises NotFound."""
        try:
            return self.legs[leg_id]
        except KeyError:
            raise NotFound(f"leg {leg_id} is not in conversation {self.record.id}") from None

    def knows_member(self, member_id: str) -> bool:
        """Whether the member is here, or will be: a leg has its member's id before the member joins."""
        return member_id in self.members or any(leg.member_id == member_id for leg in self.legs.values())

    def apply(self, event: EventRecord) -> None:
        """Fold a fact in."""
        fold = _FOLDS.get(event.type)
        if fold is not None:
            fold(self, event)
        self.record = msgspec.structs.replace(
            self.record, position=event.position, sequence_number=event.id or self.record.sequence_number
        )

    def keep_leg(self, leg: LegRecord) -> None:
        """The leg is as it is here."""
        self.legs[leg.id] = leg
        self.touched.add(leg.id)


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


def _member(conversation: Conversation, event: EventRecord) -> None:
    body = event.body
    user = body["user"]
    member = MemberRecord(
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
        knocking_id=body.get("knocking_id"),
        reason=body.get("reason", {}),
    )
    conversation.members[member.id] = member
    conversation.touched.add(member.id)


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
    # Its row belongs to the conversation that it went to.
    del conversation.legs[event.body["leg_id"]]
    conversation.touched.discard(event.body["leg_id"])


def _switch(conversation: Conversation, event: EventRecord) -> None:
    leg = conversation.legs.get(event.body.get("rtc_id", ""))
    if leg is None:
        return
    _, what, state = event.type.split(":")
    changes = {"muted" if what == "mute" else "earmuffed": state == "on"}
    conversation.keep_leg(msgspec.structs.replace(leg, **changes))


_FOLDS: dict[str, Callable[[Conversation, EventRecord], None]] = {
    events.MEMBER_INVITED: _member,
    events.MEMBER_JOINED: _member,
    events.MEMBER_LEFT: _member,
    events.LEG_CREATED: _leg_created,
    events.LEG_STATUS: _leg_status,
    events.LEG_DIALOG: _leg_dialog,
    events.LEG_DEPARTED: _leg_departed,
    **dict.fromkeys([*events.MUTE.values(), *events.EARMUFF.values()], _switch),
}
"""What each kind of fact changes; the others change nothing but the sequence."""
