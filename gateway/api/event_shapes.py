"""Events as the versions show them (Conversation API, event envelope).

`/v1` has its shape; all earlier versions share another one, with `href` and `state` always there. What is
unset is left out. An event that is kept nowhere has no `id`, and its href is that of the list.
"""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from gateway.api.links import SelfLink, self_link
from gateway.api.views import EventView
from gateway.conversation.events import shown_body
from gateway.store.records import EventRecord


class FromUser(msgspec.Struct, frozen=True, kw_only=True):
    """The user whose member an event is from."""

    id: str
    name: str
    display_name: str | UnsetType = UNSET
    image_url: str | UnsetType = UNSET
    custom_data: dict[str, Any] | UnsetType = UNSET


class FromMember(msgspec.Struct, frozen=True):
    """The member that an event is from."""

    id: str


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Whom an event is from."""

    from_user: FromUser
    from_member: FromMember


class Event(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"from_": "from", "embedded": "_embedded", "links": "_links"},
):
    """An event of `/v1`."""

    id: int | UnsetType
    type: str
    from_: str | UnsetType
    to: str | UnsetType
    body: dict[str, Any]
    state: dict[str, Any] | UnsetType
    """Who has seen it, and so on: `seen_by`, `delivered_to` …, each from member to time."""
    timestamp: str
    embedded: Sender | UnsetType
    links: SelfLink | UnsetType


class OldEvent(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"from_": "from", "embedded": "_embedded", "links": "_links"},
):
    """An event of the versions before `/v1`. `from` and `to` are "" where it has none."""

    id: int | UnsetType
    type: str
    from_: str
    to: str
    body: dict[str, Any]
    state: dict[str, Any]
    timestamp: str
    href: str
    embedded: Sender | UnsetType
    links: SelfLink


def event(root: str, view: EventView) -> Event:
    """One, in answer to POST and in lists of `/v1`."""
    record = view.record
    return Event(
        id=_set(record.id),
        type=record.type,
        from_=_set(record.from_),
        to=_set(record.to),
        body=shown_body(record),
        state=record.state or UNSET,
        timestamp=record.timestamp,
        embedded=_sender(view),
        links=UNSET if record.id is None else self_link(_href(root, record)),
    )


def old_event(root: str, view: EventView) -> OldEvent:
    """One, in answer to POST and in lists of the earlier versions."""
    record = view.record
    href = _href(root, record)
    return OldEvent(
        id=_set(record.id),
        type=record.type,
        from_=record.from_ or "",
        to=record.to or "",
        body=shown_body(record),
        state=record.state,
        timestamp=record.timestamp,
        href=href,
        embedded=_sender(view),
        links=self_link(href),
    )


def _href(root: str, record: EventRecord) -> str:
    events = f"{root}/conversations/{record.conversation_id}/events"
    return events if record.id is None else f"{events}/{record.id}"


def _sender(view: EventView) -> Sender | UnsetType:
    member, user = view.sender, view.user
    if member is None:
        return UNSET
    return Sender(
        from_user=FromUser(
            id=member.user_id,
            name=member.user_name,
            display_name=_set(user.display_name if user else member.user_display_name),
            image_url=_set(user.image_url) if user else UNSET,
            custom_data=_set(user.properties.get("custom_data")) if user else UNSET,
        ),
        from_member=FromMember(member.id),
    )


def _set(value: Any) -> Any:  # noqa: ANN401 - whatever the field is
    return UNSET if value is None else value
