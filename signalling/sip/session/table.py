"""The states of a call, from the INVITE to its end."""

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where a call stands, on either side."""

    OFFERING = "offering"
    """INVITE sent or received; nothing but 100 so far."""
    EARLY = "early"
    """18x sent or received."""
    ANSWERING = "answering"
    """Our user answered; the 2xx waits for a PRACK (RFC 3262 section 3)."""
    ANSWERED = "answered"
    """We sent 2xx and wait for its ACK; no BYE may leave before (RFC 3261 section 15)."""
    ESTABLISHED = "established"
    MODIFYING = "modifying"
    """A re-INVITE of either side is under way."""
    TERMINATING = "terminating"
    """We gave up: CANCEL or BYE is under way, or waits for its moment."""
    ENDED = "ended"


class Input(StrEnum):
    """What moves a call. The first group comes from both sides, as verbs here and messages there."""

    RING = "18x"
    REFUSE = "300-699"
    BYE = "BYE received"
    CANCEL = "CANCEL received"
    DEFER = "2xx waits"
    ANSWER = "2xx sent"
    ACCEPT = "2xx received"
    ACK = "ACK received"
    NO_ACK = "no ACK in 64*T1"
    MODIFY = "re-INVITE"
    SETTLE = "re-INVITE over"
    RELEASE = "hang up"
    RELEASED = "release over"


TABLE: Mapping[tuple[State, Input], State] = {
    (State.OFFERING, Input.RING): State.EARLY,
    (State.OFFERING, Input.REFUSE): State.ENDED,
    (State.OFFERING, Input.CANCEL): State.ENDED,
    (State.OFFERING, Input.BYE): State.ENDED,
    (State.OFFERING, Input.ANSWER): State.ANSWERED,
    (State.OFFERING, Input.ACCEPT): State.ESTABLISHED,
    (State.OFFERING, Input.RELEASE): State.TERMINATING,
    (State.EARLY, Input.RING): State.EARLY,
    (State.EARLY, Input.REFUSE): State.ENDED,
    (State.EARLY, Input.CANCEL): State.ENDED,
    (State.EARLY, Input.BYE): State.ENDED,
    (State.EARLY, Input.DEFER): State.ANSWERING,
    (State.EARLY, Input.ANSWER): State.ANSWERED,
    (State.EARLY, Input.ACCEPT): State.ESTABLISHED,
    (State.EARLY, Input.RELEASE): State.TERMINATING,
    (State.ANSWERING, Input.ANSWER): State.ANSWERED,
    (State.ANSWERING, Input.REFUSE): State.ENDED,
    (State.ANSWERING, Input.CANCEL): State.ENDED,
    (State.ANSWERING, Input.BYE): State.ENDED,
    (State.ANSWERING, Input.RELEASE): State.TERMINATING,
    (State.ANSWERED, Input.ACK): State.ESTABLISHED,
    (State.ANSWERED, Input.NO_ACK): State.ENDED,
    (State.ANSWERED, Input.BYE): State.ENDED,
    (State.ANSWERED, Input.RELEASE): State.TERMINATING,
    (State.ESTABLISHED, Input.MODIFY): State.MODIFYING,
    (State.ESTABLISHED, Input.BYE): State.ENDED,
    (State.ESTABLISHED, Input.RELEASE): State.TERMINATING,
    (State.MODIFYING, Input.SETTLE): State.ESTABLISHED,
    (State.MODIFYING, Input.ACK): State.ESTABLISHED,
    (State.MODIFYING, Input.NO_ACK): State.ENDED,
    (State.MODIFYING, Input.BYE): State.ENDED,
    (State.MODIFYING, Input.RELEASE): State.TERMINATING,
    (State.TERMINATING, Input.RING): State.TERMINATING,
    (State.TERMINATING, Input.REFUSE): State.ENDED,
    (State.TERMINATING, Input.ACCEPT): State.TERMINATING,
    (State.TERMINATING, Input.ACK): State.TERMINATING,
    (State.TERMINATING, Input.NO_ACK): State.ENDED,
    (State.TERMINATING, Input.BYE): State.ENDED,
    (State.TERMINATING, Input.RELEASED): State.ENDED,
}

UNANSWERED = frozenset({State.OFFERING, State.EARLY, State.ANSWERING})
"""No 2xx went out or came in."""
