"""What may be written about a member (Conversation API, members).

The first generation asks by `action` and with flat user fields, the later one by `state` and with a `user`.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, field

from gateway.api.fields import Label, check_size
from gateway.api.validation import invalid
from gateway.api.versions import Version
from gateway.ports import MemberChange, NewMember
from gateway.store.records import Json

MAX_WAIT_MS = 7_200_000
"""Milliseconds of `ring_timeout` and `max_length`: no call lasts longer (documented limits)."""

Milliseconds = Annotated[int, Meta(ge=0, le=MAX_WAIT_MS)]
ChannelType = Literal[
    "app",
    "phone",
    "sip",
    "websocket",
    "vbc",
    "sms",
    "mms",
    "whatsapp",
    "viber",
    "messenger",
    "whatsapp-voice",
]


class Channel(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    rename={"from_": "from", "content_type": "content-type"},
):
    """How a member takes part, and over what (channels)."""

    type: ChannelType
    id: Label | None = None
    leg_id: Label | None = None
    leg_ids: list[Any] | None = None
    legs: list[dict[str, Any]] | None = None
    leg_settings: dict[str, Any] | None = None
    from_: dict[str, Any] | None = None
    to: dict[str, Any] | None = None
    headers: dict[str, Any] | None = None
    content_type: Label | None = None
    cpa: bool | None = None
    cpa_time: Milliseconds | None = None
    preanswer: bool | None = None
    ring_timeout: Milliseconds | None = None
    max_length: Milliseconds | None = None
    can_hear: list[Label] | None = None
    can_speak: list[Label] | None = None
    knocking_id: Label | None = None


class AudioSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`audio_settings` of a member's media."""

    enabled: bool | None = None
    earmuffed: bool | None = None
    muted: bool | None = None


class Media(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`media` of a member."""

    audio: bool | AudioSettings | None = None
    audio_settings: AudioSettings | None = None


class Reason(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a member leaves."""

    code: Label | None = None
    text: Label | None = None


class UserReference(msgspec.Struct, frozen=True):
    """`user`: by id or by name."""

    id: Label | None = None
    name: Label | None = None


class MemberRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What all versions say of a new member."""

    channel: Channel
    media: Media | None = None
    knocking_id: Label | None = None
    member_id_inviting: Label | None = None
    from_: Label | None = field(name="from", default=None)
    """The member that asks; one that was invited, when it joins."""

    @property
    def named_member(self) -> str | None:
        """The member who was invited and joins now, if it is said which."""
        return self.from_

    @property
    def inviting(self) -> str | None:
        """The member that invites, if it is said who."""
        return self.member_id_inviting or self.from_

    def new(self) -> NewMember:
        """What is asked for. Raises Invalid when the user is not named."""
        raise NotImplementedError

    def _new(self, state: Literal["INVITED", "JOINED"], user_id: str | None, name: str | None) -> NewMember:
        return NewMember(
            state=state,
            user_id=user_id,
            user_name=name,
            channel=kept(self.channel, "channel"),
            media=kept(self.media, "media"),
            knocking_id=self.knocking_id,
        )


class CreateMember(MemberRequest, frozen=True, kw_only=True):
    """POST members of /v0.3 and /v1."""

    state: Literal["invited", "joined"]
    user: UserReference

    def new(self) -> NewMember:
        """What is asked for. Raises Invalid when the user is not named."""
        if self.user.id is None and self.user.name is None:
            raise invalid("user", "must contain at least one of [id, name]")
        return self._new("JOINED" if self.state == "joined" else "INVITED", self.user.id, self.user.name)


class ActOnMember(MemberRequest, frozen=True, kw_only=True):
    """POST members of /beta and /v0.1."""

    action: Literal["invite", "join"]
    user_id: Label | None = None
    user_name: Label | None = None
    member_id: Label | None = None

    @property
    def named_member(self) -> str | None:
        """The member who was invited and joins now, if it is said which."""
        return self.member_id or self.from_

    def new(self) -> NewMember:
        """What is asked for. Raises Invalid when the user is not named."""
        if self.user_id is None and self.user_name is None:
            raise invalid("user_id", "is required")
        return self._new("JOINED" if self.action == "join" else "INVITED", self.user_id, self.user_name)


class MemberChangeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What all versions say of a member that changes."""

    channel: Channel | None = None
    media: Media | None = None
    reason: Reason | None = None
    from_: Label | None = field(name="from", default=None)

    def change(self) -> MemberChange:
        """What is asked for. Raises Invalid."""
        raise NotImplementedError

    def _change(self, state: Literal["JOINED", "LEFT"]) -> MemberChange:
        return MemberChange(
            state=state,
            channel=kept(self.channel, "channel") or None,
            media=kept(self.media, "media") or None,
            reason=kept(self.reason, "reason"),
        )


class UpdateMember(MemberChangeRequest, frozen=True, kw_only=True):
    """PUT and PATCH members/{id} of /v0.3 and /v1."""

    state: Literal["joined", "left"]

    def change(self) -> MemberChange:
        """What is asked for. Raises Invalid."""
        return self._change("JOINED" if self.state == "joined" else "LEFT")


class ActOnKnownMember(MemberChangeRequest, frozen=True, kw_only=True):
    """PUT and PATCH members/{id} of /beta and /v0.1."""

    action: Literal["join", "leave"]

    def change(self) -> MemberChange:
        """What is asked for. Raises Invalid."""
        return self._change("JOINED" if self.action == "join" else "LEFT")


class DeleteMember(msgspec.Struct, frozen=True):
    """DELETE members/{id}, in its query."""

    from_: Label | None = field(name="from", default=None)
    reason_code: Label | None = None
    reason_text: Label | None = None

    def change(self) -> MemberChange:
        """What is asked for."""
        reason = Reason(code=self.reason_code, text=self.reason_text)
        return MemberChange(state="LEFT", reason=kept(reason, "reason"))


def kept(part: msgspec.Struct | None, name: str) -> Json:
    """A part of a body as it is kept. Raises Invalid for one that is too large."""
    plain: Json = msgspec.to_builtins(part) if part is not None else {}
    check_size(name, plain)
    return plain


def creation(version: Version) -> type[MemberRequest]:
    """What a new member is asked for with."""
    return ActOnMember if version.actions else CreateMember


def alteration(version: Version) -> type[MemberChangeRequest]:
    """What a change of a member is asked for with."""
    return ActOnKnownMember if version.actions else UpdateMember
