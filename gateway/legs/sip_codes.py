"""SIP status codes and what a leg's end is called: one table, both ways (Voice API, SIP).

`docs/sip-codes.md` is drawn from it. The published table has gaps; rows that are ours follow the nearest
documented neighbour, and decision 16 says why.
"""

from typing import NamedTuple

import msgspec

from gateway.legs.line import End
from gateway.legs.sip_status import NOT_ACCEPTABLE, OK, REQUEST_TERMINATED, REQUEST_TIMEOUT
from gateway.store.records import LegStatus
from signalling.sip.calls import CallCancelled, CallEnded, CallFailed


class Row(NamedTuple):
    """What a final response to our INVITE means."""

    status: LegStatus
    reason: str
    """In the words of the Conversation API's legs."""
    published: bool = False
    """The sources name it; otherwise it is our choice."""


ENDS: dict[int, Row] = {
    401: Row("failed", "forbidden"),
    402: Row("rejected", "payment_required", published=True),
    403: Row("failed", "forbidden", published=True),
    404: Row("failed", "not_found", published=True),
    407: Row("failed", "forbidden"),
    408: Row("unanswered", "request_timeout", published=True),
    410: Row("failed", "gone", published=True),
    420: Row("rejected", "bad_extension", published=True),
    433: Row("rejected", "rejected"),
    480: Row("unanswered", "temporarily_unavailable", published=True),
    484: Row("rejected", "address_incomplete", published=True),
    485: Row("failed", "not_found"),
    486: Row("busy", "busy_here", published=True),
    487: Row("cancelled", "request_terminated", published=True),
    500: Row("failed", "server_internal_error", published=True),
    501: Row("failed", "not_implemented", published=True),
    502: Row("failed", "bad_gateway", published=True),
    503: Row("failed", "service_unavailable", published=True),
    504: Row("unanswered", "server_timeout", published=True),
    505: Row("failed", "version_not_supported", published=True),
    600: Row("busy", "busy"),
    603: Row("rejected", "rejected", published=True),
    604: Row("failed", "not_found"),
}
"""By status code; others by their class."""

CLASSES: dict[int, Row] = {
    3: Row("failed", "failed"),
    4: Row("failed", "failed"),
    5: Row("failed", "server_internal_error"),
    6: Row("rejected", "rejected"),
}

CODES: dict[str, int] = {
    "busy": 486,
    "cancelled": 487,
    "failed": 503,
    "rejected": 403,
    "timeout": 480,
    "unanswered": 480,
}
"""What a caller gets whose call ended so where nobody said it in SIP."""


def end_of(status_code: int) -> End:
    """How a leg ended whose INVITE got this final status."""
    row = ENDS.get(status_code) or CLASSES.get(status_code // 100, CLASSES[4])
    return End(status=row.status, reason=row.reason, sip_code=status_code, by_peer=True)


COMPLETED = End(status="completed", reason="ok", sip_code=OK)
"""How an answered leg ends that we hang up."""

UNKEYED = End(status="failed", reason="failed", sip_code=NOT_ACCEPTABLE)
"""How a leg ends whose handshake for keys came to nothing."""


def end_by(event: CallFailed | CallCancelled | CallEnded) -> End:
    """How a leg ended whose call ended so, and not because we wanted it."""
    match event:
        case CallFailed(status_code=status_code):
            return end_of(status_code)
        case CallCancelled():
            return End(
                status="cancelled", reason="request_terminated", sip_code=REQUEST_TERMINATED, by_peer=True
            )
        case CallEnded(by="timeout"):
            return End(status="failed", reason=event.reason or "timeout", sip_code=REQUEST_TIMEOUT)
        case _:
            return msgspec.structs.replace(COMPLETED, by_peer=True)


def code_of(status: str, sip_code: int | None = None) -> int:
    """The final response for a caller whose call ended so; `sip_code` is what SIP said, if it did."""
    return sip_code if sip_code is not None and sip_code >= 300 else CODES.get(status, CODES["failed"])


class Refusal(NamedTuple):
    """Why a caller is refused by us, and with which status code."""

    sip_code: int
    why: str


STRANGER = Refusal(403, "the caller's address is no trunk's, and nobody has a password")
CHALLENGED = Refusal(401, "the caller's address is no trunk's: a password is asked for")
UNKNOWN_NUMBER = Refusal(404, "the number is not rented, or linked to no application")
NO_INSTRUCTIONS = Refusal(480, "the application gave no NCCO that can be used, or nobody let the caller in")
LOOP = Refusal(482, "the call has come through more of our numbers than it may")
OVERLOAD = Refusal(503, "the gateway, its media or the trunk has as many calls as it may, or it is stopping")
UNACCEPTABLE = Refusal(488, "no codec, or no encryption, that both sides want")
REFUSALS = (STRANGER, CHALLENGED, UNKNOWN_NUMBER, NO_INSTRUCTIONS, LOOP, UNACCEPTABLE, OVERLOAD)
"""What an inbound caller gets before the answer. Forwarded callers get what the target said."""
