"""What the HTTP interface asks of the rest of the gateway, as small protocols.

The handlers read from the `Store` and change things only through these; `gateway.app` plugs the real ones in.
"""

from collections.abc import AsyncIterator
from typing import Any, Literal, Protocol

import msgspec
from msgspec import UNSET, UnsetType

from gateway.conversation.client_events import ClientBody
from gateway.conversation.detection import Detection
from gateway.ncco.schema import Ncco
from gateway.routing.endpoints import Endpoint, PhoneEndpoint
from gateway.store.records import (
    ApplicationRecord,
    Callback,
    ConversationRecord,
    EventRecord,
    LegRecord,
    MemberRecord,
    Transcription,
    UserRecord,
    Webhook,
)


class NewConversation(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation to create; every field may be left out."""

    name: str | None = None
    display_name: str | None = None
    image_url: str | None = None
    properties: dict[str, Any] = {}
    numbers: list[dict[str, Any]] = []
    callback: Callback | None = None


class ConversationChange(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a conversation: UNSET leaves a field as it is, None takes it away."""

    name: str | UnsetType = UNSET
    display_name: str | UnsetType | None = UNSET
    image_url: str | UnsetType | None = UNSET
    properties: dict[str, Any] | UnsetType = UNSET
    numbers: list[dict[str, Any]] | UnsetType = UNSET
    callback: Callback | UnsetType | None = UNSET


class NewMember(msgspec.Struct, frozen=True, kw_only=True):
    """A member to invite or to join. The user is named by `user_id` or by `user_name`."""

    state: Literal["INVITED", "JOINED"]
    user_id: str | None = None
    user_name: str | None = None
    channel: dict[str, Any]
    media: dict[str, Any] = {}
    knocking_id: str | None = None
    invited_by: str | None = None
    """The member that invites, for `invited_by` and `initiator`."""
    by_user: bool = False
    """The user joins on their own account, not the system for them."""


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody who knocks is let in, and as whom."""

    conversation_id: str
    user: UserRecord
    muted: bool = False


class MemberChange(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a member."""

    state: Literal["JOINED", "LEFT"]
    channel: dict[str, Any] | None = None
    """Of a member that joins, when it joins over another channel than it was invited to."""
    media: dict[str, Any] | None = None
    reason: dict[str, Any] = {}
    """`code` and `text` of a leaving."""
    by_member: str | None = None
    """The member that asks, for `initiator`; the system when None."""


class NewUser(msgspec.Struct, frozen=True, kw_only=True):
    """A user to create; every field may be left out."""

    name: str | None = None
    display_name: str | None = None
    image_url: str | None = None
    properties: dict[str, Any] = {}
    channels: dict[str, Any] = {}


class UserChange(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a user: UNSET leaves a field as it is, None takes it away."""

    name: str | UnsetType = UNSET
    display_name: str | UnsetType | None = UNSET
    image_url: str | UnsetType | None = UNSET
    properties: dict[str, Any] | UnsetType = UNSET
    channels: dict[str, Any] | UnsetType = UNSET


class NewEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that a client posts."""

    type: str
    from_: str | None = None
    to: str | None = None
    body: ClientBody = {}
    """As `client_events.body_type` has it for the type."""


class Speech(msgspec.Struct, frozen=True, kw_only=True):
    """Something to say."""

    text: str
    language: str = "en-US"
    style: int = 0
    level: float = 0.0
    loop: int = 1
    """0 until it is stopped."""
    also: dict[str, Any] = {}
    """What else the fact says; it changes nothing."""


class Sound(msgspec.Struct, frozen=True, kw_only=True):
    """Something to play."""

    url: str
    level: float = 0.0
    loop: int = 1
    also: dict[str, Any] = {}
    """What else the fact says; it changes nothing."""


class NewCall(msgspec.Struct, frozen=True, kw_only=True):
    """An outbound call to create: exactly one of `ncco` and `answer` is set."""

    to: Endpoint
    from_: PhoneEndpoint | None = None
    random_from_number: bool = False
    ncco: Ncco | None = None
    answer: Webhook | None = None
    event: Webhook | None = None
    """Where the events go; the application's event_url when None."""
    detection: Detection | None = None
    """Whether to find out if a machine answers."""
    ringing_timer_s: int = 60
    length_timer_s: int = 7200
    client_ref: str | None = None
    """What the application calls it, for the webhook of its first status."""


class Conversations(Protocol):
    """Conversations, as REST changes and follows them."""

    async def create_conversation(self, application_id: str, new: NewConversation) -> ConversationRecord:
        """Raises Conflict for a name that is taken."""
        ...

    async def update_conversation(
        self, application_id: str, conversation_id: str, change: ConversationChange
    ) -> ConversationRecord:
        """Raises NotFound, and Conflict for a name that is taken."""
        ...

    async def delete_conversation(self, application_id: str, conversation_id: str) -> None:
        """Every member leaves, live legs are hung up, the name is free again. Raises NotFound."""
        ...

    def follow(self, application_id: str, conversation_id: str | None) -> AsyncIterator[EventRecord]:
        """The application's facts, or one conversation's, as they become true, until it is closed."""
        ...


class Members(Protocol):
    """Members, as REST changes them."""

    async def add_member(self, application_id: str, conversation_id: str, new: NewMember) -> MemberRecord:
        """Raises NotFound (conversation, user) and Invalid (already joined, too many)."""
        ...

    async def update_member(
        self, application_id: str, conversation_id: str, member_id: str, change: MemberChange
    ) -> MemberRecord:
        """Raises NotFound, and Invalid for a member that has left or joined already."""
        ...


class Users(Protocol):
    """Users, as REST changes them."""

    async def create_user(self, application_id: str, new: NewUser) -> UserRecord:
        """Raises Conflict for a name that is taken."""
        ...

    async def update_user(self, application_id: str, user_id: str, change: UserChange) -> UserRecord:
        """Raises NotFound, and Conflict for a name that is taken. Members keep the name they came with."""
        ...

    async def delete_user(self, application_id: str, user_id: str) -> None:
        """Every member of the user leaves; the name is free again. Raises NotFound."""
        ...


class Events(Protocol):
    """Events, as REST posts and deletes them."""

    async def post_event(self, application_id: str, conversation_id: str, new: NewEvent) -> EventRecord:
        """The fact that comes of it. Raises NotFound (conversation, member, leg, event) and Invalid.

        An ephemeral event has no `id`: it is told to followers and kept nowhere.
        """
        ...

    async def delete_event(
        self, application_id: str, conversation_id: str, event_id: int, by_member: str | None
    ) -> None:
        """Empty an event's body; the event keeps its id. Raises NotFound and Forbidden."""
        ...


class Calls(Protocol):
    """Calls, as REST steers them."""

    async def create(self, application: ApplicationRecord, new: NewCall) -> LegRecord:
        """Start an outbound call; its first record. Raises Invalid, Throttled and Unavailable."""
        ...

    async def hang_up(self, application_id: str, leg_id: str) -> None:
        """Raises NotFound; Invalid when the leg is over."""
        ...

    async def remove(self, application_id: str, leg_id: str) -> None:
        """Take a leg out of lists for good, hanging it up when it lives. Raises NotFound."""
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

    async def follow_digits(self, application_id: str, leg_id: str, webhook: Webhook | None) -> None:
        """Post each digit there as it is pressed; nowhere when None. Raises NotFound; Invalid when over."""
        ...


class Everybody(msgspec.Struct, frozen=True, kw_only=True):
    """Where audio goes: to all that are in a conversation."""

    conversation_id: str


class OneLeg(msgspec.Struct, frozen=True, kw_only=True):
    """Where audio goes: to one leg."""

    leg_id: str


Audience = Everybody | OneLeg


class NewRecording(msgspec.Struct, frozen=True, kw_only=True):
    """A recording to start."""

    format: Literal["wav", "mp3", "ogg"] = "mp3"
    channels: int = 1
    """1 is the mono mix."""
    beep_start: bool = False
    beep_stop: bool = False
    limit_s: float | None = None
    """How long at most."""
    keep_days: float | None = None
    """When the file may go; None is as the operator has it."""
    event: Webhook | None = None
    transcription: Transcription | None = None
    """How it is to be transcribed, if it is."""
    also: dict[str, Any] = {}
    """What else the fact says; it changes nothing."""


class Studio(Protocol):
    """What sounds in conversations and legs, and what is recorded of them, as REST steers it.

    Every start is a fact first (`audio:say`, `audio:play`, `audio:record`); every end is one too
    (`audio:say:done` …). Raises NotFound for what is absent, over, or another application's, and Invalid for
    a leg that is not answered.
    """

    async def say(
        self, application_id: str, audience: Audience, speech: Speech, by: str | None = None
    ) -> EventRecord:
        """Speak: the fact `audio:say`, with its `say_id`. `by` is the member that wants it."""
        ...

    async def play(
        self, application_id: str, audience: Audience, sound: Sound, by: str | None = None
    ) -> EventRecord:
        """Play an audio file from a URL: the fact `audio:play`, with its `play_id`."""
        ...

    async def hush(
        self,
        application_id: str,
        audience: Audience,
        what: Literal["say", "play"],
        sound_id: str | None = None,
    ) -> None:
        """Stop one thing that is spoken or played there, or all that REST lets sound there."""
        ...

    async def dial_digits(
        self, application_id: str, leg_id: str, digits: str, by: str | None = None
    ) -> EventRecord:
        """Send DTMF to a leg: the fact `audio:dtmf`, with its `dtmf_id`."""
        ...

    async def record(
        self, application_id: str, audience: Audience, new: NewRecording, by: str | None = None
    ) -> EventRecord:
        """Record a conversation, or a leg and what it hears: the fact `audio:record` with `recording_id`."""
        ...

    async def stop_recording(
        self, application_id: str, audience: Audience, recording_id: str | None = None
    ) -> None:
        """Stop one recording of what `record` started there, or all of it."""
        ...
