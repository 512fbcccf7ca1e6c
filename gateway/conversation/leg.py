"""The life of a leg: its statuses and what may follow what (Voice API, call statuses)."""

import msgspec

from gateway.conversation.reasons import reason_of
from gateway.states import step
from gateway.store.records import Json, LegRecord
from gateway.store.records import LegStatus as Status

_UNANSWERED_ENDS: tuple[Status, ...] = (
    "busy",
    "cancelled",
    "failed",
    "rejected",
    "timeout",
    "unanswered",
)

TRANSITIONS: dict[tuple[Status, Status], Status] = {
    ("started", "ringing"): "ringing",
    ("started", "answered"): "answered",
    ("ringing", "answered"): "answered",
    ("answered", "completed"): "completed",
    ("answered", "failed"): "failed",
    **{("started", end): end for end in _UNANSWERED_ENDS},
    **{("ringing", end): end for end in _UNANSWERED_ENDS},
}
"""From a status, by the status that is wanted. Ends have no way out; only an answered leg is completed."""

ENDS: frozenset[str] = frozenset({*_UNANSWERED_ENDS, "completed"})


def is_over(leg: LegRecord) -> bool:
    """Whether the leg has ended."""
    return leg.status in ENDS


def shown_status(leg: LegRecord) -> str:
    """The status as APIs show it: `machine` while a machine's call lasts."""
    return "machine" if leg.status == "answered" and leg.answered_by == "machine" else leg.status


def advance(leg: LegRecord, status: Status, now: str) -> LegRecord:
    """The leg with a new status, written into its history. Raises IllegalTransition."""
    entry = history_entry(leg, step(TRANSITIONS, leg.status, status), now)
    return msgspec.structs.replace(leg, status=status, status_history=[*leg.status_history, entry])


def history_entry(leg: LegRecord, status: Status, now: str) -> Json:
    """A line of `statusHistory`."""
    return {
        "conversation_id": leg.conversation_id,
        "member_id": leg.member_id,
        "status": status,
        "state": state_of(status, None),
        "date": now,
    }


def state_of(status: str, reason: str | None) -> Json:
    """The `state` object of a leg: while it lives its status, afterwards whether it went well and why."""
    if status in ("started", "ringing", "answered"):
        return {"status": status}
    return {"status": "completed", "successful": status == "completed", "reason": reason_of(status, reason)}


def channel_of(leg: LegRecord) -> Json:
    """The leg as the `channel` of members and events."""
    return {
        "id": leg.id,
        "type": leg.type,
        "from": leg.from_,
        "to": leg.to,
        "leg_ids": [leg.id],
        "legs": [{"leg_id": leg.id, "status": leg.status}],
        "headers": leg.headers,
        "cpa": leg.cpa,
        "cpa_time": 5000,
        "preanswer": False,
        "ring_timeout": 60_000,
        "max_length": 7_200_000,
    }
