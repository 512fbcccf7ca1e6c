"""Records together with what some versions show beside them."""

from dataclasses import dataclass

from gateway.store.records import ConversationRecord, EventRecord, MemberRecord, UserRecord


@dataclass(frozen=True)
class ConversationView:
    """A conversation, with its members where the version embeds them."""

    record: ConversationRecord
    members: tuple[MemberRecord, ...] = ()
    own: MemberRecord | None = None
    """The member that the user is whose token, or whose list, it is."""


@dataclass(frozen=True)
class EventView:
    """An event, with the member it is from and that member's user."""

    record: EventRecord
    sender: MemberRecord | None = None
    user: UserRecord | None = None
