"""What the HTTP interface asks of the rest of the gateway, as two small protocols.

The handlers read from the `Store` and change things only through these; `gateway.app` plugs the real ones in.
"""

from collections.abc import AsyncIterator
from typing import Any, Literal, Protocol

import msgspec

from gateway.ncco.schema import Ncco
from gateway.routing.endpoints import Endpoint, PhoneEndpoint
from gateway.store.records import (
    ApplicationRecord,
    ConversationRecord,
    EventRecord,
    LegRecord,
    MemberRecord,
    Webhook,
)


class NewConversation(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation to create; every field may be left out."""

    name: str | None = None
    display_name: str | None = None
    image_url: str | None = None
    properties: dict[str, Any] = {}
    numbers: list[dict[str, Any]] = []


class NewMember(msgspec.Struct, frozen=True, kw_only=True):
    """A member to invite or to join. The user is named by `user_id` or by `user_name`."""

    state: Literal["INVITED", "JOINED"]
    user_id: str | None = None
    user_name: str | None = None
    channel: dict[str, Any]
    media: dict[str, Any] = {}
    knocking_id: str | None = None
    invited_by: str | None = None


class NewEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that a client posts."""

    type: str
    from_: str | None = None
    to: str | None = None
    body: dict[str, Any] = {}


class NewCall(msgspec.Struct, frozen=True, kw_only=True):
    """An outbound call to create: exactly one of `ncco` and `answer` is set."""

    to: Endpoint
    from_: PhoneEndpoint | None = None
    random_from_number: bool = False
    ncco: Ncco | None = None
    answer: Webhook | None = None
    event: Webhook | None = None
    """Where the events go; the application's event_url when None."""
    ringing_timer_s: int = 60
    length_timer_s: int = 7200


class Conversations(Protocol):
    """Conversations, as the switchboard changes them."""

    async def create_conversation(self, application_id: str, new: NewConversation) -> ConversationRecord:
        """Raises Conflict for a name that is taken."""
        ...

    async def add_member(self, application_id: str, conversation_id: str, new: NewMember) -> MemberRecord:
        """Raises NotFound (conversation, user) and Invalid (already joined)."""
        ...

    async def post_event(self, application_id: str, conversation_id: str, new: NewEvent) -> EventRecord:
        """Raises NotFound (conversation, member) and Invalid (unknown type, wrong body)."""
        ...

    def follow(self, application_id: str, conversation_id: str | None) -> AsyncIterator[EventRecord]:
        """The application's facts, or one conversation's, as they become true, until it is closed."""
        ...


class Calls(Protocol):
    """Calls, as REST steers them."""

    async def create(self, application: ApplicationRecord, new: NewCall) -> LegRecord:
        """Start an outbound call; its first record. Raises Invalid, Throttled and Unavailable."""
        ...

    async def hang_up(self, application_id: str, leg_id: str) -> None:
        """Raises NotFound; Invalid when the leg is over."""
        ...

    async def set_audio(
        self, application_id: str, leg_id: str, *, muted: bool | None = None, earmuffed: bool | None = None
    ) -> None:
        """Mute or earmuff; None leaves as it is. Raises NotFound; Invalid when the leg is over."""
        ...

    async def transfer(
        self,
        application: ApplicationRecord,
        leg_id: str,
        *,
        ncco: Ncco | None = None,
        answer: Webhook | None = None,
    ) -> None:
        """Move the leg into a conversation of its own that runs a new NCCO."""
        ...
