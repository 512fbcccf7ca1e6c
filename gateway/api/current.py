"""What `/v0.3` and `/v1` show: the Conversation API as it is published today.

The first argument of every function is what hrefs start with, for example `https://host/v1`. What is unset is
left out, as the published service does.
"""

from typing import Any

import msgspec

from gateway.api.links import Link, SelfLink, self_link
from gateway.api.views import ConversationView
from gateway.store.records import Callback, MemberRecord, UserRecord

Json = dict[str, Any]

UNDERSCORED = {"embedded": "_embedded", "links": "_links"}


class Times(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When something came to be, changed and ended."""

    created: str
    updated: str | None = None
    destroyed: str | None = None


class ConversationRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename=UNDERSCORED):
    """A conversation in a list."""

    id: str
    name: str
    display_name: str | None = None
    image_url: str | None = None
    timestamp: Times
    links: SelfLink


class MemberState(msgspec.Struct, frozen=True):
    """A member in short."""

    id: str
    state: str


class OwnMember(msgspec.Struct, frozen=True, kw_only=True):
    """`_embedded` of a conversation: the user's member, as `/v1` shows it and as `/v0.3` does."""

    id: str
    state: str
    member: MemberState


class Conversation(ConversationRow, frozen=True, kw_only=True, omit_defaults=True, rename=UNDERSCORED):
    """A conversation."""

    state: str
    sequence_number: int
    properties: Json
    """Always there, though the published service leaves out an empty one: clients take it for granted."""
    numbers: list[Json] = []
    callback: Callback | None = None
    embedded: OwnMember | None = None


def conversation(root: str, view: ConversationView) -> Conversation:
    """One, and the answer to what creates or changes it."""
    record = view.record
    return Conversation(
        id=record.id,
        name=record.name,
        display_name=record.display_name,
        image_url=record.image_url,
        timestamp=Times(created=record.created, updated=record.updated, destroyed=record.destroyed),
        links=self_link(f"{root}/conversations/{record.id}"),
        state=record.state,
        sequence_number=record.sequence_number,
        properties=record.properties,
        numbers=record.numbers,
        callback=record.callback,
        embedded=_own(view.own),
    )


def conversation_row(root: str, view: ConversationView) -> ConversationRow:
    """One of a list."""
    record = view.record
    return ConversationRow(
        id=record.id,
        name=record.name,
        display_name=record.display_name,
        image_url=record.image_url,
        timestamp=Times(created=record.created),
        links=self_link(f"{root}/conversations/{record.id}"),
    )


def _own(member: MemberRecord | None) -> OwnMember | None:
    if member is None:
        return None
    return OwnMember(id=member.id, state=member.state, member=MemberState(member.id, member.state))


class MemberUser(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename=UNDERSCORED):
    """The user that a member is, as it was when it came."""

    id: str
    name: str
    display_name: str | None = None
    links: SelfLink


class EmbeddedUser(msgspec.Struct, frozen=True):
    """`_embedded` of a member."""

    user: MemberUser


class MemberTimes(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When a member was invited, joined and left."""

    invited: str | None = None
    joined: str | None = None
    left: str | None = None


class Initiator(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who made it so. Events say `isSystem`, this part of the API `is_system` (seen in published samples)."""

    is_system: bool
    user_id: str | None = None
    member_id: str | None = None


class Initiators(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who made a member what it was and what it is."""

    invited: Initiator | None = None
    joined: Initiator | None = None
    left: Initiator | None = None


class MemberRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename=UNDERSCORED):
    """A member in a list. Its `_links` is the link itself, without `self` (seen in published samples)."""

    id: str
    state: str
    embedded: EmbeddedUser
    links: Link


class Member(MemberRow, frozen=True, kw_only=True, omit_defaults=True, rename=UNDERSCORED):
    """A member."""

    conversation_id: str
    timestamp: MemberTimes
    initiator: Initiators
    channel: Json
    media: Json = {}
    knocking_id: str | None = None
    invited_by: str | None = None
    reason: Json = {}


class ListedMember(Member, frozen=True, kw_only=True, omit_defaults=True, rename=UNDERSCORED):
    """A member in a list of `/v0.2` and `/beta2`, whose user's fields stand beside it too."""

    name: str
    display_name: str | None = None
    user_id: str


def member(root: str, record: MemberRecord) -> Member:
    """One, and the answer to what creates or changes it."""
    return Member(**_member(root, record))


def listed_member(root: str, record: MemberRecord) -> ListedMember:
    """One of a list of `/v0.2` and `/beta2`."""
    return ListedMember(
        name=record.user_name,
        display_name=record.user_display_name,
        user_id=record.user_id,
        **_member(root, record),
    )


def member_row(root: str, record: MemberRecord) -> MemberRow:
    """One of a list."""
    return MemberRow(**_member_row(root, record))


def _member(root: str, record: MemberRecord) -> Json:
    return {
        **_member_row(root, record),
        "conversation_id": record.conversation_id,
        "timestamp": MemberTimes(**record.timestamp),
        "initiator": Initiators(**{how: _initiator(who) for how, who in record.initiator.items()}),
        "channel": record.channel,
        "media": record.media,
        "knocking_id": record.knocking_id,
        "invited_by": record.invited_by,
        "reason": record.reason,
    }


def _member_row(root: str, record: MemberRecord) -> Json:
    user = MemberUser(
        id=record.user_id,
        name=record.user_name,
        display_name=record.user_display_name,
        links=self_link(f"{root}/users/{record.user_id}"),
    )
    return {
        "id": record.id,
        "state": record.state,
        "embedded": EmbeddedUser(user),
        "links": Link(f"{root}/conversations/{record.conversation_id}/members/{record.id}"),
    }


def _initiator(who: Json) -> Initiator:
    return Initiator(is_system=who["isSystem"], user_id=who.get("user_id"), member_id=who.get("member_id"))


class UserRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename=UNDERSCORED):
    """A user in a list."""

    id: str
    name: str
    display_name: str | None = None
    links: SelfLink


class User(UserRow, frozen=True, kw_only=True, omit_defaults=True, rename=UNDERSCORED):
    """A user."""

    image_url: str | None = None
    properties: Json = {}
    channels: Json = {}
    timestamp: Times


def user(root: str, record: UserRecord) -> User:
    """One, and the answer to what creates or changes it."""
    return User(
        id=record.id,
        name=record.name,
        display_name=record.display_name,
        links=self_link(f"{root}/users/{record.id}"),
        image_url=record.image_url,
        properties=record.properties,
        channels=record.channels,
        timestamp=Times(created=record.created, updated=record.updated),
    )


def user_row(root: str, record: UserRecord) -> UserRow:
    """One of a list."""
    return UserRow(
        id=record.id,
        name=record.name,
        display_name=record.display_name,
        links=self_link(f"{root}/users/{record.id}"),
    )


class SessionUser(msgspec.Struct, frozen=True):
    """The user of a session."""

    id: str
    name: str


class SessionEmbedded(msgspec.Struct, frozen=True):
    """`_embedded` of a session."""

    user: SessionUser
    api_key: str


class SessionProperties(msgspec.Struct, frozen=True):
    """`properties` of a session."""

    ttl: float


class Session(msgspec.Struct, frozen=True, kw_only=True, rename=UNDERSCORED):
    """An app that is connected."""

    id: str
    embedded: SessionEmbedded
    properties: SessionProperties
