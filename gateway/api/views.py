"""Records together with what some versions show beside them."""

from dataclasses import dataclass

from gateway.store.records import ConversationRecord, EventRecord, MemberRecord, UserRecord


@dataclass(frozen=True)
class ConversationView:
    """A conversation, with its members where the version embeds them."""

    record: ConversationRecord
    members: tuple[MemberRecord, ...] = ()


@dataclass(frozen=True)
class EventView:
    """An event, with the member it is from and that member's user."""

    record: EventRecord
    sender: MemberRecord | None = None
    user: UserRecord | None = None
