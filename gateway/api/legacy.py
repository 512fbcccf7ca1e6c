"""What `/beta` and `/v0.1` show: the first generation of the Conversation API.

The first argument of every function is what hrefs start with, for example `https://host/beta`. Fields that
later clients of these paths read besides the published ones stand too; a superset harms nobody.
"""

from typing import Any

import msgspec

from gateway.api.current import UNDERSCORED, MemberTimes, Times
from gateway.api.links import SelfLink, self_link
from gateway.api.views import ConversationView
from gateway.store.records import MemberRecord, UserRecord

Json = dict[str, Any]


class Reference(msgspec.Struct, frozen=True):
    """What was created or changed, and where it is."""

    id: str
    href: str


class OldConversationRow(msgspec.Struct, frozen=True, kw_only=True, rename=UNDERSCORED):
    """A conversation in a list; /beta had `href` and /v0.1 `_links`."""

    uuid: str
    name: str
    href: str
    links: SelfLink


class OldMemberOfConversation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A member where its conversation is shown."""

    member_id: str
    user_id: str
    name: str
    user_name: str
    display_name: str
    state: str
    timestamp: MemberTimes
    channel: Json
    initiator: Json
    invited_by: str | None = None


class OldConversation(msgspec.Struct, frozen=True, kw_only=True, rename=UNDERSCORED):
    """A conversation with all its members."""

    uuid: str
    name: str
    display_name: str
    timestamp: Times
    sequence_number: str
    """The number of the last event, as a text; a number in every other place and version."""
    numbers: dict[str, str]
    """Always empty: it was published as an object, and what stands in it nowhere."""
    properties: Json
    members: list[OldMemberOfConversation]
    links: SelfLink


def _conversation_href(root: str, conversation_id: str) -> str:
    return f"{root}/conversations/{conversation_id}"


def conversation_reference(root: str, view: ConversationView) -> Reference:
    """The answer to what creates or changes one."""
    return Reference(view.record.id, _conversation_href(root, view.record.id))


def conversation(root: str, view: ConversationView) -> OldConversation:
    """One, with all its members."""
    record = view.record
    return OldConversation(
        uuid=record.id,
        name=record.name,
        display_name=record.display_name or record.name,
        timestamp=Times(created=record.created, updated=record.updated, destroyed=record.destroyed),
        sequence_number=str(record.sequence_number),
        numbers={},
        properties=record.properties,
        members=[_member_of_conversation(each) for each in view.members],
        links=self_link(_conversation_href(root, record.id)),
    )


def conversation_row(root: str, view: ConversationView) -> OldConversationRow:
    """One of a list."""
    href = _conversation_href(root, view.record.id)
    return OldConversationRow(uuid=view.record.id, name=view.record.name, href=href, links=self_link(href))


def _member_of_conversation(record: MemberRecord) -> OldMemberOfConversation:
    return OldMemberOfConversation(
        member_id=record.id,
        user_id=record.user_id,
        name=record.user_name,
        user_name=record.user_name,
        display_name=record.user_display_name or record.user_name,
        state=record.state,
        timestamp=MemberTimes(**record.timestamp),
        channel=record.channel,
        initiator=record.initiator,
        invited_by=record.invited_by,
    )


class OldMembership(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation where a user is a member: `state` is the member's."""

    id: str
    name: str
    display_name: str
    image_url: str
    state: str
    member_id: str
    sequence_number: int
    timestamp: Times
    href: str


def membership(root: str, view: ConversationView) -> OldMembership:
    """One of a user's conversations."""
    record, member = view.record, view.own
    return OldMembership(
        id=record.id,
        name=record.name,
        display_name=record.display_name or record.name,
        image_url=record.image_url or "",
        state=member.state if member else "UNKNOWN",
        member_id=member.id if member else "",
        sequence_number=record.sequence_number,
        timestamp=Times(created=record.created, updated=record.updated),
        href=_conversation_href(root, record.id),
    )


class OldMember(msgspec.Struct, frozen=True, kw_only=True):
    """A member."""

    id: str
    user_id: str
    name: str
    user_name: str
    state: str
    timestamp: MemberTimes
    channel: Json
    initiator: Json
    href: str


class OldMemberRow(msgspec.Struct, frozen=True, kw_only=True):
    """A member in a list, where `name` is the member's id (seen in published samples)."""

    user_id: str
    user_name: str
    name: str
    state: str


def _member_href(root: str, record: MemberRecord) -> str:
    return f"{_conversation_href(root, record.conversation_id)}/members/{record.id}"


def member(root: str, record: MemberRecord) -> OldMember:
    """One, and the answer to POST."""
    return OldMember(
        id=record.id,
        user_id=record.user_id,
        name=record.user_name,
        user_name=record.user_name,
        state=record.state,
        timestamp=MemberTimes(**record.timestamp),
        channel=record.channel,
        initiator=record.initiator,
        href=_member_href(root, record),
    )


def member_reference(root: str, record: MemberRecord) -> Reference:
    """The answer to what changes one."""
    return Reference(record.id, _member_href(root, record))


def member_row(_root: str, record: MemberRecord) -> OldMemberRow:
    """One of a list."""
    return OldMemberRow(
        user_id=record.user_id, user_name=record.user_name, name=record.id, state=record.state
    )


class OldUserRow(msgspec.Struct, frozen=True, kw_only=True):
    """A user in a list."""

    id: str
    name: str
    href: str


class OldUser(OldUserRow, frozen=True, kw_only=True):
    """A user."""

    display_name: str
    image_url: str
    timestamp: Times


def _user_href(root: str, user_id: str) -> str:
    return f"{root}/users/{user_id}"


def user_reference(root: str, record: UserRecord) -> Reference:
    """The answer to what creates or changes one."""
    return Reference(record.id, _user_href(root, record.id))


def user_row(root: str, record: UserRecord) -> OldUserRow:
    """One of a list."""
    return OldUserRow(id=record.id, name=record.name, href=_user_href(root, record.id))


def user(root: str, record: UserRecord) -> OldUser:
    """One."""
    return OldUser(
        id=record.id,
        name=record.name,
        href=_user_href(root, record.id),
        display_name=record.display_name or record.name,
        image_url=record.image_url or "",
        timestamp=Times(created=record.created, updated=record.updated),
    )
