"""Loss and jitter as RFC 3550 counts them."""

import pytest

from media.engine.memory import make_state
from media.engine.state import Reception
from media.rtp import reception
from media.rtp.reception import RECENT, SEEN

pytestmark = pytest.mark.unit


def received(*sequences: int) -> Reception:
    counted = make_state(1, 1, 1).reception
    reception.clear(counted, 0)
    reception.begin(counted, 0, 1, sequences[0])
    for sequence in sequences:
        reception.count(counted, 0, sequence, 160, 7)
    return counted


@pytest.mark.parametrize(
    ("sequences", "lost"),
    [
        ((10, 11, 12), 0),
        ((10, 12), 1),
        ((10, 12, 11), 0),
        ((10, 10, 10), 0),
        ((65534, 65535, 0, 2), 1),
    ],
)
def test_loss(sequences: tuple[int, ...], lost: int) -> None:
    counted = received(*sequences)
    assert reception.lost(counted, 0) == lost
    assert counted.octets[0] == 160 * len(sequences)


def test_which_packets_have_come_is_known_of_the_last_of_them() -> None:
    counted = received(*range(65500, 65536), *range(0, 50, 2), 47)
    known = [sequence for sequence in range(40, 60) if reception.is_known(counted, 0, sequence)]
    assert known == [40, 42, 44, 46, 47, 48]
    assert reception.is_known(counted, 0, (48 - SEEN + 1) % 65536)
    assert not reception.is_known(counted, 0, (48 - SEEN) % 65536), "so long ago nobody remembers"


@pytest.mark.parametrize(
    ("sequences", "is_whole"),
    [
        (tuple(range(RECENT)), True),
        ((*range(RECENT), RECENT + 1), False),
        ((*range(RECENT), RECENT + 1, RECENT), True),
        ((*range(RECENT), *range(RECENT + 1, 2 * RECENT)), False),
        ((*range(RECENT), *range(RECENT + 1, 2 * RECENT + 1)), True),
        ((*range(RECENT), 20_000), False),
    ],
)
def test_what_is_missing_may_be_behind_for_a_while(sequences: tuple[int, ...], is_whole: bool) -> None:
    assert reception.is_whole(received(*sequences), 0) == is_whole


def test_another_stream_has_numbers_of_its_own() -> None:
    counted = received(1, 2, 3)
    reception.begin(counted, 0, 2, 3)
    assert not reception.is_known(counted, 0, 3)


def test_what_an_earlier_stream_lost_stays_lost() -> None:
    counted = received(1, 3)
    reception.begin(counted, 0, 2, 500)
    reception.count(counted, 0, 502, 160, 7)
    assert reception.lost(counted, 0) == 3


def test_nothing_was_expected_before_the_first_packet() -> None:
    counted = make_state(1, 1, 1).reception
    reception.clear(counted, 0)
    assert reception.lost(counted, 0) == 0


def test_jitter_of_a_steady_stream_is_zero_and_of_a_shaky_one_tends_to_its_deviation() -> None:
    counted = received(1, 2)
    for k in range(200):
        reception.measure_jitter(counted, 0, 160 * k, 160 * k + 77)
    assert counted.jitter[0] // 16 == 0
    for k in range(200):
        reception.measure_jitter(counted, 0, 160 * k, 160 * k + 160 * (k % 2))
    assert counted.jitter[0] / 16 == pytest.approx(160, rel=0.1)


def test_a_jump_of_the_timestamps_is_not_jitter() -> None:
    counted = received(1, 2)
    reception.measure_jitter(counted, 0, 0, 0)
    reception.measure_jitter(counted, 0, 2**31, 160)
    assert counted.jitter[0] == 0
