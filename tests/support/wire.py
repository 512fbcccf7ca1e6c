"""SIP endpoints on a virtual wire: virtual time, and a seeded network that loses, doubles and reorders.

Nothing here sleeps or opens a socket. A whole call with its 32 seconds of timers takes milliseconds.
"""

import heapq
import itertools
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from typing import Literal, TypeVar

from signalling.sdp.stream import LocalMedia
from signalling.sip.calls import AnyCallEvent, CallHandle, Flow, IncomingCall, Transmit
from signalling.sip.config import EndpointConfig, Invitation
from signalling.sip.digest import Nonces
from signalling.sip.endpoint import Endpoint
from signalling.sip.guard import Guard
from signalling.sip.message import Request, Response
from signalling.sip.reading import parse_message
from signalling.sip.uri import SipUri

Address = tuple[str, int]
Transport = Literal["udp", "tcp"]
EventT = TypeVar("EventT", bound=AnyCallEvent)

ALICE: Address = ("192.0.2.1", 5060)
BOB: Address = ("192.0.2.2", 5060)


def guard(*trusted: str, users: Mapping[str, str] | None = None) -> Guard:
    """A guard that trusts these networks and knows these users."""
    return Guard([ip_network(network) for network in trusted], users or {}, "cordboard", Nonces(b"secret"))


def config(address: Address = BOB, **changes: object) -> EndpointConfig:
    """Settings of an endpoint that trusts every IPv4 source."""
    return replace(EndpointConfig(*address, guard("0.0.0.0/0")), **changes)  # type: ignore[arg-type]


def media(address: Address) -> LocalMedia:
    """Where a party listens for RTP."""
    return LocalMedia(address[0], 40000)


@dataclass(frozen=True)
class Weather:
    """What the network does to a datagram: probabilities, and the range of its delay in seconds."""

    loss: float = 0.0
    duplication: float = 0.0
    delay: tuple[float, float] = (0.01, 0.01)


