"""Bodies of the first generation of chat: text, image, typing."""

from typing import Literal

from gateway.conversation.client_events.body import Body, EventId, Label, Part, Text, Url


class TextBody(Body, frozen=True, kw_only=True):
    """`text`."""

    text: Text
    language: Label | None = None
    channels: list[Literal["sms", "app"]] | None = None


class TextUpdate(Body, frozen=True, kw_only=True):
    """`text:update`: another text for one that was posted before."""

    text: Text
    original_event_id: EventId | None = None


class Typing(Body, frozen=True, kw_only=True):
    """`text:typing:on` and `text:typing:off`."""

    activity: int | None = None
    event_id: EventId | None = None


class Picture(Part, frozen=True, kw_only=True):
    """An image in one size."""

    url: Url | None = None
    id: Label | None = None
    type: Label | None = None
    size: int | None = None


class Representations(Part, frozen=True, kw_only=True):
    """An image in the sizes in which it was uploaded."""

    id: Label | None = None
    original: Picture | None = None
    medium: Picture | None = None
    thumbnail: Picture | None = None


class ImageBody(Body, frozen=True, kw_only=True):
    """`image`."""

    representations: Representations
