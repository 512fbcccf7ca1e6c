"""What may be written about a conversation (Conversation API, conversations)."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from gateway.api.fields import Label, Url, check_size
from gateway.forms import ANY_SIP_URI, WEBSOCKET_URL
from gateway.ports import ConversationChange, NewConversation
from gateway.store.records import Callback, Json

MAX_NUMBERS = 100
"""Entries of `numbers`: twice as many as one conference has participants (documented limits)."""

Name = Annotated[str, Meta(min_length=1, max_length=100)]
DisplayName = Annotated[str, Meta(max_length=50)]


class Properties(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`properties` of a conversation."""

    ttl: Annotated[int, Meta(ge=0, le=2**31)] | None = None
    """Seconds that an empty conversation stays."""
    type: Label | None = None
    custom_sort_key: Label | None = None
    custom_data: dict[str, Any] | None = None
    video: bool | None = None
    """Of /beta; kept and shown."""
    speaking_detection_level: Annotated[int, Meta(ge=0, le=127)] | None = None
    """Of /beta: how many decibels below full scale a sound may be and still be somebody who speaks, which
    `audio:speaking:on` and `audio:speaking:off` then tell, with how loud it is at that moment: `level_dbov`,
    -127 to 0. They are not told at 0, as when left out."""


class PhoneNumber(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="phone"):
    """A telephone number of a conversation."""

    number: Label


class WhatsappNumber(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="whatsapp-voice"):
    """A WhatsApp number of a conversation."""

    number: Label


class SipNumber(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="sip"):
    """A SIP address of a conversation. The password is kept and never shown."""

    uri: Annotated[str, Meta(max_length=200, pattern=ANY_SIP_URI)]
    username: Label | None = None
    password: Label | None = None


class AppNumber(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="app"):
    """A user of a conversation."""

    user: Label | None = None


class WebsocketNumber(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="websocket"
):
    """A websocket of a conversation."""

    uri: Annotated[str, Meta(max_length=200, pattern=WEBSOCKET_URL)]
    content_type: Label | None = None


class VbcNumber(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="vbc"):
    """An extension of a conversation."""

    extension: Label


Number = PhoneNumber | WhatsappNumber | SipNumber | AppNumber | WebsocketNumber | VbcNumber
Numbers = Annotated[list[Number], Meta(max_length=MAX_NUMBERS)]


class CallbackParams(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """`params` of a callback."""

    application_id: Label | None = None
    ncco_url: Url | None = msgspec.field(name="ncco_url", default=None)


class ConversationCallback(msgspec.Struct, frozen=True, kw_only=True):
    """`callback` of a conversation."""

    url: Url
    event_mask: Label | None = None
    params: CallbackParams | None = None
    method: Literal["POST", "GET"] = "POST"

    def record(self) -> Callback:
        """As it is kept."""
        return Callback(
            url=self.url,
            method=self.method,
            event_mask=self.event_mask or "",
            params=msgspec.to_builtins(self.params) if self.params else {},
        )


class CreateConversation(msgspec.Struct, frozen=True, kw_only=True):
    """POST /conversations: every field may be left out, or null."""

    name: Name | None = None
    display_name: DisplayName | None = None
    image_url: Url | None = None
    properties: Properties | None = None
    numbers: Numbers | None = None
    callback: ConversationCallback | None = None

    def new(self) -> NewConversation:
        """What is asked for. Raises Invalid."""
        return NewConversation(
            name=self.name,
            display_name=self.display_name,
            image_url=self.image_url,
            properties=_properties(self.properties),
            numbers=msgspec.to_builtins(self.numbers or []),
            callback=self.callback.record() if self.callback else None,
        )


class UpdateConversation(msgspec.Struct, frozen=True, kw_only=True):
    """PUT and PATCH /conversations/{id}: what is left out stays as it is, null takes it away.

    `properties` is one field: what it holds afterwards is what stands in it, and nothing of before.
    """

    name: Name | UnsetType = UNSET
    display_name: DisplayName | UnsetType | None = UNSET
    image_url: Url | UnsetType | None = UNSET
    properties: Properties | UnsetType | None = UNSET
    numbers: Numbers | UnsetType | None = UNSET
    callback: ConversationCallback | UnsetType | None = UNSET

    def change(self) -> ConversationChange:
        """What is asked for. Raises Invalid."""
        return ConversationChange(
            name=self.name,
            display_name=self.display_name,
            image_url=self.image_url,
            properties=UNSET if self.properties is UNSET else _properties(self.properties),
            numbers=UNSET if self.numbers is UNSET else msgspec.to_builtins(self.numbers or []),
            callback=self.callback.record()
            if isinstance(self.callback, ConversationCallback)
            else self.callback,
        )


def _properties(properties: Properties | None) -> Json:
    kept: Json = msgspec.to_builtins(properties) if properties is not None else {}
    check_size("properties", kept)
    return kept
