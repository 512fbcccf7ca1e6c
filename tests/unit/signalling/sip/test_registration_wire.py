"""A trunk and a registrar, both ours, on a wire that loses, doubles and reorders: they agree in the end."""

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from signalling.sip.calls import Flow
from signalling.sip.notices import RegistrationChanged, RegistrationHandle
from signalling.sip.registrar.binding import Binding
from signalling.sip.registration import Enrolment, Place, State
from signalling.sip.uri import SipUri
from tests.support.registering import AOR, Admits
from tests.support.wire import ALICE, BOB, Party, Weather, Wire

pytestmark = pytest.mark.unit

EXPIRES_S = 600
FAIR = Weather()
AWFUL = Weather(loss=0.4, duplication=0.2, delay=(0.01, 2.0))
SILENT = Weather(loss=1.0)
ENOUGH_S = 4000.0
"""Longer than the longest pause after failures, with both transactions of a challenge."""


class Agreement(RuleBasedStateMachine):
    """Alice keeps herself registered with Bob, whatever the weather, until she does not want to any more."""

    @initialize(seed=st.integers(0, 2**16))
    def begin(self, seed: int) -> None:
        self.alice, self.bob = Party(ALICE, seed), Party(BOB, seed + 1, guard=Admits())
        self.wire = Wire(self.alice, self.bob, seed=seed)
        self.handle: RegistrationHandle | None = None
        self.told: RegistrationChanged | None = None

    @rule(weather=st.sampled_from([FAIR, AWFUL, SILENT]))
    def turn(self, weather: Weather) -> None:
        self.wire.weather = weather

    @rule(seconds=st.sampled_from([0.1, 5.0, 40.0, 400.0]))
    def wait(self, seconds: float) -> None:
        self.wire.run(seconds)
        self.listen()

    @precondition(lambda self: self.handle is None)
    @rule()
    def register(self) -> None:
        domain = SipUri("sip", None, AOR.domain)
        aor = SipUri("sip", AOR.user, AOR.domain)
        enrolment = Enrolment((Place(domain, aor, Flow("udp", BOB, ALICE)),), AOR.user, expires_s=EXPIRES_S)
        self.handle = self.alice.endpoint.outreach.register(enrolment, self.wire.now)
        self.listen()

    @precondition(lambda self: self.handle is not None)
    @rule()
    def unregister(self) -> None:
        assert self.handle is not None
        self.alice.endpoint.outreach.unregister(self.handle, self.wire.now)
        self.handle = None
        self.listen()

    @rule()
    def clear_up(self) -> None:
        """In fair weather both sides come to agree."""
        self.wire.weather = FAIR
        self.wire.run(ENOUGH_S)
        self.listen()
        if self.handle is None:
            assert self.bindings == ()
            assert self.told is None or self.told.state == State.UNREGISTERED
        else:
            assert self.told is not None
            assert self.told.state == State.REGISTERED
            (binding,) = self.bindings
            assert binding.flow == Flow("udp", ALICE, BOB)

    @invariant()
    def nobody_believes_in_more_than_there_is(self) -> None:
        """While Alice thinks that she is registered, Bob has her: she may only be too modest."""
        if self.told is not None and self.wire.now < self.told.expires_at and self.handle is not None:
            assert len(self.bindings) == 1
        assert len(self.bindings) <= 1

    @property
    def bindings(self) -> tuple[Binding, ...]:
        return self.bob.endpoint.registrar.contacts(AOR, self.wire.now)

    def listen(self) -> None:
        """What Alice was told."""
        self.wire.flush()
        for notice in self.alice.endpoint.notices():
            assert isinstance(notice, RegistrationChanged)
            self.told = notice


TestAgreement = Agreement.TestCase
TestAgreement.settings = settings(max_examples=40, stateful_step_count=15, derandomize=True, deadline=None)
