"""Packets in their order, with delays and losses, without a clock."""

import pytest

from media.rtp.ordering import MAX_PACKETS, PREFILL, WINDOW, Due, Outcome, PacketBuffer

pytestmark = pytest.mark.unit

FRAME = 160
WRAP = 2**32


def packet(number: int) -> tuple[int, int, bytes]:
    """The packet of 20 ms with that number; timestamps wrap after the third."""
    return (WRAP - 3 * FRAME + number * FRAME) % WRAP, FRAME, bytes([number])


def playing(*numbers: int) -> PacketBuffer:
    """A buffer with these packets that has begun to play with the next `take`."""
    buffer = PacketBuffer(8000)
    for number in numbers:
        assert buffer.insert(*packet(number)) is Outcome.STORED
    for _ in range(PREFILL - 1):
        assert buffer.take() is None
    return buffer


def test_nothing_is_due_before_anything_has_come() -> None:
    assert PacketBuffer(8000).take() is None


def test_packets_come_out_in_order_across_a_wrap() -> None:
    buffer = playing(0, 2, 1, 4, 3)
    assert [buffer.take() for _ in range(5)] == [Due(bytes([number]), FRAME) for number in range(5)]
    assert buffer.take() is None


def test_a_missing_packet_is_told_with_the_one_that_follows() -> None:
    buffer = playing(0, 2)
    assert buffer.take() == Due(b"\0", FRAME)
    assert buffer.take() == Due(None, FRAME, b"\2")
    assert buffer.take() == Due(b"\2", FRAME)


def test_of_several_missing_only_the_last_can_be_repaired() -> None:
    buffer = playing(0, 3)
    buffer.take()
    assert [buffer.take() for _ in range(3)] == [
        Due(None, FRAME),
        Due(None, FRAME, b"\3"),
        Due(b"\3", FRAME),
    ]


def test_a_packet_is_played_once_and_not_late() -> None:
    buffer = playing(0, 1, 2)
    assert buffer.insert(*packet(1)) is Outcome.LATE
    buffer.take()
    assert buffer.insert(*packet(0)) is Outcome.LATE
    assert buffer.take() == Due(b"\1", FRAME)


def test_what_has_run_dry_is_filled_again_and_leaves_out_the_pause() -> None:
    buffer = playing(0, 1)
    assert [buffer.take() is not None for _ in range(4)] == [True, True, False, False]
    buffer.insert(*packet(10))
    buffer.insert(*packet(11))
    assert [buffer.take() for _ in range(2)] == [None, Due(b"\x0a", FRAME)]


@pytest.mark.parametrize("jump", [60_000, -60_000])
def test_a_peer_that_starts_anew_is_followed(jump: int) -> None:
    buffer = playing(0, 1, 2)
    buffer.take()
    assert buffer.insert((WRAP + jump) % WRAP, FRAME, b"new") is Outcome.STORED
    assert [buffer.take() for _ in range(2)] == [None, Due(b"new", FRAME)]


@pytest.mark.parametrize("span", [0, -1, 7 * FRAME])
def test_a_packet_that_lasts_for_no_time_or_too_long_is_refused(span: int) -> None:
    assert PacketBuffer(8000).insert(0, span, b"") is Outcome.IMPOSSIBLE


def test_packets_that_overlap_are_played_without_going_back() -> None:
    buffer = PacketBuffer(8000)
    for timestamp, span in ((0, 320), (160, 320), (400, 160), (420, 10)):
        buffer.insert(timestamp, span, b"x")
    buffer.take()
    assert [buffer.take() for _ in range(4)] == [
        Due(b"x", 320),
        Due(None, 80, b"x"),
        Due(b"x", 160),
        None,
    ]


def test_packets_that_wait_are_bounded() -> None:
    buffer = PacketBuffer(8000)
    outcomes = [buffer.insert(number, 1, b"x") for number in range(MAX_PACKETS + 1)]
    assert outcomes[-2:] == [Outcome.STORED, Outcome.IMPOSSIBLE]


def test_what_was_too_much_for_a_whole_window_is_skipped() -> None:
    buffer = playing(*range(6))
    assert buffer.depth == 6 * FRAME
    for number in range(6, 6 + WINDOW + 2):
        buffer.take()
        buffer.insert((packet(0)[0] + number * FRAME) % WRAP, FRAME, b"x")
    assert buffer.depth == PREFILL * FRAME
