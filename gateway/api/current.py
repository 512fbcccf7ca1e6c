"""What `/v0.3` and `/v1` show: the Conversation API as it is published today.

The first argument of every function is what hrefs start with, for example `https://host/v1`. What is unset is
left out, as the published service does.
"""

from typing import Any

from gateway.api.views import ConversationView
from gateway.store.records import MemberRecord, UserRecord

Json = dict[str, Any]


def _present(**members: object) -> Json:
    return {name: value for name, value in members.items() if value not in (None, {}, [])}


def _self(href: str) -> Json:
    return {"self": {"href": href}}


def conversation(root: str, view: ConversationView) -> Json:
    """One, and the answer to POST."""
    record = view.record
    return {
        "id": record.id,
        "name": record.name,
        **_present(display_name=record.display_name, image_url=record.image_url),
        "state": record.state,
        "sequence_number": record.sequence_number,
        "timestamp": _present(created=record.created, updated=record.updated, destroyed=record.destroyed),
        **_present(properties=record.properties, numbers=record.numbers),
        "_links": _self(f"{root}/conversations/{record.id}"),
    }


def conversation_row(root: str, view: ConversationView) -> Json:
    """One of a list."""
    record = view.record
    return {
        "id": record.id,
        "name": record.name,
        **_present(display_name=record.display_name, image_url=record.image_url),
        "timestamp": {"created": record.created},
        "_links": _self(f"{root}/conversations/{record.id}"),
    }


def member(root: str, record: MemberRecord) -> Json:
    """One, and the answer to POST."""
    return {
        "id": record.id,
        "conversation_id": record.conversation_id,
        **_member_core(root, record),
        "timestamp": record.timestamp,
        "initiator": _initiator(record.initiator),
        "channel": record.channel,
        **_present(
            media=record.media,
            knocking_id=record.knocking_id,
            invited_by=record.invited_by,
            reason=record.reason,
        ),
    }


def _initiator(initiator: Json) -> Json:
    """Events say `isSystem`, this part of the API says `is_system` (seen in published samples)."""
    return {
        how: {("is_system" if name == "isSystem" else name): value for name, value in who.items()}
        for how, who in initiator.items()
    }


def member_row(root: str, record: MemberRecord) -> Json:
    """One of a list."""
    return {"id": record.id, **_member_core(root, record)}


def _member_core(root: str, record: MemberRecord) -> Json:
    """A member's `_links` is the link itself, without `self` (seen in published samples)."""
    user = {
        "id": record.user_id,
        "name": record.user_name,
        **_present(display_name=record.user_display_name),
        "_links": _self(f"{root}/users/{record.user_id}"),
    }
    return {
        "state": record.state,
        "_embedded": {"user": user},
        "_links": {"href": f"{root}/conversations/{record.conversation_id}/members/{record.id}"},
    }


def user(root: str, record: UserRecord) -> Json:
    """One, and the answer to POST."""
    return {
        "id": record.id,
        "name": record.name,
        **_present(
            display_name=record.display_name,
            image_url=record.image_url,
            properties=record.properties,
            channels=record.channels,
        ),
        "timestamp": {"created": record.created},
        "_links": _self(f"{root}/users/{record.id}"),
    }


def user_row(root: str, record: UserRecord) -> Json:
    """One of a list."""
    return {
        "id": record.id,
        "name": record.name,
        **_present(display_name=record.display_name),
        "_links": _self(f"{root}/users/{record.id}"),
    }
