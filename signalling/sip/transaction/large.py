"""Requests that are too long for a datagram go over TCP (RFC 3261 section 18.1.1).

Longer datagrams would come in pieces, of which firewalls lose some. A peer that takes no TCP gets them over
UDP all the same, and for a while without being asked again. One that was heard over UDP, a registered phone
perhaps, is not asked at all: its NAT lets nothing else through.
"""

from dataclasses import replace

from signalling.sip.calls import Flow

MAX_UDP_REQUEST = 1300
"""Octets of a request that UDP carries where the path is unknown."""

REFUSAL_S = 600.0
"""How long a peer that took no TCP is not asked again."""

MAX_REFUSALS = 256
"""Peers remembered; the oldest is forgotten, which costs it one more question."""


class LargeRequests:
    """Chooses, and remembers who refused."""

    def __init__(self) -> None:
        self._refusals: dict[tuple[str, int], float] = {}

    def __len__(self) -> int:
        """How many peers refused lately."""
        return len(self._refusals)

    def flow(self, flow: Flow, octets: int, now: float) -> Flow:
        """The flow for a request of so many octets that is meant for `flow`."""
        is_short = octets <= MAX_UDP_REQUEST
        is_refused = now < self._refusals.get(flow.remote, 0.0)
        if flow.transport != "udp" or flow.is_heard or is_short or is_refused:
            return flow
        return replace(flow, transport="tcp")

    def refuse(self, flow: Flow, now: float) -> None:
        """Note that a peer takes no TCP."""
        self._refusals.pop(flow.remote, None)
        if len(self._refusals) >= MAX_REFUSALS:
            del self._refusals[next(iter(self._refusals))]
        self._refusals[flow.remote] = now + REFUSAL_S
