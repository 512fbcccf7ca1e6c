"""What a leg is to do, known before it lives."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.calls.messages import Fetch, Given
from gateway.conversation.detection import Detection
from gateway.legs.line import Line, Summons
from gateway.ports import NewConversation
from gateway.store.records import Json, Question, Webhook

if TYPE_CHECKING:
    from gateway.calls.live_leg import LiveLeg

CALL_CONVERSATION = NewConversation(properties={"ttl": 172_800})
"""The conversation that a call begins in: it may be forgotten two days after its last member left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a leg is to do from the start."""

    line: Line
    """What carries it."""
    parent: "LiveLeg | None" = None
    """The leg whose script dials it."""
    predecessor: "LiveLeg | None" = None
    """The leg whose place it takes when it is answered."""
    summons: Summons | None = None
    """Whom to dial; None for an inbound leg."""
    first: Given | Fetch | None = None
    """What its script begins with once it is answered (outbound) or at once (inbound).

    A leg that a script dials hears it on its own, and joins its parent at the end of it.

    An inbound leg without it rings until it is let in somewhere, as long as `ringing_s`."""
    headers: Json = field(default_factory=dict)
    """X- headers of an inbound INVITE, for the answer webhook."""
    ringing_s: float = 60
    length_s: float = 7200
    digits_on_answer: str = ""
    """Keys to press once it answers; p is a pause."""
    question: Question | None = None
    """Which of its webhooks may be replied to with an NCCO for its parent."""
    detection: Detection | None = None
    """Whether to find out if a machine answers."""
    hops: int = 0
    """Through how many own numbers its call has come."""
    client_ref: str | None = None
    """What the application calls the leg."""
    webhook: Webhook | None = None
    """Where its events go, when not to the application's event_url."""

    @property
    def companion(self) -> "LiveLeg | None":
        """Into whose conversation it is called; it begins one of its own when None."""
        return self.parent or self.predecessor
