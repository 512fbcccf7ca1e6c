"""Facts of conversations as webhooks tell them (Conversation API, events and `callback`). Pure."""

from gateway.conversation import events
from gateway.store.records import EventRecord, Json, MemberRecord


def event_envelope(fact: EventRecord, sender: MemberRecord | None) -> Json:
    """The event and where it belongs. `conversation_id` and `id` together name it for ever.

    What the published numbering leaves out (see `events.UNNUMBERED`) has no `id`.
    """
    addressed = {"from": fact.from_, "to": fact.to, "id": fact.id}
    envelope: Json = {
        "type": fact.type,
        "conversation_id": fact.conversation_id,
        "application_id": fact.application_id,
        **{name: value for name, value in addressed.items() if value is not None},
        "timestamp": fact.timestamp,
        "body": events.shown_body(fact),
    }
    if fact.state:
        envelope["state"] = fact.state
    if sender is not None:
        user = {"id": sender.user_id, "name": sender.user_name, "display_name": sender.user_display_name}
        envelope["_embedded"] = {"from_user": user, "from_member": {"id": sender.id}}
    return envelope


def lets_through(mask: str, event_type: str) -> bool:
    """Whether an `event_mask` has the type: a list by commas or spaces, each exact or a prefix and `*`.

    A mask that names nothing lets everything through.
    """
    wanted = mask.replace(",", " ").split()
    return not wanted or any(_matches(each, event_type) for each in wanted)


def _matches(pattern: str, event_type: str) -> bool:
    return event_type.startswith(pattern[:-1]) if pattern.endswith("*") else event_type == pattern
