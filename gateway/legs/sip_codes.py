"""From a SIP status code to the status and reason of a leg (Voice API, SIP).

The published table has gaps; the rows without a source follow the nearest documented neighbour.
"""

from gateway.legs.line import End
from gateway.store.records import LegStatus

ENDS: dict[int, tuple[LegStatus, str]] = {
    402: ("rejected", "payment_required"),
    403: ("failed", "forbidden"),
    404: ("failed", "not_found"),
    408: ("unanswered", "request_timeout"),
    410: ("failed", "gone"),
    420: ("rejected", "bad_extension"),
    480: ("unanswered", "temporarily_unavailable"),
    484: ("rejected", "address_incomplete"),
    486: ("busy", "busy_here"),
    487: ("cancelled", "request_terminated"),
    500: ("failed", "server_internal_error"),
    501: ("failed", "not_implemented"),
    502: ("failed", "bad_gateway"),
    503: ("failed", "service_unavailable"),
    504: ("unanswered", "server_timeout"),
    505: ("failed", "version_not_supported"),
    600: ("busy", "busy"),
    603: ("rejected", "rejected"),
    604: ("failed", "not_found"),
}

_CLASS: dict[int, tuple[LegStatus, str]] = {
    3: ("failed", "failed"),
    4: ("failed", "failed"),
    5: ("failed", "server_internal_error"),
    6: ("rejected", "rejected"),
}


def end_of(status_code: int) -> End:
    """How a leg ended whose INVITE got this final status."""
    status, reason = ENDS.get(status_code) or _CLASS.get(status_code // 100, ("failed", "failed"))
    return End(status=status, reason=reason, sip_code=status_code, by_peer=True)
