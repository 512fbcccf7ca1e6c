"""Whom the latch believes: every pair of its table, the matrix of places, and an attacker."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from media.engine.memory import make_state
from media.engine.state import Stream
from media.engine.syscalls import endpoint
from media.errors import IllegalTransition
from media.rtp import latch, reception
from media.rtp.reception import NEAR

pytestmark = pytest.mark.unit

DESCRIBED = endpoint("192.0.2.1", 4000)
OTHER_PORT = endpoint("192.0.2.1", 4002)
OTHER_HOST = endpoint("198.51.100.1", 4000)
ATTACKER = endpoint("203.0.113.1", 6666)
PROXY = endpoint("198.51.100.77", 4000)
"""At the host that the peer signals from."""
SSRC, OTHER_SSRC = 1, 2


def described() -> Stream:
    stream = make_state(1, 1, 1).stream
    latch.describe(stream, 0, DESCRIBED)
    stream.signalled[0] = PROXY >> 16
    return stream


def pass_ticks(stream: Stream, ticks: int, *, silent: bool = False) -> None:
    for tick in range(ticks):
        latch.pass_tick(stream, 0, tick + 1 if silent else 0, latch.DOUBT_TICKS)


def choose(stream: Stream, source: int) -> None:
    """Let a source be faster than any other."""
    for _ in range(latch.CONFIRMATIONS):
        admit(stream, source)
    assert stream.remote[0] == source


def admit(stream: Stream, source: int, ssrc: int = SSRC, *, goes_on: bool = True) -> bool:
    return bool(latch.admit(stream, 0, source, ssrc, goes_on))


@pytest.mark.parametrize("state", range(5))
@pytest.mark.parametrize("event", range(9))
def test_each_pair_has_a_successor_or_is_refused(state: int, event: int) -> None:
    following = latch.TRANSITIONS[state][event]
    if following == latch.ILLEGAL:
        with pytest.raises(IllegalTransition):
            latch.transition(state, event)
    else:
        assert latch.transition(state, event) == following


def test_the_described_source_is_believed_at_once() -> None:
    stream = described()
    assert admit(stream, DESCRIBED)
    assert not admit(stream, OTHER_PORT)
    assert stream.latch[0] == latch.LOCKED


@pytest.mark.parametrize("source", [OTHER_PORT, OTHER_HOST])
def test_another_source_is_believed_after_four_packets(source: int) -> None:
    stream = described()
    assert [admit(stream, source) for _ in range(6)] == [False, False, False, True, True, True]
    assert stream.remote[0] == source
    assert not admit(stream, ATTACKER)


def test_packets_of_several_streams_do_not_add_up() -> None:
    stream = described()
    assert not any(admit(stream, OTHER_PORT, ssrc) for ssrc in (1, 1, 1, 2, 2, 2, 1, 1, 1))


def test_the_described_address_displaces_a_stranger_and_is_not_displaced() -> None:
    stream = described()
    heard = [admit(stream, source) for source in (ATTACKER, ATTACKER, ATTACKER)]
    for _ in range(3):
        heard += [admit(stream, OTHER_PORT), admit(stream, ATTACKER)]
    assert not any(heard)
    assert admit(stream, OTHER_PORT)
    assert stream.remote[0] == OTHER_PORT


def test_the_described_source_wins_while_another_is_learnt() -> None:
    stream = described()
    assert not any(admit(stream, OTHER_HOST) for _ in range(3))
    assert admit(stream, DESCRIBED)
    assert not any(admit(stream, OTHER_HOST) for _ in range(10))


def test_a_new_description_opens_it_again() -> None:
    stream = described()
    assert admit(stream, DESCRIBED)
    latch.describe(stream, 0, OTHER_HOST)
    assert stream.latch[0] == latch.OPEN
    assert not admit(stream, DESCRIBED)
    assert admit(stream, OTHER_HOST)


PLACES = [DESCRIBED, OTHER_PORT, PROXY, OTHER_HOST, ATTACKER]
NEARNESS = {DESCRIBED: 2, OTHER_PORT: 1, PROXY: 1, OTHER_HOST: 0, ATTACKER: 0}


@pytest.mark.parametrize("near", [OTHER_PORT, PROXY])
def test_who_is_near_takes_the_place_of_a_stranger_who_was_faster(near: int) -> None:
    stream = described()
    choose(stream, ATTACKER)
    pass_ticks(stream, latch.WINDOW_TICKS - 1)
    heard = []
    for _ in range(latch.CONFIRMATIONS):
        heard += [admit(stream, near), admit(stream, ATTACKER)]
    assert heard == [False, True] * 3 + [True, False]
    assert stream.remote[0] == near


def test_the_described_source_takes_anybodys_place_at_once_and_for_good() -> None:
    for faster in (ATTACKER, PROXY, OTHER_PORT):
        stream = described()
        choose(stream, faster)
        assert admit(stream, DESCRIBED)
        assert stream.latch[0] == latch.LOCKED
        assert not any(admit(stream, faster) for _ in range(10))


@pytest.mark.parametrize(
    ("first", "second"), [(ATTACKER, OTHER_HOST), (PROXY, OTHER_PORT), (OTHER_PORT, PROXY)]
)
def test_who_is_no_nearer_takes_nobodys_place(first: int, second: int) -> None:
    stream = described()
    choose(stream, first)
    assert not any(admit(stream, second) for _ in range(10))


def test_nobody_takes_a_place_when_the_window_is_over() -> None:
    stream = described()
    choose(stream, OTHER_HOST)
    assert not latch.is_certain(stream, 0)
    pass_ticks(stream, latch.WINDOW_TICKS)
    assert latch.is_certain(stream, 0)
    for nearer in (OTHER_PORT, PROXY, DESCRIBED):
        assert not any(admit(stream, nearer) for _ in range(10))


def test_a_silent_stranger_is_not_doubted_but_displaced_in_the_window() -> None:
    stream = described()
    choose(stream, ATTACKER)
    pass_ticks(stream, 2 * latch.DOUBT_TICKS, silent=True)
    assert stream.latch[0] == latch.CHOSEN
    assert admit(stream, DESCRIBED, goes_on=False)


def test_a_host_that_is_not_known_to_signal_is_near_to_nobody() -> None:
    stream = described()
    stream.signalled[0] = 0
    choose(stream, ATTACKER)
    assert not any(admit(stream, PROXY) for _ in range(10))


def test_what_is_sent_unheard_is_counted_over_all_descriptions() -> None:
    stream = described()
    sent = 0
    for port in range(4000, 4040):
        latch.describe(stream, 0, endpoint("192.0.2.1", port))
        sent += sum(latch.may_send(stream, 0) for _ in range(100))
    assert sent == latch.MOST_UNHEARD
    choose(stream, OTHER_PORT)
    assert latch.may_send(stream, 0), "it has been heard"
    latch.describe(stream, 0, OTHER_HOST)
    assert sum(latch.may_send(stream, 0) for _ in range(1000)) == latch.MOST_UNHEARD


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLACES), st.integers(0, 2), st.integers(0, 100)), max_size=60))
def test_only_who_is_nearer_is_heard_after_another(packets: list[tuple[int, int, int]]) -> None:
    stream = described()
    heard: list[int] = []
    for source, ssrc, ticks in packets:
        was_certain = latch.is_certain(stream, 0)
        if admit(stream, source, ssrc) and heard[-1:] != [source]:
            assert not was_certain
            assert not heard or NEARNESS[source] > NEARNESS[heard[-1]]
            heard.append(source)
        pass_ticks(stream, ticks)
    assert latch.has_source(stream, 0) == bool(heard)
    assert stream.remote[0] == (heard[-1] if heard else DESCRIBED)


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([*PLACES[1:], DESCRIBED]), max_size=40),
    st.sampled_from([DESCRIBED, OTHER_PORT, PROXY]),
)
def test_whoever_was_first_a_near_peer_wins_in_the_window(noise: list[int], peer: int) -> None:
    stream = described()
    for source in noise:
        if NEARNESS[source] < NEARNESS[peer]:
            admit(stream, source, OTHER_SSRC)
            pass_ticks(stream, latch.WINDOW_TICKS // 50)
    for _ in range(latch.CONFIRMATIONS):
        admit(stream, ATTACKER, OTHER_SSRC)
        admit(stream, peer)
    assert stream.remote[0] == peer
    assert not any(admit(stream, ATTACKER, OTHER_SSRC) for _ in range(latch.CONFIRMATIONS))


@settings(deadline=None)
@given(st.lists(st.booleans(), max_size=40), st.sampled_from([DESCRIBED, OTHER_PORT]))
def test_an_attacker_who_is_not_faster_than_the_peer_is_never_heard(order: list[bool], peer: int) -> None:
    stream = described()
    admit(stream, peer)
    for attacks in order:
        assert not (attacks and admit(stream, ATTACKER))
        admit(stream, peer)
    assert len(order) < latch.CONFIRMATIONS or stream.remote[0] == peer


def test_a_peer_with_a_key_is_followed_at_once() -> None:
    stream = described()
    for source in (ATTACKER, OTHER_HOST, DESCRIBED):
        latch.follow(stream, 0, source)
        assert int(stream.latch[0]) == latch.LOCKED
        assert int(stream.remote[0]) == source


def silent(ticks: int = latch.DOUBT_TICKS) -> Stream:
    """A leg whose peer was believed and has said nothing for so long."""
    stream = described()
    admit(stream, DESCRIBED)
    pass_ticks(stream, ticks, silent=True)
    return stream


def test_who_falls_silent_may_go_on_from_elsewhere_once() -> None:
    stream = silent()
    assert latch.has_source(stream, 0)
    assert not admit(stream, ATTACKER, goes_on=False)
    assert admit(stream, OTHER_PORT)
    assert stream.remote[0] == OTHER_PORT
    assert not admit(stream, ATTACKER), "it has been followed in this silence"
    assert not admit(stream, DESCRIBED)


def test_who_speaks_again_from_where_it_was_is_not_doubted_any_more() -> None:
    stream = silent()
    assert admit(stream, DESCRIBED)
    assert not admit(stream, ATTACKER)


def test_a_shorter_silence_is_no_reason_to_doubt() -> None:
    stream = silent(latch.DOUBT_TICKS - 1)
    assert stream.latch[0] == latch.LOCKED
    assert not admit(stream, OTHER_PORT)


@pytest.mark.parametrize("stream", [make_state(1, 1, 1).stream, described()])
def test_nobody_is_doubted_who_was_never_believed(stream: Stream) -> None:
    pass_ticks(stream, 1000, silent=True)
    assert stream.latch[0] == latch.OPEN


def test_a_silent_peer_is_sent_to() -> None:
    stream = silent()
    assert all(latch.may_send(stream, 0) for _ in range(2 * latch.MOST_UNHEARD))


@pytest.mark.parametrize(
    ("ssrc", "ahead", "goes_on"),
    [
        (SSRC, 1, True),
        (SSRC, NEAR, True),
        (SSRC, -NEAR, True),
        (SSRC, NEAR + 1, False),
        (SSRC, -NEAR - 1, False),
        (OTHER_SSRC, 1, False),
    ],
)
def test_a_stream_goes_on_by_its_ssrc_and_near_numbers(ssrc: int, ahead: int, goes_on: bool) -> None:
    counted = make_state(1, 1, 1).reception
    reception.clear(counted, 0)
    assert not reception.goes_on(counted, 0, SSRC, 0), "there is no stream yet"
    reception.begin(counted, 0, SSRC, 65_500)
    assert reception.goes_on(counted, 0, ssrc, 65_500 + ahead & 0xFFFF) is goes_on


class Street(RuleBasedStateMachine):
    """A peer that speaks, rests, and changes its port now and then; and one who wants to be taken for it."""

    @initialize()
    def call(self) -> None:
        state = make_state(1, 1, 1)
        self.stream, self.counted = state.stream, state.reception
        latch.describe(self.stream, 0, DESCRIBED)
        reception.clear(self.counted, 0)
        self.now = 0
        self.sequence = 65_000
        self.place = self.heard_at = DESCRIBED
        self.heard_when = 0
        self.speak()

    @property
    def is_quiet(self) -> bool:
        return self.now - self.heard_when >= latch.DOUBT_TICKS

    def arrives(self, source: int, ssrc: int, sequence: int) -> bool:
        goes_on = reception.goes_on(self.counted, 0, ssrc, sequence)
        if not latch.admit(self.stream, 0, source, ssrc, goes_on):
            return False
        if self.counted.ssrc[0] != ssrc:
            reception.begin(self.counted, 0, ssrc, sequence)
        reception.count(self.counted, 0, sequence, 160, self.now)
        return True

    @rule()
    def speak(self) -> None:
        self.sequence = self.sequence + 1 & 0xFFFF
        is_heard = self.arrives(self.place, SSRC, self.sequence)
        assert is_heard == (self.place == self.heard_at or self.is_quiet)
        if is_heard:
            self.heard_at, self.heard_when = self.place, self.now
        self.pass_time(1)

    @rule(ticks=st.integers(1, 2 * latch.DOUBT_TICKS))
    def pass_time(self, ticks: int) -> None:
        for _ in range(ticks):
            self.now += 1
            latch.pass_tick(self.stream, 0, self.now - int(self.counted.tick[0]), latch.DOUBT_TICKS)

    @rule(port=st.integers(5000, 5003))
    def move(self, port: int) -> None:
        self.place = endpoint("192.0.2.1", port)

    @rule(ssrc=st.sampled_from([OTHER_SSRC, 3]), sequence=st.integers(0, 0xFFFF))
    def guess_the_stream(self, ssrc: int, sequence: int) -> None:
        assert not self.arrives(ATTACKER, ssrc, sequence)

    @rule(ahead=st.integers(NEAR + 1, 0x10000 - NEAR - 2))
    def guess_the_number(self, ahead: int) -> None:
        assert not self.arrives(ATTACKER, SSRC, int(self.counted.highest[0]) + ahead & 0xFFFF)

    @precondition(lambda self: not self.is_quiet)
    @rule(ahead=st.integers(-NEAR, NEAR))
    def know_all_while_the_peer_speaks(self, ahead: int) -> None:
        assert not self.arrives(ATTACKER, SSRC, self.sequence + ahead & 0xFFFF)

    @invariant()
    def nobody_else_is_sent_to(self) -> None:
        assert self.stream.remote[0] == self.heard_at


Street.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestStreet = Street.TestCase
