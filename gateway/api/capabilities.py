"""`capabilities` of an application, typed: what each product may be told (Application API v2).

What is not listed here, members of capabilities and whole capabilities, is kept and shown as it came.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from gateway.api.fields import Method, Url

CONNECT_TIMEOUT = Annotated[int, Meta(ge=300, le=1000)]
ANSWER_TIMEOUT = Annotated[int, Meta(ge=1000, le=5000)]
EVENT_TIMEOUT = Annotated[int, Meta(ge=1000, le=10_000)]
LegDays = Annotated[int, Meta(ge=1, le=31)]
"""For how many days a leg can be looked up."""
Hours = Annotated[int, Meta(ge=0, le=9000)]
"""Of a named conversation; 0 is for ever. The sources disagree about the most: this is the largest."""
Region = Literal["na-east", "na-west", "eu-east", "eu-west", "apac-sng", "apac-australia"]


class WebhookUrl(msgspec.Struct, frozen=True, kw_only=True):
    """Where a webhook goes."""

    address: Url
    http_method: Method | None = None


class AnswerUrl(WebhookUrl, frozen=True, kw_only=True):
    """Where an NCCO is asked for, and how long that may take in milliseconds."""

    connect_timeout: CONNECT_TIMEOUT | None = None
    connection_timeout: CONNECT_TIMEOUT | None = None
    socket_timeout: ANSWER_TIMEOUT | None = None


class EventUrl(WebhookUrl, frozen=True, kw_only=True):
    """Where events go, and how long that may take in milliseconds."""

    connect_timeout: CONNECT_TIMEOUT | None = None
    connection_timeout: CONNECT_TIMEOUT | None = None
    socket_timeout: EVENT_TIMEOUT | None = None


class PostedUrl(msgspec.Struct, frozen=True, kw_only=True):
    """Where messages go."""

    address: Url
    http_method: Literal["POST"] | None = None


class VoiceWebhooks(msgspec.Struct, frozen=True):
    """The URLs of a voice application."""

    answer_url: AnswerUrl | None = None
    fallback_answer_url: AnswerUrl | None = None
    event_url: EventUrl | None = None


class Voice(msgspec.Struct, frozen=True):
    """`voice`: calls."""

    webhooks: VoiceWebhooks | None = None
    signed_callbacks: bool | None = None
    conversations_ttl: Hours | None = None
    conversation_ttl: Hours | None = None
    leg_persistence_time: LegDays | None = None
    region: Region | None = None
    payment_enabled: bool | None = None
    payments: dict[str, Any] | None = None


class RtcWebhooks(msgspec.Struct, frozen=True):
    """The URL of an application that follows its conversations."""

    event_url: EventUrl | None = None


class Rtc(msgspec.Struct, frozen=True):
    """`rtc`: conversations."""

    webhooks: RtcWebhooks | None = None
    signed_callbacks: bool | None = None
    leg_persistence_time: LegDays | None = None


class MessagesWebhooks(msgspec.Struct, frozen=True):
    """The URLs of an application that sends messages."""

    inbound_url: PostedUrl | None = None
    status_url: PostedUrl | None = None


class Messages(msgspec.Struct, frozen=True):
    """`messages`."""

    version: str | None = None
    webhooks: MessagesWebhooks | None = None
    authenticate_inbound_media: bool | None = None


class VerifyWebhooks(msgspec.Struct, frozen=True):
    """The URL of an application that verifies users."""

    status_url: PostedUrl | None = None


class Verify(msgspec.Struct, frozen=True):
    """`verify`."""

    version: str | None = None
    webhooks: VerifyWebhooks | None = None


class Capabilities(msgspec.Struct, frozen=True):
    """The capabilities whose members are known. The gateway acts on voice and rtc."""

    voice: Voice | None = None
    rtc: Rtc | None = None
    messages: Messages | None = None
    verify: Verify | None = None
    vbc: dict[str, Any] | None = None
    meetings: dict[str, Any] | None = None
    video: dict[str, Any] | None = None
    network_apis: dict[str, Any] | None = None


SIGNED = ("voice", "rtc")
"""The capabilities whose webhooks can be signed."""


def with_signing(capabilities: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """The capabilities with `signed_callbacks` said: on, unless they or those before say otherwise."""
    said = dict(capabilities)
    for name in SIGNED:
        wanted = said.get(name)
        if isinstance(wanted, dict) and wanted.get("signed_callbacks") is None:
            usual = (before.get(name) or {}).get("signed_callbacks", True)
            said[name] = {**wanted, "signed_callbacks": usual}
    return said
