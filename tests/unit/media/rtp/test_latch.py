"""Whom the latch believes: every pair of its table, the matrix of places, and an attacker."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.engine.memory import make_state
from media.engine.state import Stream
from media.engine.syscalls import endpoint
from media.errors import IllegalTransition
from media.rtp import latch

pytestmark = pytest.mark.unit

DESCRIBED = endpoint("192.0.2.1", 4000)
OTHER_PORT = endpoint("192.0.2.1", 4002)
OTHER_HOST = endpoint("198.51.100.1", 4000)
ATTACKER = endpoint("203.0.113.1", 6666)
SSRC, OTHER_SSRC = 1, 2


def described() -> Stream:
    stream = make_state(1, 1, 1).stream
    latch.describe(stream, 0, DESCRIBED)
    return stream


def admit(stream: Stream, source: int, ssrc: int = SSRC) -> bool:
    return bool(latch.admit(stream, 0, source, ssrc))


@pytest.mark.parametrize("state", [latch.OPEN, latch.LEARNING, latch.LOCKED])
@pytest.mark.parametrize("event", range(5))
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
    assert not admit(stream, DESCRIBED)


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


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([DESCRIBED, OTHER_PORT, OTHER_HOST, ATTACKER]), st.integers(0, 2)),
        max_size=60,
    )
)
def test_one_source_at_the_most_is_ever_heard(packets: list[tuple[int, int]]) -> None:
    stream = described()
    heard = {source for source, ssrc in packets if admit(stream, source, ssrc)}
    assert len(heard) <= 1
    assert (stream.latch[0] == latch.LOCKED) == bool(heard)


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
