"""The versions of the Conversation API as data: the handlers are the same for all of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from gateway.api import current, event_shapes, legacy
from gateway.api.families import (
    CONVERSATION_LEGACY,
    CONVERSATION_V0_3,
    CONVERSATION_V1,
    Family,
)
from gateway.api.paging import All, ByRecordIndex, Paging, bare, named, named_data
from gateway.api.views import ConversationView, EventView
from gateway.store.records import MemberRecord, UserRecord

T = TypeVar("T")
Show = Callable[[str, T], Any]
"""A presenter; what it is annotated to return is what the description of the interface says."""


@dataclass(frozen=True, kw_only=True)
class Listing(Generic[T]):
    """How one resource looks in a list."""

    row: Show[T]
    paging: Paging


@dataclass(frozen=True, kw_only=True)
class Shapes(Listing[T]):
    """How it looks besides: in answer to its creation, alone, and in answer to a change."""

    status: int
    """The HTTP status of a creation."""
    created: Show[T]
    one: Show[T]
    changed: Show[T] | None = None
    """As it is alone when None."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version: where it is and how everything in it looks."""

    prefix: str
    errors: Family
    conversations: Shapes[ConversationView]
    members: Shapes[MemberRecord]
    events: Shapes[EventView]
    users: Shapes[UserRecord]
    memberships: Listing[ConversationView]
    """A user's conversations."""
    ends_in_silence: bool = False
    """A deletion is answered with 204 and nothing; with 200 and `{}` otherwise."""
    embeds_members: bool = False
    """A conversation is shown with its members."""
    follows: bool = False
    """Lists of events can be followed live, as server-sent events."""
    actions: bool = False
    """A member is asked for by `action` (join, invite) and flat user fields, not by `state` and `user`."""
    terse_legs: bool = False
    """Acts on legs answer with the leg's id alone, as `id`, and with nothing where something is ended."""
    lists_only: bool = False
    """The version was published for lists alone."""


OLD_EVENTS: Shapes[EventView] = Shapes(
    status=201,
    created=event_shapes.old_event,
    one=event_shapes.old_event,
    row=event_shapes.old_event,
    paging=All(),
)

V1 = Version(
    prefix="/v1",
    errors=CONVERSATION_V1,
    conversations=Shapes(
        status=201,
        created=current.conversation,
        one=current.conversation,
        row=current.conversation_row,
        paging=named("conversations"),
    ),
    members=Shapes(
        status=201,
        created=current.member,
        one=current.member,
        row=current.member_row,
        paging=named("members"),
    ),
    events=Shapes(
        status=201, created=event_shapes.event, one=event_shapes.event, row=event_shapes.event, paging=bare()
    ),
    users=Shapes(
        status=201, created=current.user, one=current.user, row=current.user_row, paging=named("users")
    ),
    memberships=Listing(row=current.conversation, paging=named("conversations")),
    ends_in_silence=True,
    follows=True,
    terse_legs=True,
)

V0_3 = replace(
    V1,
    prefix="/v0.3",
    errors=CONVERSATION_V0_3,
    events=replace(OLD_EVENTS, paging=named("events")),
    follows=False,
)

V0_2 = replace(
    V0_3,
    prefix="/v0.2",
    errors=CONVERSATION_LEGACY,
    conversations=replace(V0_3.conversations, paging=named_data("conversations")),
    members=replace(V0_3.members, row=current.listed_member, paging=named_data("members")),
    events=replace(V0_3.events, paging=named_data("events")),
    users=replace(V0_3.users, paging=named_data("users")),
    memberships=Listing(row=legacy.membership, paging=named_data("conversations")),
    lists_only=True,
)

BETA2 = replace(V0_2, prefix="/beta2")

V0_1 = Version(
    prefix="/v0.1",
    errors=CONVERSATION_LEGACY,
    conversations=Shapes(
        status=200,
        created=legacy.conversation_reference,
        one=legacy.conversation,
        changed=legacy.conversation_reference,
        row=legacy.conversation_row,
        paging=ByRecordIndex("conversations"),
    ),
    members=Shapes(
        status=201,
        created=legacy.member,
        one=legacy.member,
        changed=legacy.member_reference,
        row=legacy.member_row,
        paging=All(),
    ),
    events=OLD_EVENTS,
    users=Shapes(
        status=200,
        created=legacy.user_reference,
        one=legacy.user,
        changed=legacy.user_reference,
        row=legacy.user_row,
        paging=All(),
    ),
    memberships=Listing(row=legacy.membership, paging=All()),
    embeds_members=True,
    actions=True,
)

BETA = replace(V0_1, prefix="/beta", conversations=replace(V0_1.conversations, status=201))

VERSIONS = (BETA, V0_1, BETA2, V0_2, V0_3, V1)