class Party:
    """One endpoint with its address, and all that it said and saw."""

    def __init__(self, address: Address, seed: int, **changes: object) -> None:
        self.address = address
        self.endpoint = Endpoint(config(address, **changes), random.Random(seed).randbytes)
        self.events: list[AnyCallEvent] = []
        self.sent: list[Request | Response] = []
        self.on_event: Callable[[AnyCallEvent], None] = lambda _: None

    def of(self, kind: type[EventT]) -> list[EventT]:
        """Its events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def only(self, kind: type[EventT]) -> EventT:
        """Its one event of a kind."""
        (event,) = self.of(kind)
        return event

    def requests(self, method: str) -> list[Request]:
        """The requests of a method that it sent, retransmissions too."""
        return [message for message in self.sent if isinstance(message, Request) and message.method == method]

    def statuses(self, method: str) -> list[int]:
        """The responses to a method that it sent, retransmissions too."""
        return [
            message.status_code
            for message in self.sent
            if isinstance(message, Response) and message.cseq.method == method
        ]


@dataclass(order=True)
class _Datagram:
    at: float
    order: int
    flow: Flow = field(compare=False)
    data: bytes = field(compare=False)


class Wire:
    """Joins the parties. `drop` may lose a message by what it is."""

    def __init__(self, *parties: Party, weather: Weather | None = None, seed: int = 0) -> None:
        self.now = 1000.0
        self.weather = weather or Weather()
        self.drop: Callable[[Request | Response], bool] = lambda _: False
        self._parties = {party.address: party for party in parties}
        self._random = random.Random(seed)
        self._order = itertools.count()
        self._flying: list[_Datagram] = []
        self._last_tcp = 0.0

    def run(self, seconds: float) -> None:
        """Let time pass, doing what is due in order."""
        deadline = self.now + seconds
        self.flush()
        while (at := self._next()) is not None and at <= deadline:
            self.now = max(self.now, at)
            self._deliver()
            for party in self._parties.values():
                party.endpoint.handle_timers(self.now)
            self.flush()
        self.now = deadline

    def settle(self, limit: float = 400.0) -> None:
        """Let time pass until nothing is pending. Fails when something still is at the limit."""
        self.run(limit)
        assert self._next() is None, "something is still pending"

    def flush(self) -> None:
        """Carry away what the endpoints queued; tell each party its events, which may make more."""
        while sum(self._drain(party) for party in self._parties.values()):
            pass

    def _drain(self, party: Party) -> bool:
        transmits, events = party.endpoint.transmits(), party.endpoint.events()
        for transmit in transmits:
            self._send(party, transmit)
        for event in events:
            party.events.append(event)
            party.on_event(event)
        return bool(transmits or events)

    def _send(self, party: Party, transmit: Transmit) -> None:
        message = parse_message(transmit.data)
        party.sent.append(message)
        flow = transmit.flow
        # The opener of a connection calls it 0, the other side numbers it.
        arrival = Flow(flow.transport, party.address, flow.remote, int(flow.connection == 0))
        if flow.transport == "tcp":
            self._last_tcp = max(self._last_tcp, self.now + self.weather.delay[0])
            self._fly(self._last_tcp, arrival, transmit.data)
            return
        arrival = replace(arrival, connection=0)
        if self.drop(message) or self._random.random() < self.weather.loss:
            return
        copies = 2 if self._random.random() < self.weather.duplication else 1
        for _ in range(copies):
            self._fly(self.now + self._random.uniform(*self.weather.delay), arrival, transmit.data)

    def _fly(self, at: float, flow: Flow, data: bytes) -> None:
        heapq.heappush(self._flying, _Datagram(at, next(self._order), flow, data))

    def _deliver(self) -> None:
        while self._flying and self._flying[0].at <= self.now:
            datagram = heapq.heappop(self._flying)
            party = self._parties.get(datagram.flow.local)
            if party is not None:
                party.endpoint.receive(datagram.data, datagram.flow, self.now)

    def _next(self) -> float | None:
        timers = [party.endpoint.next_timer() for party in self._parties.values()]
        due = [at for at in timers if at is not None]
        if self._flying:
            due.append(self._flying[0].at)
        return min(due, default=None)


class Call:
    """Alice calls Bob over a wire."""

    def __init__(
        self,
        *,
        weather: Weather | None = None,
        seed: int = 0,
        transport: Transport = "udp",
        invitation: Mapping[str, object] | None = None,
        alice: Mapping[str, object] | None = None,
        bob: Mapping[str, object] | None = None,
    ) -> None:
        self.alice = Party(ALICE, seed + 1, **(alice or {}))
        self.bob = Party(BOB, seed + 2, **(bob or {}))
        self.wire = Wire(self.alice, self.bob, weather=weather, seed=seed)
        flow = Flow(transport, BOB, ALICE)
        target = SipUri("sip", "442079460000", BOB[0])
        wanted = Invitation(target, flow, "447700900000", media(ALICE))
        self.handle = self.alice.endpoint.invite(replace(wanted, **(invitation or {})), self.wire.now)  # type: ignore[arg-type]

    @property
    def incoming(self) -> CallHandle:
        """Bob's name for the call."""
        return self.bob.only(IncomingCall).call

    def arrive(self) -> None:
        """The INVITE reaches Bob."""
        self.wire.run(0.1)

    def answer(self) -> None:
        """Bob answers, Alice acknowledges."""
        self.arrive()
        self.bob.endpoint.accept(self.incoming, media(BOB), self.wire.now)
        self.wire.run(0.1)

    def is_quiet(self) -> bool:
        """Whether neither side keeps anything."""
        return all(
            (party.endpoint.calls, party.endpoint.pending_transactions, party.endpoint.next_timer())
            == (0, 0, None)
            for party in (self.alice, self.bob)
        )
