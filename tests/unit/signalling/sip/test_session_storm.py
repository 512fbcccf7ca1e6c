"""Two endpoints in any weather: they come to agree, every call ends once, and nothing is left behind.

The storm is shorter than 64*T1, so that each transaction begun in it has a retransmission after it.
`STORMS` in the environment asks for more storms than the suite has time for, each time others.
"""

import os
import random
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from signalling.sdp.stream import StreamSpec
from signalling.sip.calls import (
    AnyCallEvent,
    CallAnswered,
    CallCancelled,
    CallEnded,
    CallEstablished,
    CallFailed,
    CallReferred,
    DigitPressed,
    IncomingCall,
    StreamChanged,
    TransferRequested,
)
from signalling.sip.errors import LocalSipError
from signalling.sip.headers.refer_to import ReferTo
from signalling.sip.uri import SipUri
from tests.support.wire import BOB, Call, Party, Weather, media

pytestmark = pytest.mark.unit

TERMINAL = (CallEnded, CallFailed, CallCancelled)
STEPS = 20
LONGEST_STEP_S = 1.0  # 20 steps of it stay below 64*T1
CALM_S = 64 * 0.5 + 10.0
REFRESHED_S = 100.0
"""Longer than the shortest session lasts without a refresh."""

CAROL = ReferTo(SipUri("sip", "carol", "192.0.2.3"))
KEYS = "0123456789*#ABCD"

STORMS = int(os.environ.get("STORMS", "0"))

STORM = Weather(loss=0.4, duplication=0.3, delay=(0.01, 0.9))


