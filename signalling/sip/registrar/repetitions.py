"""Answers that a client may not have got: it repeats its request, and hears the same again.

What a server transaction does (RFC 3261 section 17.2.2), for requests that need nothing else of one. Ten
thousand phones that come back at once must not take the room of calls.
"""

from dataclasses import dataclass

from signalling.sip.calls import Flow
from signalling.sip.message import Request

MAX_REPEATABLE = 4096
"""Answers kept, a kilobyte each. A repetition that finds none is served anew: it is challenged again."""

_Origin = tuple[str, int, str, Flow]  # Call-ID, CSeq number, branch and flow


@dataclass(frozen=True, slots=True)
class _Kept:
    until: float
    octets: bytes


class Repetitions:
    """Answers by the request that they answer, for `lifetime` seconds each: timer J."""

    def __init__(self, lifetime: float, capacity: int = MAX_REPEATABLE) -> None:
        self._lifetime = lifetime
        self._capacity = capacity
        self._kept: dict[_Origin, _Kept] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def answer_to(self, request: Request, flow: Flow, now: float) -> bytes | None:
        """What was answered to this very request before; None when it is new."""
        kept = self._kept.get(_origin(request, flow))
        return kept.octets if kept is not None and now < kept.until else None

    def keep(self, request: Request, flow: Flow, octets: bytes, now: float) -> None:
        """Keep an answer. Over a connection nothing is repeated."""
        if flow.transport != "udp":
            return
        while self._kept:
            oldest = next(iter(self._kept))
            if now < self._kept[oldest].until and len(self._kept) < self._capacity:
                break
            del self._kept[oldest]
        self._kept[_origin(request, flow)] = _Kept(now + self._lifetime, octets)


def _origin(request: Request, flow: Flow) -> _Origin:
    return request.call_id, request.cseq.number, request.via.branch, flow
