"""Legs."""

from typing import Literal

import msgspec

from gateway.store.records.common import Json, Webhook

LegStatus = Literal[
    "started",
    "ringing",
    "answered",
    "completed",
    "busy",
    "cancelled",
    "failed",
    "rejected",
    "timeout",
    "unanswered",
]


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Which webhook of a leg may be answered with an NCCO, for the leg that dialled it."""

    id: str
    """Of its delivery."""
    statuses: tuple[str, ...]
    """It tells one of these; a leg comes to one of them at most."""


class LegRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A leg: one phone call, SIP call or websocket, in the conversation where it is now."""

    id: str
    application_id: str
    conversation_id: str
    member_id: str
    user_id: str
    user_name: str
    type: Literal["phone", "sip", "websocket", "app", "vbc"]
    direction: Literal["inbound", "outbound"]
    status: LegStatus
    from_: Json
    """`{type, number | uri | user}`."""
    to: Json
    created: str
    start_time: str | None = None
    """When it was answered."""
    end_time: str | None = None
    duration: int = 0
    """Whole seconds between answer and end."""
    reason: str | None = None
    """Why it ended, in the words of Conversation API, legs."""
    sip_code: int | None = None
    status_history: list[Json] = []
    muted: bool = False
    earmuffed: bool = False
    event_webhook: Webhook | None = None
    """Where its events go when not to the application's event_url."""
    headers: Json = {}
    """Of a websocket leg: echoed in its webhooks."""
    cpa: bool = False
    """Whether it is found out if a machine answers."""
    answered_by: Literal["human", "machine"] | None = None
    """Who did, as soon as that is known."""
    knocking_id: str | None = None
    """`knocker:<uuid>` of a caller who waits, or waited, to be let into a conversation."""
    dialog: Json | None = None
    """What a restarted gateway needs to end the SIP dialog."""
    client_ref: str | None = None
    """What the application called it when it placed the call."""
    quality: Json = {}
    """How its audio was, as its hangup event tells; empty until then, and where it had none."""
    question: Question | None = None
    """Where whoever dialled it waits for the reply to how it ended."""
