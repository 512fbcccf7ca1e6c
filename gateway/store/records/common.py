"""What several records are made of."""

from typing import Any, Literal

import msgspec

Json = dict[str, Any]

MAX_TTL_S = 100 * 365 * 86_400
"""A `ttl` above a hundred years is for ever: no date has to hold it."""


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """Where a webhook goes and how long it may take (Voice API, webhook reference).

    One that a call or an NCCO names gets its times from the application, when it is sent.
    """

    address: str
    http_method: Literal["GET", "POST"] = "POST"
    connect_timeout_ms: int = 1000
    socket_timeout_ms: int = 5000


class Transcription(msgspec.Struct, frozen=True, kw_only=True):
    """How a recording is to be transcribed (Voice API, recording)."""

    language: str = "en-US"
    webhook: Webhook | None = None
    """Where its webhook goes; where that of the recording goes when None."""
    sentiment: bool = False
    """Wished for, and not served: kept for the record."""


class Callback(msgspec.Struct, frozen=True, kw_only=True):
    """`callback` of a conversation: where its events go besides the application's rtc event_url."""

    url: str
    method: Literal["GET", "POST"] = "POST"
    event_mask: str = ""
    """Types of events, separated by commas or spaces, each exact or a prefix and `*`; "" is every one."""
    params: Json = {}
    """`applicationId` and `ncco_url`, kept and shown."""
