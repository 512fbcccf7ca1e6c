"""What a leg is to do, known before it lives."""

import msgspec

from gateway.api.ports import NewConversation
from gateway.calls.messages import Fetch, Given
from gateway.legs.line import Summons
from gateway.store.records import Json, Webhook

CALL_CONVERSATION = NewConversation(properties={"ttl": 172_800})
"""The conversation that a call begins in: it may be forgotten two days after its last member left."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a leg is to do from the start."""

    summons: Summons | None = None
    """Whom to dial; None for an inbound leg."""
    first: Given | Fetch | None = None
    """What its script begins with once it is answered (outbound) or at once (inbound)."""
    headers: Json = {}
    """X- headers of an inbound INVITE, for the answer webhook."""
    ringing_s: float = 60
    length_s: float = 7200
    digits_on_answer: str = ""
    """Keys to press once it answers; p is a pause."""
    webhook: Webhook | None = None
    """Where its events go, when not to the application's event_url."""
