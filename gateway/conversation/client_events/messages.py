"""Bodies of `message`: one kind of message each, told apart by `message_type`."""

from typing import Annotated, Any

from msgspec import Meta

from gateway.conversation.client_events.body import Body, Label, Part, Url

LongText = Annotated[str, Meta(max_length=10_000)]
"""No limit is published for the text of a message; this is twice the longest of the channels behind it."""


class Resource(Part, frozen=True, kw_only=True):
    """A file by its URL."""

    url: Url
    caption: LongText | None = None
    name: Label | None = None


class WhatsappPolicy(Part, frozen=True, kw_only=True):
    """How WhatsApp chooses the language of a template."""

    policy: Label | None = None
    locale: Label | None = None


class Template(Part, frozen=True, kw_only=True):
    """A message that its channel knows by name."""

    name: Label
    parameters: Annotated[list[Any], Meta(max_length=100)] | None = None
    whatsapp: WhatsappPolicy | None = None


class Location(Part, frozen=True, kw_only=True):
    """A place. Clients write the coordinates as texts and as numbers."""

    longitude: Label | float
    latitude: Label | float
    name: Label | None = None
    address: Label | None = None


class Messenger(Part, frozen=True, kw_only=True):
    """Options of Messenger."""

    category: Label | None = None
    tag: Label | None = None


class Viber(Part, frozen=True, kw_only=True):
    """Options of Viber."""

    category: Label | None = None
    ttl: int | None = None
    type: Label | None = None


class Message(Body, frozen=True, kw_only=True, tag_field="message_type"):
    """`message`: what it is made of depends on `message_type`."""

    messenger: Messenger | None = None
    viber_service: Viber | None = None


class TextMessage(Message, frozen=True, kw_only=True, tag="text"):
    """A text."""

    text: LongText


class ImageMessage(Message, frozen=True, kw_only=True, tag="image"):
    """An image."""

    image: Resource


class AudioMessage(Message, frozen=True, kw_only=True, tag="audio"):
    """A sound."""

    audio: Resource


class VideoMessage(Message, frozen=True, kw_only=True, tag="video"):
    """A video."""

    video: Resource


class FileMessage(Message, frozen=True, kw_only=True, tag="file"):
    """A file of any kind."""

    file: Resource


class VcardMessage(Message, frozen=True, kw_only=True, tag="vcard"):
    """A visiting card, with an image where it has one."""

    vcard: Resource
    image: Resource | None = None


class TemplateMessage(Message, frozen=True, kw_only=True, tag="template"):
    """A template. Its WhatsApp policy stands inside the template or beside it."""

    template: Template
    whatsapp: WhatsappPolicy | None = None


class CustomMessage(Message, frozen=True, kw_only=True, tag="custom"):
    """Anything that the channel understands."""

    custom: dict[str, Any]


class LocationMessage(Message, frozen=True, kw_only=True, tag="location"):
    """A place."""

    location: Location


class RandomMessage(Message, frozen=True, kw_only=True, tag="random"):
    """A message of the application's own choosing, without content."""


AnyMessage = (
    TextMessage
    | ImageMessage
    | AudioMessage
    | VideoMessage
    | FileMessage
    | VcardMessage
    | TemplateMessage
    | CustomMessage
    | LocationMessage
    | RandomMessage
)
