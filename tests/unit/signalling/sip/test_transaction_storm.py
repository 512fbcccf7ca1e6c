"""Transactions alone, on a wire that loses, doubles and reorders: each request is heard and answered once.

The storm is shorter than 64*T1, so that each of them has a retransmission after it.
"""

import random
from functools import partial

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from signalling.sip.calls import AnyCallEvent, Flow, Transmit
from signalling.sip.message import Headers, Request, Response, respond
from signalling.sip.reading import parse_message
from signalling.sip.timers import Agenda, Timers
from signalling.sip.transaction.layer import TransactionLayer
from signalling.sip.transaction.server import ServerTransaction
from signalling.sip.uri import SipUri
from tests.support.wire import ALICE, BOB, Party, Weather, Wire

pytestmark = pytest.mark.unit

STEPS = 20
LONGEST_STEP_S = 1.0
LONGEST_THOUGHT_S = 5.0
ENOUGH_S = 2 * 64 * 0.5 + LONGEST_THOUGHT_S
STORM = Weather(loss=0.4, duplication=0.3, delay=(0.01, 0.9))

FINALS = {"INVITE": (302, 404, 486, 603), "OPTIONS": (200, 302, 404, 603)}
"""What may be answered. The 2xx to an INVITE is not the transaction's affair (RFC 6026)."""


class Layer:
    """What an endpoint is to the wire; its user only notes what comes of the transactions."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.agenda = Agenda()
        self.transactions = TransactionLayer(Timers(), self.agenda, self._send)
        self.asked: list[str] = []
        self.heard: list[str] = []
        self.said: dict[str, int] = {}
        self.finals: dict[str, list[int]] = {}
        self._out: list[Transmit] = []

    def ask(self, method: str, flow: Flow, now: float) -> None:
        """Send one request; its name is its Call-ID."""
        name = f"{method}-{len(self.asked)}"
        self.asked.append(name)
        host, port = flow.local
        fields = [
            ("Via", f"SIP/2.0/{flow.transport.upper()} {host}:{port};branch=z9hG4bK{name}{host};rport"),
            ("From", f"<sip:a@{host}>;tag=a"),
            ("To", f"<sip:b@{flow.remote[0]}>"),
            ("Call-ID", name),
            ("CSeq", f"1 {method}"),
            ("Max-Forwards", "70"),
        ]
        request = Request(method, SipUri("sip", "b", flow.remote[0]), Headers(fields))
        self.transactions.send(request, flow, partial(self._answered, name), now)

    def _answered(self, name: str, response: Response, _now: float) -> None:
        if response.status_code >= 200:
            self.finals.setdefault(name, []).append(response.status_code)

    def receive(self, data: bytes, flow: Flow, now: float) -> None:
        message = parse_message(data)
        if isinstance(message, Response):
            self.transactions.receive_response(message, now)
            return
        message.headers.set_first("Via", str(message.via.stamped(*flow.remote)))
        transaction = self.transactions.server_of(message)
        if transaction is not None:
            transaction.receive(message, flow, now)
        elif message.method != "ACK":
            self._serve(self.transactions.serve(message, flow, now), now)

    def _serve(self, transaction: ServerTransaction, now: float) -> None:
        request = transaction.request
        self.heard.append(request.call_id)
        self.said[request.call_id] = self.random.choice(FINALS[request.method])
        if request.method == "INVITE" or self.random.random() < 0.5:
            transaction.respond(respond(request, 100), now)
        thought = now + self.random.uniform(0.0, LONGEST_THOUGHT_S)
        self.agenda.set(self, request.call_id, thought, partial(self._answer, transaction))

    def _answer(self, transaction: ServerTransaction, now: float) -> None:
        request = transaction.request
        transaction.respond(respond(request, self.said[request.call_id], to_tag="b"), now)

    def _send(self, flow: Flow, octets: bytes) -> None:
        self._out.append(Transmit(flow, octets))

    def transmits(self) -> list[Transmit]:
        queued, self._out = self._out, []
        return queued

    def events(self) -> list[AnyCallEvent]:
        return []

    def handle_timers(self, now: float) -> None:
        self.agenda.run(now)

    def next_timer(self) -> float | None:
        return self.agenda.next()


class Exchanges(RuleBasedStateMachine):
    """Both sides ask whatever they like, at any time, in the storm."""

    @initialize(seed=st.integers(0, 2**32), transport=st.sampled_from(["udp", "udp", "tcp"]))
    def begin(self, seed: int, transport: str) -> None:
        self.random = random.Random(seed)
        self.transport = transport
        self.sides: list[Layer] = []
        parties = []
        for address in (ALICE, BOB):
            layer = Layer(self.random.randrange(2**32))
            party = Party(address, 0)
            party.endpoint = layer  # type: ignore[assignment]
            self.sides.append(layer)
            parties.append(party)
        self.wire = Wire(*parties, weather=STORM, seed=seed)

    @invariant()
    def time_passes(self) -> None:
        if hasattr(self, "wire"):
            self.wire.run(self.random.uniform(0.0, LONGEST_STEP_S))

    @rule(method=st.sampled_from(["INVITE", "OPTIONS"]))
    def alice_asks(self, method: str) -> None:
        self.sides[0].ask(method, Flow(self.transport, BOB, ALICE), self.wire.now)  # type: ignore[arg-type]

    @rule(method=st.sampled_from(["INVITE", "OPTIONS"]))
    def bob_asks(self, method: str) -> None:
        # Over TCP he has the connection that Alice opened.
        connection = int(self.transport == "tcp")
        self.sides[1].ask(method, Flow(self.transport, ALICE, BOB, connection), self.wire.now)  # type: ignore[arg-type]

    @rule()
    def wait(self) -> None:
        """Nobody asks anything."""

    def teardown(self) -> None:
        self.wire.weather = Weather()
        self.wire.run(ENOUGH_S)
        alice, bob = self.sides
        for asker, other in ((alice, bob), (bob, alice)):
            assert sorted(other.heard) == sorted(asker.asked), "each request was heard once"
            assert asker.finals == {name: [other.said[name]] for name in asker.asked}
            assert (len(asker.transactions), asker.next_timer()) == (0, None), "nothing is left behind"


TestExchanges = Exchanges.TestCase
TestExchanges.settings = settings(
    max_examples=150,
    derandomize=True,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
