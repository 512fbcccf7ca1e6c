"""Packets in their order, with losses, without a clock."""

import pytest

from media.rtp.ordering import MAX_AHEAD, MAX_BEHIND, MAX_PACKETS, Due, Outcome, PacketBuffer

pytestmark = pytest.mark.unit

FRAME = 160
WRAP = 2**32
START = WRAP - 3 * FRAME
"""Timestamps wrap after the third packet."""


def put(buffer: PacketBuffer, number: int) -> Outcome:
    """The packet of 20 ms with that number."""
    position = buffer.locate((START + number * FRAME) % WRAP)
    return buffer.insert(position, FRAME, bytes([number]))


def holding(*numbers: int) -> PacketBuffer:
    buffer = PacketBuffer(8000)
    buffer.start(START)
    for number in numbers:
        assert put(buffer, number) is Outcome.STORED
    return buffer


def test_nothing_is_due_before_anything_has_come() -> None:
    buffer = PacketBuffer(8000)
    assert buffer.is_empty
    assert buffer.take() is None


def test_packets_come_out_in_order_across_a_wrap() -> None:
    buffer = holding(0, 2, 1, 4, 3)
    assert [buffer.take() for _ in range(5)] == [Due(bytes([number]), FRAME) for number in range(5)]
    assert not buffer.waits
    assert buffer.take() is None


def test_a_missing_packet_is_told_with_the_one_that_follows() -> None:
    buffer = holding(0, 2)
    assert buffer.take() == Due(b"\0", FRAME)
    assert not buffer.has_next
    assert buffer.take() == Due(None, FRAME, b"\2")
    assert buffer.take() == Due(b"\2", FRAME)


def test_of_several_missing_only_the_last_can_be_repaired() -> None:
    buffer = holding(0, 3)
    buffer.take()
    assert [buffer.take() for _ in range(3)] == [
        Due(None, FRAME),
        Due(None, FRAME, b"\3"),
        Due(b"\3", FRAME),
    ]


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_the_gap_before_a_packet_is_one_piece_as_long_as_the_packet(frames: int) -> None:
    """A copy in a packet of 40 or 60 ms cannot be asked for in pieces of 20 ms."""
    span = frames * FRAME
    buffer = PacketBuffer(8000)
    buffer.start(0)
    buffer.insert(0, span, b"a")
    buffer.insert(3 * span, span, b"d")
    assert buffer.take() == Due(b"a", span)
    assert [buffer.take() for _ in range(frames)] == [Due(None, FRAME)] * frames
    assert [buffer.take(), buffer.take()] == [Due(None, span, b"d"), Due(b"d", span)]


def test_of_a_gap_that_has_begun_the_rest_is_one_piece() -> None:
    buffer = PacketBuffer(8000)
    buffer.start(FRAME)
    buffer.insert(3 * FRAME, 3 * FRAME, b"x")
    assert buffer.take() == Due(None, 2 * FRAME, b"x")


def test_a_packet_is_played_once_and_not_late() -> None:
    buffer = holding(0, 1, 2)
    assert put(buffer, 1) is Outcome.DUPLICATE
    buffer.take()
    assert put(buffer, 0) is Outcome.LATE
    assert buffer.take() == Due(b"\1", FRAME)


def test_a_peer_that_starts_anew_does_not_belong() -> None:
    buffer = holding(0, 1)
    near, far = MAX_AHEAD * FRAME, MAX_BEHIND * FRAME
    belongs = [buffer.belongs(buffer.head + ahead) for ahead in (0, near, near + 1, -far, -far - 1)]
    assert belongs == [True, True, False, True, False]
    buffer.start(77)
    assert not buffer.waits
    assert buffer.belongs(77)


@pytest.mark.parametrize("span", [0, -1, 7 * FRAME])
def test_a_packet_that_lasts_for_no_time_or_too_long_is_refused(span: int) -> None:
    assert holding().insert(START, span, b"") is Outcome.IMPOSSIBLE


def test_packets_that_overlap_are_played_without_going_back() -> None:
    buffer = PacketBuffer(8000)
    buffer.start(0)
    for timestamp, span in ((0, 320), (160, 320), (400, 160), (420, 10)):
        buffer.insert(timestamp, span, b"x")
    assert [buffer.take() for _ in range(4)] == [
        Due(b"x", 320),
        Due(None, 80, b"x"),
        Due(b"x", 160),
        None,
    ]


def test_packets_that_wait_are_bounded() -> None:
    buffer = holding()
    outcomes = [buffer.insert(START + number, 1, b"x") for number in range(MAX_PACKETS + 1)]
    assert outcomes[-2:] == [Outcome.STORED, Outcome.IMPOSSIBLE]
