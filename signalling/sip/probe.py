"""Whether a peer is there: OPTIONS now and then, as trunks are watched (RFC 3261 section 11).

The first answer makes a peer alive. After that it takes two to change our mind: one lost answer means
nothing, and one answer after a failure as little.
"""

from dataclasses import dataclass
from enum import StrEnum

from signalling.sip import outgoing
from signalling.sip.calls import Flow
from signalling.sip.headers.name_addr import NameAddr
from signalling.sip.message import Response
from signalling.sip.notices import ProbeHandle, ReachabilityChanged
from signalling.sip.outgoing import Errand
from signalling.sip.session.context import Context
from signalling.sip.table import advance
from signalling.sip.uri import SipUri

INTERVAL_S = 30.0
"""Between two probes of a peer about whom there is no doubt; drawn from half of it to all."""

DOUBT_INTERVAL_S = 5.0
"""Between two probes of a peer who is about to change his state."""

_NOT_THERE = frozenset({408, 503, 504})
"""No word, no connection, or a word that means the same. Every other answer says that somebody is there."""


class State(StrEnum):
    """What we think of a peer."""

    UNKNOWN = "unknown"
    ALIVE = "alive"
    DOUBTED = "doubted"
    DEAD = "dead"
    RECOVERING = "recovering"


class Input(StrEnum):
    """What became of a probe."""

    ANSWER = "answer"
    SILENCE = "silence"


TABLE: dict[tuple[State, Input], State] = {
    (State.UNKNOWN, Input.ANSWER): State.ALIVE,
    (State.UNKNOWN, Input.SILENCE): State.DOUBTED,
    (State.ALIVE, Input.ANSWER): State.ALIVE,
    (State.ALIVE, Input.SILENCE): State.DOUBTED,
    (State.DOUBTED, Input.ANSWER): State.ALIVE,
    (State.DOUBTED, Input.SILENCE): State.DEAD,
    (State.DEAD, Input.ANSWER): State.RECOVERING,
    (State.DEAD, Input.SILENCE): State.DEAD,
    (State.RECOVERING, Input.ANSWER): State.ALIVE,
    (State.RECOVERING, Input.SILENCE): State.DEAD,
}

_CERTAIN = frozenset({State.ALIVE, State.DEAD})


@dataclass(frozen=True, slots=True)
class Watch:
    """Whom to probe."""

    target: SipUri
    flow: Flow
    interval_s: float = INTERVAL_S


class Probe:
    """Probes one peer until it is stopped. Its owner hears a first opinion, and each change, by notices."""

    def __init__(self, context: Context, watch: Watch) -> None:
        self.handle = ProbeHandle(context.token())
        self.state = State.UNKNOWN
        self._context = context
        self._watch = watch
        self._call_id = context.token()
        self._cseq = 0
        self._told: State | None = None
        self._is_stopped = False

    def start(self, now: float) -> None:
        """Begin with a first probe."""
        self._cseq += 1
        errand = options(self._context, self._watch.target, self._watch.flow, self._call_id, self._cseq)
        outgoing.send(self._context, errand, self._receive, now)

    def stop(self) -> None:
        """Probe no more."""
        self._is_stopped = True
        self._context.agenda.clear_all(self)

    def _receive(self, response: Response, now: float) -> None:
        if self._is_stopped:
            return
        symbol = Input.SILENCE if response.status_code in _NOT_THERE else Input.ANSWER
        self.state = advance(TABLE, self.state, symbol)
        if self.state in _CERTAIN and self.state is not self._told:
            self._told = self.state
            self._context.notify(ReachabilityChanged(self.handle, self.state is State.ALIVE))
        interval = self._watch.interval_s if self.state in _CERTAIN else DOUBT_INTERVAL_S
        pause = interval * (0.5 + 0.5 * self._context.fraction())
        self._context.agenda.set(self, "due", now + pause, self.start)


def options(context: Context, target: SipUri, flow: Flow, call_id: str, cseq: int = 1) -> Errand:
    """Make an OPTIONS to a server."""
    host, _ = context.config.sent_by(flow)
    return Errand(
        method="OPTIONS",
        target=target,
        flow=flow,
        from_=NameAddr(SipUri("sip", "cordboard", host)).with_tag(context.token()),
        to=NameAddr(target),
        call_id=call_id,
        cseq=cseq,
        headers=(("Accept", "application/sdp"),),
    )
