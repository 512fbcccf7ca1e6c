"""One delivery's way under virtual time: when it is tried, where, and when it is given up.

    pending ────► in-flight ────► delivered, dead
    retrying ──►    │   ▲
       ▲            │   └──── fallback ◄─┐
       └────────────┴────────────────────┘

Two quick attempts, one second apart, for everything (Voice API, webhook reference). A delivery that wants a
reply then turns to its fallback URL, for two more; a plain event goes on in growing steps, ten attempts
within a day.
"""

from enum import StrEnum
from typing import Literal

import msgspec

from gateway.states import step
from gateway.store.records import Delivery, Json, Webhook
from gateway.webhooks.exchange import Reply

QUICK_DELAYS_S = (1.0,)
"""Between the attempts of a delivery that wants a reply, at each of its URLs."""
EVENT_DELAYS_S = (*QUICK_DELAYS_S, 10.0, 60.0, 300.0, 900.0, 3600.0, 10800.0, 21600.0, 43200.0)
"""Between the attempts of a plain event: ten in all, the last within 24 hours of the first."""

SUCCESS = range(200, 206)
QUICK_RETRY_STATUSES = frozenset({429, 503, 504})
"""What is worth a second attempt when somebody waits for the reply."""

LATER = frozenset({408, 429})
"""Statuses below 500 by which a host asks to be asked again: it gave up waiting, or is asked too often."""

RequestType = Literal["answer", "event"]


class State(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    IN_FLIGHT = "in-flight"
    RETRYING = "retrying"
    FALLBACK = "fallback"
    DELIVERED = "delivered"
    DEAD = "dead"


class Input(StrEnum):
    """What moves it."""

    SENT = "sent"
    SUCCEEDED = "succeeded"
    FAILED_FOR_NOW = "failed for now"
    FAILED_HERE = "failed here"
    FAILED = "failed"


TRANSITIONS = {
    (State.PENDING, Input.SENT): State.IN_FLIGHT,
    (State.RETRYING, Input.SENT): State.IN_FLIGHT,
    (State.FALLBACK, Input.SENT): State.IN_FLIGHT,
    (State.IN_FLIGHT, Input.SUCCEEDED): State.DELIVERED,
    (State.IN_FLIGHT, Input.FAILED_FOR_NOW): State.RETRYING,
    (State.IN_FLIGHT, Input.FAILED_HERE): State.FALLBACK,
    (State.IN_FLIGHT, Input.FAILED): State.DEAD,
}


class Failure(msgspec.Struct, frozen=True):
    """An attempt that brought no reply, or one that does not count."""

    reason: str
    """Fit for the customer's eyes."""
    retryable: bool


Outcome = Reply | Failure


class Attempt(msgspec.Struct, frozen=True):
    """Send this, not before `at` (wall clock seconds)."""

    webhook: Webhook
    payload: Json
    at: float


class Answer(msgspec.Struct, frozen=True):
    """What a delivery came to."""

    reply: Reply | None = None
    """None when there is none to be had."""
    failures: tuple[str, ...] = ()
    """Why each URL was given up, in their order. Empty without a reply when nobody knows any more."""


Step = Attempt | Answer


class DeliveryMachine:
    """Follows one delivery. `next` is what to do; `sent` and `finished` tell it what was done.

    A plain event goes on after a restart where its record says; one that wants a reply begins anew.
    """

    def __init__(self, delivery: Delivery, request_type: RequestType = "event") -> None:
        """`request_type` tells the fallback URL what the original request was."""
        self._delivery = delivery
        self.request_type = request_type
        self._failures: tuple[str, ...] = ()
        self._delays = QUICK_DELAYS_S if delivery.wants_reply else EVENT_DELAYS_S
        self._tried = 0 if delivery.wants_reply else delivery.attempts
        self.state = State.PENDING
        self._attempt = Attempt(delivery.webhook, delivery.payload, delivery.due_at)
        self.next: Step = self._attempt

    @property
    def record(self) -> Delivery:
        """The delivery as it is to be kept."""
        kept: Literal["pending", "delivered", "dead"] = "pending"
        if self.state is State.DELIVERED:
            kept = "delivered"
        elif self.state is State.DEAD:
            kept = "dead"
        due_at = self.next.at if isinstance(self.next, Attempt) else 0.0
        return msgspec.structs.replace(self._delivery, state=kept, due_at=due_at)

    def revise(self, payload: Json) -> None:
        """Say this from now on, at the attempt that is due too."""
        self._delivery = msgspec.structs.replace(self._delivery, payload=payload)
        self._attempt = msgspec.structs.replace(self._attempt, payload=payload)
        if isinstance(self.next, Attempt):
            self.next = msgspec.structs.replace(self.next, payload=payload)

    def sent(self) -> None:
        """The attempt in `next` is on its way."""
        self._move(Input.SENT)
        self._tried += 1
        self._delivery = msgspec.structs.replace(self._delivery, attempts=self._delivery.attempts + 1)

    def finished(self, outcome: Outcome, now: float) -> None:
        """The attempt came to this at `now`, in wall clock seconds."""
        if isinstance(outcome, Reply) and outcome.status in SUCCESS:
            self._move(Input.SUCCEEDED)
            self.next = Answer(outcome, self._failures)
            return
        failure = outcome if isinstance(outcome, Failure) else self._judge(outcome)
        if failure.retryable and self._tried <= len(self._delays):
            self._retry(now + self._delays[self._tried - 1])
        else:
            self._give_up(failure.reason, now)

    def _judge(self, reply: Reply) -> Failure:
        """What a status that is no success means; redirects are never followed."""
        if self._delivery.wants_reply:
            retryable = reply.status in QUICK_RETRY_STATUSES
        else:
            retryable = reply.status in LATER or reply.status >= 500
        return Failure(f"HTTP {reply.status}.", retryable)

    def _retry(self, at: float) -> None:
        self._move(Input.FAILED_FOR_NOW)
        self.next = self._attempt = msgspec.structs.replace(self._attempt, at=at)

    def _give_up(self, reason: str, now: float) -> None:
        """Give up this URL: for the fallback, or altogether."""
        fallback = self._delivery.fallback if self._delivery.wants_reply and not self._failures else None
        self._failures = (*self._failures, reason)
        if fallback is not None:
            self._fall_back(fallback, reason, now)
        else:
            self._move(Input.FAILED)
            self.next = Answer(None, self._failures)

    def _fall_back(self, fallback: Webhook, reason: str, now: float) -> None:
        self._move(Input.FAILED_HERE)
        self._tried = 0
        original = {"url": self._delivery.webhook.address, "type": self.request_type}
        payload = {**self._delivery.payload, "reason": reason, "original_request": original}
        self.next = self._attempt = Attempt(fallback, payload, now)

    def _move(self, event: Input) -> None:
        self.state = step(TRANSITIONS, self.state, event)
