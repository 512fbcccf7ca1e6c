"""Records to begin a test of the conversation core with."""

from typing import Literal

from gateway.conversation import events
from gateway.conversation.commands import AnyCommand
from gateway.conversation.conversation import decide
from gateway.conversation.projections import Conversation, place
from gateway.store.records import ConversationRecord, EventRecord, LegRecord, UserRecord

APPLICATION = "78d335fa-323d-0114-9c3d-d6f0d48968cf"
CONVERSATION = "CON-1"
NOW = "2020-01-01T12:00:00.000Z"
LATER = "2020-01-01T12:00:02.500Z"


def user(name: str) -> UserRecord:
    return UserRecord(id=f"USR-{name}", application_id=APPLICATION, name=name, created=NOW)


def leg(name: str, direction: Literal["inbound", "outbound"]) -> LegRecord:
    return LegRecord(
        id=f"leg-{name}",
        application_id=APPLICATION,
        conversation_id=CONVERSATION,
        member_id=f"MEM-{name}",
        user_id=f"USR-{name}",
        user_name=name,
        type="phone",
        direction=direction,
        status="started",
        from_={"type": "phone", "number": "447700000001"},
        to={"type": "phone", "number": "447700000002"},
        created=NOW,
    )


class Talk:
    """A conversation and its log, as the switchboard would keep them."""

    def __init__(self, conversation_id: str = CONVERSATION) -> None:
        record = ConversationRecord(
            id=conversation_id, application_id=APPLICATION, name=f"NAM-{conversation_id}", created=NOW
        )
        self.conversation = Conversation(record)
        self.log: list[EventRecord] = place(self.conversation, [events.conversation_created(record)], NOW)

    def do(self, command: AnyCommand, now: str = NOW) -> list[EventRecord]:
        facts = place(self.conversation, decide(self.conversation, command, now), now)
        self.log += facts
        return facts

    def numbered(self) -> list[tuple[int, str, str | None]]:
        return [(fact.id, fact.type, fact.from_) for fact in self.log if fact.id is not None]
