"""Two ends that offer, answer, refuse and hold at random: after each exchange both see the same stream."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from signalling.sdp.negotiation import OfferAnswer, SdpError, State
from signalling.sdp.stream import CodecName, Direction, Dtls, LocalMedia, Sdes, SrtpPolicy

pytestmark = pytest.mark.unit

CODECS: tuple[CodecName, ...] = ("PCMU", "PCMA", "G722", "opus")
DIRECTIONS: tuple[Direction, ...] = ("sendrecv", "sendonly", "recvonly", "inactive")
MIRROR: dict[Direction, Direction] = {
    "sendrecv": "sendrecv",
    "sendonly": "recvonly",
    "recvonly": "sendonly",
    "inactive": "inactive",
}
POLICIES: tuple[SrtpPolicy, ...] = ("never", "optional", "always")
HOSTS = ("192.0.2.1", "2001:db8::2")

LOCALS = st.builds(
    LocalMedia,
    address=st.just(""),
    port=st.integers(1, 32_767).map(lambda half: 2 * half),
    codecs=st.lists(st.sampled_from(CODECS), min_size=1, unique=True).map(tuple),
    order=st.sampled_from(["ours", "theirs"]),
    srtp=st.sampled_from(POLICIES),
    ptime_ms=st.sampled_from([10, 20, 30, 60]),
    comfort_noise=st.booleans(),
    rtcp_mux=st.booleans(),
)
"""Without an address, which is the side's own."""


@dataclass(slots=True)
class Side:
    """One end: its negotiation, and its media as it is now."""

    media: OfferAnswer
    host: str


class TwoSides(RuleBasedStateMachine):
    """One offer at a time, as SIP sees to; the answer comes, or the offer is refused."""

    def __init__(self) -> None:
        super().__init__()
        self.offerer = 0
        self.sides: list[Side] = []

    @initialize()
    def call(self) -> None:
        """Begin a call: nothing is agreed on yet."""
        numbers = iter(range(1, 1 << 20))
        self.sides = [
            Side(OfferAnswer(place, lambda octets: next(numbers).to_bytes(octets, "big")), host)
            for place, host in enumerate(HOSTS)
        ]

    @precondition(lambda self: self.sides[0].media.state is State.STABLE)
    @rule(who=st.integers(0, 1), local=LOCALS, direction=st.sampled_from(DIRECTIONS))
    def offer(self, who: int, local: LocalMedia, direction: Direction) -> None:
        self.offerer = who
        offer = self.sides[who].media.offer(replace(local, address=HOSTS[who]), direction)
        self.sides[1 - who].media.receive_offer(offer)

    @precondition(lambda self: self.sides[0].media.state is not State.STABLE)
    @rule(local=LOCALS, direction=st.sampled_from(DIRECTIONS))
    def answer(self, local: LocalMedia, direction: Direction) -> None:
        one, other = self.sides[self.offerer], self.sides[1 - self.offerer]
        before = other.media.stream
        try:
            sdp, _ = other.media.answer(replace(local, address=other.host), direction)
        except SdpError:
            assert other.media.stream is before
            self._forget()
            return
        try:
            one.media.receive_answer(sdp)
        except SdpError:
            # An offerer that insists on SRTP and got none ends the call; there is another.
            assert local.srtp == "never"
            self.call()

    @precondition(lambda self: self.sides[0].media.state is not State.STABLE)
    @rule()
    def refuse(self) -> None:
        self._forget()

    def _forget(self) -> None:
        streams = [side.media.stream for side in self.sides]
        for side in self.sides:
            side.media.rollback()
        assert [side.media.stream for side in self.sides] == streams

    @invariant()
    def both_see_the_same_stream(self) -> None:
        one, other = (side.media.stream for side in self.sides)
        assert (one is None) == (other is None)
        if one is None or other is None or self.sides[0].media.state is not State.STABLE:
            return
        assert (one.codec, one.payload_type) == (other.codec, other.payload_type)
        assert (one.dtmf_payload_type, one.dtmf_rate) == (other.dtmf_payload_type, other.dtmf_rate)
        assert one.direction == MIRROR[other.direction]
        assert one.rtcp_mux == other.rtcp_mux
        assert (one.remote_host, other.remote_host) == (HOSTS[1], HOSTS[0])
        assert not isinstance(one.security, Dtls)
        if isinstance(one.security, Sdes):
            assert isinstance(other.security, Sdes)
            assert (one.security.ours, one.security.theirs) == (other.security.theirs, other.security.ours)
            assert one.security.ours != one.security.theirs
        else:
            assert other.security is None


TestTwoSides = TwoSides.TestCase
TestTwoSides.settings = settings(max_examples=60, stateful_step_count=20, derandomize=True, deadline=None)
