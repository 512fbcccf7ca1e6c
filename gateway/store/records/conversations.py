"""Conversations, who is in them and what happens there."""

from typing import Literal

import msgspec

from gateway.clock import later
from gateway.store.records.common import MAX_TTL_S, Callback, Json


class UserRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A user of an application."""

    id: str
    application_id: str
    name: str
    display_name: str | None = None
    image_url: str | None = None
    properties: Json = {}
    channels: Json = {}
    created: str
    updated: str | None = None


class ConversationRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as of its last event."""

    id: str
    application_id: str
    name: str
    display_name: str | None = None
    image_url: str | None = None
    state: Literal["ACTIVE", "INACTIVE", "DELETED"] = "ACTIVE"
    properties: Json = {}
    numbers: list[Json] = []
    callback: Callback | None = None
    empty_since: str | None = None
    """Since when nobody is INVITED or JOINED and no leg lives here; None while it is otherwise."""
    sequence_number: int = 0
    """The id of its last event."""
    position: int = 0
    """The place of its last fact in the log."""
    created: str
    updated: str | None = None
    destroyed: str | None = None

    @property
    def due(self) -> str | None:
        """When it goes unless somebody comes: `properties.ttl` seconds after it emptied. None is never."""
        ttl = self.properties.get("ttl")
        if self.empty_since is None or self.state == "DELETED":
            return None
        if isinstance(ttl, bool) or not isinstance(ttl, (int, float)) or not 0 < ttl <= MAX_TTL_S:
            return None
        return later(self.empty_since, ttl)


class MemberRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A user's membership of a conversation over one channel."""

    id: str
    application_id: str
    conversation_id: str
    user_id: str
    user_name: str
    user_display_name: str | None = None
    state: Literal["INVITED", "JOINED", "LEFT"]
    channel: Json
    media: Json = {}
    timestamp: dict[str, str] = {}
    """`invited`, `joined`, `left`: when it became so."""
    initiator: Json = {}
    invited_by: str | None = None
    expires: str | None = None
    """When an invitation that nobody takes is over."""
    knocking_id: str | None = None
    reason: Json = {}
    """`code` and `text` of its leaving."""

    @property
    def due(self) -> str | None:
        """When it leaves unless it joins; None when it is not invited, or for good."""
        return self.expires if self.state == "INVITED" else None


class EventRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A fact in a conversation's log."""

    conversation_id: str
    application_id: str
    position: int
    """Its place among all facts of the conversation, from 1, without gaps; 0 for what is kept nowhere."""
    id: int | None
    """Its public number, from 1, without gaps; None for facts that the published numbering leaves out."""
    type: str
    from_: str | None = None
    """The member it is about or from."""
    to: str | None = None
    timestamp: str
    body: Json
    state: Json = {}
    """Who has it: `delivered_to` and `seen_by`, each from member to time; changed after the fact."""
    deleted: str | None = None
    """When its content was taken out of the body; None while it is there."""

    @property
    def leg_id(self) -> str | None:
        """The leg that comes into the conversation with this fact (leg:created)."""
        return self.body["leg"]["id"] if self.type == "leg:created" else None
