"""How a call ends, as its life so far allows (Voice API, call statuses). Pure."""

import msgspec

from gateway.legs.line import End
from gateway.store.records import LegRecord

GIVEN_UP = 487


def settled(end: End, leg: LegRecord) -> End:
    """What the end that a line tells makes of the leg.

    An answered one is completed or failed. No other is completed.
    A caller who hangs up before the answer has cancelled; a callee who does has failed.
    """
    if leg.status == "answered":
        return end if end.status == "failed" else msgspec.structs.replace(end, status="completed")
    if end.status != "completed":
        return end
    if leg.direction == "inbound":
        return End(status="cancelled", reason="request_terminated", sip_code=GIVEN_UP, by_peer=end.by_peer)
    return End(status="failed", reason="failed", sip_code=end.sip_code, by_peer=end.by_peer)
