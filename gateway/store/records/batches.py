"""What is written at once, with the webhooks that it owes."""

from typing import Literal

import msgspec

from gateway.store.records.common import Json, Webhook
from gateway.store.records.conversations import ConversationRecord, EventRecord, MemberRecord, UserRecord
from gateway.store.records.files import MediaRecord, RecordingRecord, ReportRecord
from gateway.store.records.legs import LegRecord


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook that is owed to an application: a row of the outbox."""

    id: str
    """Stable over all attempts: the receiver's key against duplicates."""
    application_id: str
    stream: str
    """Deliveries of one stream (a leg, a conversation) to one host go out one after the other."""
    order: int
    """Grows with every delivery that the gateway makes."""
    webhook: Webhook
    payload: Json
    signed_for: str | None = None
    """The api key whose signature secret signs it; None leaves it unsigned."""
    wants_reply: bool = False
    """The answer may carry an NCCO: the fallback URL stands in when this one fails."""
    fallback: Webhook | None = None
    state: Literal["pending", "delivered", "dead"] = "pending"
    attempts: int = 0
    due_at: float = 0.0
    """Wall clock seconds; not before."""
    created: str


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes true at once: one database transaction."""

    events: list[EventRecord] = []
    """New facts."""
    rewritten: list[EventRecord] = []
    """Facts that stand already: seen, delivered, emptied. Position, id and type stay."""
    conversations: list[ConversationRecord] = []
    members: list[MemberRecord] = []
    legs: list[LegRecord] = []
    users: list[UserRecord] = []
    recordings: list[RecordingRecord] = []
    deliveries: list[Delivery] = []
    revised: list[Delivery] = []
    """Deliveries that stand already and say something else: of each only the payload changes."""
    media: "list[MediaRecord]" = []
    reports: "list[ReportRecord]" = []
