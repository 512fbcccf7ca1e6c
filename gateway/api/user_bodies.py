"""What may be written about a user (Users API)."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from gateway.api.fields import Label, Url, check_size
from gateway.api.versions import Version
from gateway.ports import NewUser, UserChange
from gateway.store.records import Json

MAX_CHANNELS = 100
"""Entries of one type of channel."""

Name = Annotated[str, Meta(min_length=1, max_length=100)]
DisplayName = Annotated[str, Meta(max_length=100)]


class UserProperties(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`properties` of a user."""

    custom_data: dict[str, Any] | None = None
    ttl: Annotated[int, Meta(ge=0, le=2**31)] | None = None


class PstnChannel(msgspec.Struct, frozen=True):
    """A telephone."""

    number: int | Label


class SipChannel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A SIP telephone. The password is kept and never shown."""

    uri: Label
    username: Label | None = None
    password: Label | None = None


class VbcChannel(msgspec.Struct, frozen=True):
    """An extension."""

    extension: Label


class WebsocketChannel(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"content_type": "content-type"}
):
    """A websocket."""

    uri: Label
    content_type: Label | None = None
    headers: dict[str, Any] | None = None


class NumberChannel(msgspec.Struct, frozen=True):
    """A number for messages."""

    number: Label


class MessengerChannel(msgspec.Struct, frozen=True):
    """A Messenger account."""

    id: Label


Pstns = Annotated[list[PstnChannel], Meta(max_length=MAX_CHANNELS)]
Sips = Annotated[list[SipChannel], Meta(max_length=MAX_CHANNELS)]
Vbcs = Annotated[list[VbcChannel], Meta(max_length=MAX_CHANNELS)]
Websockets = Annotated[list[WebsocketChannel], Meta(max_length=MAX_CHANNELS)]
NumberChannels = Annotated[list[NumberChannel], Meta(max_length=MAX_CHANNELS)]
Messengers = Annotated[list[MessengerChannel], Meta(max_length=MAX_CHANNELS)]


class UserChannels(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`channels` of a user: how they can be reached."""

    pstn: Pstns | None = None
    sip: Sips | None = None
    vbc: Vbcs | None = None
    websocket: Websockets | None = None
    sms: NumberChannels | None = None
    mms: NumberChannels | None = None
    whatsapp: NumberChannels | None = None
    viber: NumberChannels | None = None
    messenger: Messengers | None = None


class CreateUser(msgspec.Struct, frozen=True, kw_only=True):
    """POST /users: every field may be left out, or null."""

    name: Name | None = None
    display_name: DisplayName | None = None
    image_url: Url | None = None
    properties: UserProperties | None = None
    channels: UserChannels | None = None

    def new(self) -> NewUser:
        """What is asked for. Raises Invalid."""
        return NewUser(
            name=self.name,
            display_name=self.display_name,
            image_url=self.image_url,
            properties=_kept("properties", self.properties),
            channels=_kept("channels", self.channels),
        )


class CreateOldUser(CreateUser, frozen=True, kw_only=True):
    """POST /users of /beta and /v0.1, where a channel is an object of another form."""

    channels: dict[str, Any] | None = None  # type: ignore[assignment]


class UpdateUser(msgspec.Struct, frozen=True, kw_only=True):
    """PUT and PATCH /users/{id}: what is left out stays as it is, null takes it away."""

    name: Name | UnsetType = UNSET
    display_name: DisplayName | UnsetType | None = UNSET
    image_url: Url | UnsetType | None = UNSET
    properties: UserProperties | UnsetType | None = UNSET
    channels: UserChannels | UnsetType | None = UNSET

    def change(self) -> UserChange:
        """What is asked for. Raises Invalid."""
        return UserChange(
            name=self.name,
            display_name=self.display_name,
            image_url=self.image_url,
            properties=UNSET if self.properties is UNSET else _kept("properties", self.properties),
            channels=UNSET if self.channels is UNSET else _kept("channels", self.channels),
        )


class UpdateOldUser(UpdateUser, frozen=True, kw_only=True):
    """PUT and PATCH /users/{id} of /beta and /v0.1."""

    channels: dict[str, Any] | UnsetType | None = UNSET  # type: ignore[assignment]


def _kept(name: str, part: object) -> Json:
    """A part of a body as it is kept. Raises Invalid for one that is too large."""
    plain: Json = msgspec.to_builtins(part) if part is not None else {}
    check_size(name, plain)
    return plain


def creation(version: Version) -> type[CreateUser]:
    """What a new user is asked for with."""
    return CreateOldUser if version.actions else CreateUser


def alteration(version: Version) -> type[UpdateUser]:
    """What a change of a user is asked for with."""
    return UpdateOldUser if version.actions else UpdateUser
