"""What `/beta` and `/v0.1` show: the first generation of the Conversation API.

The first argument of every function is what hrefs start with, for example `https://host/beta`. Fields that
later clients of these paths read besides the published ones stand too; a superset harms nobody.
"""

from typing import Any

from gateway.api.views import ConversationView
from gateway.store.records import MemberRecord, UserRecord

Json = dict[str, Any]


def _conversation_href(root: str, conversation_id: str) -> str:
    return f"{root}/conversations/{conversation_id}"


def conversation_created(root: str, view: ConversationView) -> Json:
    """The answer to POST."""
    return {"id": view.record.id, "href": _conversation_href(root, view.record.id)}


def conversation(root: str, view: ConversationView) -> Json:
    """One, with all its members."""
    record = view.record
    return {
        "uuid": record.id,
        "name": record.name,
        "display_name": record.display_name or record.name,
        "timestamp": _timestamp(created=record.created, updated=record.updated, destroyed=record.destroyed),
        "sequence_number": record.sequence_number,
        "numbers": {},
        "properties": record.properties,
        "members": [_embedded_member(each) for each in view.members],
        "_links": {"self": {"href": _conversation_href(root, record.id)}},
    }


def conversation_row(root: str, view: ConversationView) -> Json:
    """One of a list; /beta had `href` and /v0.1 `_links`."""
    href = _conversation_href(root, view.record.id)
    return {
        "uuid": view.record.id,
        "name": view.record.name,
        "href": href,
        "_links": {"self": {"href": href}},
    }


def _timestamp(**times: str | None) -> dict[str, str]:
    return {name: time for name, time in times.items() if time is not None}


def _embedded_member(record: MemberRecord) -> Json:
    return {
        "member_id": record.id,
        "user_id": record.user_id,
        "name": record.user_name,
        "user_name": record.user_name,
        "display_name": record.user_display_name or record.user_name,
        "state": record.state,
        "timestamp": record.timestamp,
        "channel": record.channel,
        "initiator": record.initiator,
        **({"invited_by": record.invited_by} if record.invited_by else {}),
    }


def member(root: str, record: MemberRecord) -> Json:
    """One, and the answer to POST."""
    return {
        "id": record.id,
        "user_id": record.user_id,
        "name": record.user_name,
        "user_name": record.user_name,
        "state": record.state,
        "timestamp": record.timestamp,
        "channel": record.channel,
        "initiator": record.initiator,
        "href": f"{_conversation_href(root, record.conversation_id)}/members/{record.id}",
    }


def member_row(_root: str, record: MemberRecord) -> Json:
    """One of a list, where `name` is the member's id (seen in published samples)."""
    return {
        "user_id": record.user_id,
        "user_name": record.user_name,
        "name": record.id,
        "state": record.state,
    }


def _user_href(root: str, user_id: str) -> str:
    return f"{root}/users/{user_id}"


def user_created(root: str, record: UserRecord) -> Json:
    """The answer to POST."""
    return {"id": record.id, "href": _user_href(root, record.id)}


def user_row(root: str, record: UserRecord) -> Json:
    """One of a list."""
    return {"id": record.id, "name": record.name, "href": _user_href(root, record.id)}


def user(root: str, record: UserRecord) -> Json:
    """One."""
    return {
        **user_row(root, record),
        "display_name": record.display_name or record.name,
        "image_url": record.image_url or "",
        "timestamp": _timestamp(created=record.created),
    }
