"""What is kept of each leg that has its one SIP call, found by either and let go of in one place."""

import asyncio
from dataclasses import dataclass

from signalling.sip.calls import CallHandle


@dataclass(slots=True, eq=False)
class SipLeg:
    """A leg, from the moment when one call is its own."""

    leg_id: str
    call: CallHandle
    trunk: str | None = None
    """By its name; empty for a caller from a trusted network, None where no trunk has a part in it."""
    limit: asyncio.TimerHandle | None = None
    """The end of a call that its trunk bounds."""


class SipLegs:
    """All of them: as many as the endpoint has calls."""

    def __init__(self) -> None:
        self._by_id: dict[str, SipLeg] = {}
        self._by_call: dict[CallHandle, SipLeg] = {}

    def add(self, leg: SipLeg) -> None:
        """The call is the leg's."""
        self._by_id[leg.leg_id] = self._by_call[leg.call] = leg

    def get(self, leg_id: str) -> SipLeg | None:
        """The leg of this id."""
        return self._by_id.get(leg_id)

    def of_call(self, call: CallHandle) -> SipLeg | None:
        """The leg whose call it is."""
        return self._by_call.get(call)

    def remove(self, leg_id: str) -> SipLeg | None:
        """The leg is over, and nothing bounds it any more; what it was, if it was one."""
        leg = self._by_id.pop(leg_id, None)
        if leg is not None:
            del self._by_call[leg.call]
            if leg.limit is not None:
                leg.limit.cancel()
        return leg