class TwoParties(RuleBasedStateMachine):
    """Verbs of both users, at any time, in the storm."""

    call: Call
    is_held_by_alice = False
    is_held_by_bob = False
    has_been_calm = False

    @initialize(
        seed=st.integers(0, 2**32),
        transport=st.sampled_from(["udp", "udp", "tcp"]),
        may_end=st.booleans(),
        intervals=st.tuples(*[st.sampled_from([0, 90, 1800])] * 2),
    )
    def begin(self, seed: int, transport: str, may_end: bool, intervals: tuple[int, int]) -> None:
        alice, bob = ({"session_expires_s": interval_s} for interval_s in intervals)
        self.call = Call(weather=STORM, seed=seed, transport=transport, alice=alice, bob=bob)  # type: ignore[arg-type]
        self.random = random.Random(seed)
        self.may_end = may_end
        self.pressed = ""
        self.referred = 0

    @invariant()
    def time_passes(self) -> None:
        if hasattr(self, "call"):
            self.call.wire.run(self.random.uniform(0.0, LONGEST_STEP_S))

    @rule()
    def wait(self) -> None:
        """Nobody does anything."""

    @rule()
    def ring(self) -> None:
        self.try_as_bob(lambda handle: self.call.bob.endpoint.ring(handle, self.call.wire.now))

    @rule()
    def progress(self) -> None:
        self.try_as_bob(
            lambda handle: self.call.bob.endpoint.progress(handle, media(BOB), self.call.wire.now)
        )

    @rule()
    def accept(self) -> None:
        self.try_as_bob(lambda handle: self.call.bob.endpoint.accept(handle, media(BOB), self.call.wire.now))

    @precondition(lambda self: self.may_end)
    @rule()
    def reject(self) -> None:
        self.try_as_bob(lambda handle: self.call.bob.endpoint.reject(handle, 486, None, self.call.wire.now))

    @rule()
    def alice_holds_or_resumes(self) -> None:
        endpoint = self.call.alice.endpoint
        verb = endpoint.resume if self.is_held_by_alice else endpoint.hold
        if self.attempt(lambda: verb(self.call.handle, self.call.wire.now)):
            self.is_held_by_alice = not self.is_held_by_alice

    @rule()
    def bob_holds_or_resumes(self) -> None:
        endpoint = self.call.bob.endpoint
        verb = endpoint.resume if self.is_held_by_bob else endpoint.hold
        if self.try_as_bob(lambda handle: verb(handle, self.call.wire.now)):
            self.is_held_by_bob = not self.is_held_by_bob

    @rule()
    def alice_asks_whether_bob_lives(self) -> None:
        self.attempt(lambda: self.call.alice.endpoint.probe(self.call.handle, self.call.wire.now))

    @rule()
    def bob_asks_whether_alice_lives(self) -> None:
        self.try_as_bob(lambda handle: self.call.bob.endpoint.probe(handle, self.call.wire.now))

    @rule(key=st.sampled_from(KEYS))
    def alice_presses(self, key: str) -> None:
        if self.attempt(lambda: self.call.alice.endpoint.press(self.call.handle, key, self.call.wire.now)):
            self.pressed += key

    @rule()
    def alice_transfers_bob(self) -> None:
        refer = self.call.alice.endpoint.refer
        self.referred += self.attempt(lambda: refer(self.call.handle, CAROL, self.call.wire.now))

    @rule(status_code=st.sampled_from([180, 200, 486]))
    def bob_reports(self, status_code: int) -> None:
        report = self.call.bob.endpoint.report_transfer
        self.try_as_bob(lambda handle: report(handle, status_code, self.call.wire.now))

    @precondition(lambda self: not self.has_been_calm)
    @rule()
    def the_storm_rests(self) -> None:
        """Sessions are refreshed meanwhile, unless somebody has hung up."""
        self.has_been_calm = True
        self.call.wire.weather = Weather()
        self.call.wire.run(REFRESHED_S)
        self.call.wire.weather = STORM

    @precondition(lambda self: self.may_end)
    @rule()
    def alice_hangs_up(self) -> None:
        self.attempt(lambda: self.call.alice.endpoint.hang_up(self.call.handle, self.call.wire.now))

    @precondition(lambda self: self.may_end)
    @rule()
    def bob_hangs_up(self) -> None:
        self.try_as_bob(lambda handle: self.call.bob.endpoint.hang_up(handle, self.call.wire.now))

    def try_as_bob(self, verb: Callable[..., object]) -> bool:
        return bool(self.call.bob.of(IncomingCall)) and self.attempt(lambda: verb(self.call.incoming))

    def attempt(self, verb: Callable[[], object]) -> bool:
        try:
            verb()
        except LocalSipError:
            return False
        self.call.wire.flush()
        return True

    def teardown(self) -> None:
        call = self.call
        call.wire.weather = Weather()
        call.wire.run(CALM_S)
        if call.bob.of(IncomingCall) and not is_over(call.bob):
            # Nobody answered: Bob does now, so that both sides have an end to come to.
            self.accept()
            call.wire.run(CALM_S)
        assert is_over(call.alice) == is_over(call.bob) or not call.bob.of(IncomingCall)
        if not is_over(call.alice):
            self.assert_wishes_are_met()
            self.assert_words_arrived()
            self.alice_hangs_up()
        call.wire.settle()
        assert not any(is_timeout(event) for event in [*call.alice.events, *call.bob.events])
        assert len(terminal(call.alice)) == 1
        assert len(terminal(call.bob)) == len(call.bob.of(IncomingCall)) <= 1
        assert call.is_quiet()

    def assert_wishes_are_met(self) -> None:
        """Who holds the call does not hear the other, and neither side thinks otherwise."""
        hears_alice, hears_bob = not self.is_held_by_bob, not self.is_held_by_alice
        assert stream_of(self.call.alice).direction == direction(sends=hears_alice, hears=hears_bob)
        assert stream_of(self.call.bob).direction == direction(sends=hears_bob, hears=hears_alice)

    def assert_words_arrived(self) -> None:
        """Each key came once and in its order, and each transfer comes to one end."""
        alice, bob = self.call.alice, self.call.bob
        assert "".join(event.digit for event in bob.of(DigitPressed)) == self.pressed
        assert len(bob.of(TransferRequested)) == self.referred
        self.bob_reports(200)
        self.call.wire.run(CALM_S)
        assert sum(event.is_final for event in alice.of(CallReferred)) == self.referred


def direction(*, sends: bool, hears: bool) -> str:
    return {(True, True): "sendrecv", (True, False): "sendonly", (False, True): "recvonly"}.get(
        (sends, hears), "inactive"
    )


def terminal(party: Party) -> list[AnyCallEvent]:
    return [event for event in party.events if isinstance(event, TERMINAL)]


def is_over(party: Party) -> bool:
    return bool(terminal(party))


def is_timeout(event: AnyCallEvent) -> bool:
    return isinstance(event, CallEnded | CallFailed) and event.status_code == 408


def stream_of(party: Party) -> StreamSpec:
    return [
        event for event in party.events if isinstance(event, CallAnswered | CallEstablished | StreamChanged)
    ][-1].stream


TestTwoParties = TwoParties.TestCase
TestTwoParties.settings = settings(
    max_examples=STORMS or 300,
    derandomize=not STORMS,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
