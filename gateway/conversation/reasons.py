"""Why a leg ended, in the two closed vocabularies that applications know. Pure.

A leg keeps its reason in whatever words it came (a refused address, a lost worker); what is published is one
of these.
"""

REASONS = frozenset(
    {
        "failed",
        "busy",
        "timeout",
        "cancelled",
        "rejected",
        "ok",
        "not_found",
        "request_terminated",
        "bad_extension",
        "busy_here",
        "request_timeout",
        "temporarily_unavailable",
        "forbidden",
        "gone",
        "bad_gateway",
        "address_incomplete",
        "server_internal_error",
        "not_implemented",
        "server_timeout",
        "version_not_supported",
        "service_unavailable",
        "payment_required",
        "banned_call_ended",
        "flow_failed",
    }
)
"""The `reason` of a leg's `state` (Conversation API, legs)."""

_OF_STATUS = {"completed": "ok", "unanswered": "request_timeout"}

_DETAILS = {
    "not_found": "cannot_route",
    "gone": "number_out_of_service",
    "server_internal_error": "internal_error",
    "temporarily_unavailable": "unavailable",
    "request_timeout": "timeout",
    "server_timeout": "timeout",
    "address_incomplete": "invalid_number",
    "payment_required": "restricted",
    "rejected": "declined",
}
_DETAIL_OF_STATUS = {"failed": "cannot_route", "rejected": "restricted", "unanswered": "unavailable"}
_ALLOWED = {
    "failed": frozenset({"cannot_route", "number_out_of_service", "internal_error"}),
    "rejected": frozenset({"invalid_number", "restricted", "declined"}),
    "unanswered": frozenset({"unavailable", "timeout"}),
}
"""The `detail` of the webhooks of these statuses (Voice API, call statuses)."""


def reason_of(status: str, reason: str | None) -> str:
    """The published reason: the leg's own when it is one, otherwise the one of its status."""
    return reason if reason in REASONS else _OF_STATUS.get(status, status)


def detail_of(status: str, reason: str | None) -> str | None:
    """The `detail` of a status webhook; None for statuses that have none."""
    allowed = _ALLOWED.get(status)
    if allowed is None:
        return None
    detail = _DETAILS.get(reason or "")
    return detail if detail in allowed else _DETAIL_OF_STATUS[status]
