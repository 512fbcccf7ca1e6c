"""What becomes of an event after it was posted: who has it, and that it was deleted. Pure.

Such a change rewrites the event; its position, its id and its type stay (Conversation API, event envelope).
"""

from msgspec.structs import replace

from gateway.conversation.client_events import CUSTOM
from gateway.errors import Forbidden, Invalid
from gateway.store.records import EventRecord, Json

BLANKS: dict[str, Json] = {
    "text": {"text": ""},
    "text:update": {"text": ""},
    "image": {"representations": {}},
}
"""What stays of a body whose event is deleted, besides the time of it: clients read these members."""

POSTED = frozenset({"text", "text:update", "image", "message"})
"""Types that hold what a member has to say; custom events do too."""

STATES = {
    "seen": "seen_by",
    "delivered": "delivered_to",
    "submitted": "submitted_to",
    "rejected": "rejected_by",
    "undeliverable": "undeliverable_to",
}
"""What is said of an event → the map of its `state` that then has the member and the time."""

OWN_TOO = frozenset({"message:delivered", "message:submitted", "message:rejected", "message:undeliverable"})
"""What the sender itself may say: client SDKs report their own messages as delivered, like all others."""


def refer(fact: EventRecord, now: str, *, kind: str, member_id: str) -> EventRecord:
    """The event with what an event of type `kind` says of it.

    Raises Invalid when it is of another type, the member's own, or when that was said before.
    """
    target, _, word = kind.partition(":")
    if target not in ("event", fact.type) or not _is_posted(fact.type):
        raise _refused(f"must not be the id of an event of type {fact.type!r}", "event:error:unknown-event")
    if fact.from_ == member_id and kind not in OWN_TOO:
        raise _refused("must not be the id of an event of the member's own", "event:error:permission-denied")
    members: Json = fact.state.get(STATES[word], {})
    if member_id in members:
        raise _refused(f"has been {word} by this member before", "system:error:invalid-event")
    return replace(fact, state={**fact.state, STATES[word]: {**members, member_id: now}})


def emptied(fact: EventRecord, now: str) -> EventRecord | None:
    """The event without what it said; None for one that is empty already.

    Raises Forbidden for the gateway's own events.
    """
    if fact.deleted is not None:
        return None
    if not _is_posted(fact.type):
        raise Forbidden(
            f"An event of type {fact.type!r} cannot be deleted: only what members post can.",
            code="event:error:permission-denied",
        )
    return replace(fact, body={**BLANKS.get(fact.type, {}), "timestamp": {"deleted": now}}, deleted=now)


def _refused(reason: str, code: str) -> Invalid:
    return Invalid("Input validation failure.", code=code, **{"body.event_id": f'"body.event_id" {reason}'})


def _is_posted(kind: str) -> bool:
    return kind in POSTED or CUSTOM.fullmatch(kind) is not None
