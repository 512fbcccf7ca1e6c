"""What runs a transaction's table: its state, its timers and its octets."""

from collections.abc import Callable
from dataclasses import dataclass

from signalling.sip.calls import Flow
from signalling.sip.message import Request, Response
from signalling.sip.table import advance
from signalling.sip.timers import Agenda, Timers
from signalling.sip.transaction.vocabulary import Action, Do, Input, Start, State, Stop, Table, TimerName

_RETRANSMISSION: frozenset[TimerName] = frozenset({"A", "E", "G"})
_ABSORPTION: frozenset[TimerName] = frozenset({"D", "I", "J", "K"})  # zero on a reliable transport
_CAPPED: frozenset[TimerName] = frozenset({"E", "G"})  # never longer than T2
_T4: frozenset[TimerName] = frozenset({"I", "K"})

Key = tuple[str, str, int | None, str]
"""Branch, sent-by host and port, method: what the messages of one transaction have in common."""

Origin = tuple[str, str | None, int, str]
"""Call-ID, From tag, CSeq number and method: what copies of a request share that came by different paths."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every transaction of one layer shares."""

    timers: Timers
    agenda: Agenda
    send: Callable[[Flow, bytes], None]
    forget: Callable[["Transaction"], None]


class Transaction:
    """One transaction of any of the four kinds. Subclasses say what the message actions do."""

    def __init__(self, key: Key, table: Table, flow: Flow, surroundings: Surroundings) -> None:
        self.key = key
        self.state = State.INITIAL
        self.flow = flow
        self._table = table
        self._surroundings = surroundings
        self._interval = surroundings.timers.t1
        self._octets = b""

    def feed(self, symbol: Input, now: float, message: Request | Response | None = None) -> bool:
        """Take one input through the table. Returns whether the TU is to have the message.

        Raises IllegalTransition for what the table does not know.
        """
        self.state, actions = advance(self._table, self.state, symbol)
        if self.state is State.TERMINATED:
            self._surroundings.agenda.clear_all(self)
            self._surroundings.forget(self)
        for action in actions:
            self._act(action, now, message)
        return Do.DELIVER in actions

    def abandon(self, now: float) -> None:
        """Destroy a client INVITE transaction that has no final response (RFC 3261 section 9.1)."""
        self.feed(Input.ABANDON, now)

    def _act(self, action: Action, now: float, message: Request | Response | None) -> None:
        match action:
            case Start(timer):
                self._start(timer, now)
            case Stop(timer):
                self._surroundings.agenda.clear(self, timer)
            case Do.SEND | Do.RESEND:
                self._transmit(self._octets)
            case _:
                self._perform(action, now, message)

    def _perform(self, action: Do, now: float, message: Request | Response | None) -> None:
        """Carry out the action of a subclass."""

    def _transmit(self, octets: bytes) -> None:
        if octets:
            self._surroundings.send(self.flow, octets)

    def _start(self, timer: TimerName, now: float) -> None:
        reliable = self.flow.transport != "udp"
        if reliable and timer in _RETRANSMISSION:
            return
        delay = 0.0 if reliable and timer in _ABSORPTION else self._duration(timer)
        symbol = Input(f"timer {timer}")
        self._surroundings.agenda.set(self, timer, now + delay, lambda at: void(self.feed(symbol, at)))

    def _duration(self, timer: TimerName) -> float:
        timers = self._surroundings.timers
        if timer in _T4:
            return timers.t4
        if timer not in _RETRANSMISSION:
            return timers.timeout
        # RFC 3261 section 17.1.2.2: once the server has the request, T2 is often enough.
        interval = timers.t2 if self.state is State.PROCEEDING else self._interval
        self._interval = min(2 * interval, timers.t2) if timer in _CAPPED else 2 * interval
        return interval


def void(_: object) -> None:
    """Drop a value that a callback must not return."""
