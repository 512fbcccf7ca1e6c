"""The buffer between an application's bursts and the mixer's steady pace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.legs.playout import IDLE_TICKS, MAX_BUFFERED_FRAMES, Playout
from tests.support.frame_port import FakePort

pytestmark = pytest.mark.unit

FRAME = 320


def drain(playout: Playout, port: FakePort) -> bytes:
    """Let everything be played, a frame a tick."""
    while port.played < playout.end:
        playout.tick()
        port.play()
    return b"".join(port.mixed)


@given(st.lists(st.binary(max_size=1500), max_size=12))
def test_messages_of_any_size_are_one_stream(messages: list[bytes]) -> None:
    port = FakePort()
    playout = Playout(port, FRAME)
    for message in messages:
        playout.feed(message)
    playout.fill_up()
    sent, played = b"".join(messages), drain(playout, port)
    assert played[: len(sent)] == sent
    assert not any(played[len(sent) :])
    assert len(played) - len(sent) < FRAME


def test_eight_octets_at_a_time_make_frames() -> None:
    port = FakePort()
    playout = Playout(port, FRAME)
    for number in range(80):
        playout.feed(bytes([number]) * 8)
    assert drain(playout, port) == b"".join(bytes([number]) * 8 for number in range(80))


def test_the_mixer_is_given_what_it_has_room_for() -> None:
    port = FakePort()
    playout = Playout(port, FRAME)
    playout.feed(bytes(FRAME * 20))
    playout.tick()
    assert len(port.waiting) == 8
    port.play(3)
    playout.tick()
    assert port.pushed == 11


def test_a_full_buffer_drops_the_newest() -> None:
    port = FakePort(2)
    playout = Playout(port, 2)
    for number in range(MAX_BUFFERED_FRAMES + 5):
        playout.feed(number.to_bytes(2, "little"))
    assert playout.dropped == 5
    assert playout.end == MAX_BUFFERED_FRAMES
    assert drain(playout, port)[-2:] == (MAX_BUFFERED_FRAMES - 1).to_bytes(2, "little")


def test_a_part_of_a_frame_waits_for_its_other_part() -> None:
    port = FakePort()
    playout = Playout(port, FRAME)
    playout.feed(b"\1" * 300)
    for _ in range(IDLE_TICKS - 1):
        playout.tick()
    assert port.pushed == 0
    playout.feed(b"\1" * 20)
    assert drain(playout, port) == b"\1" * FRAME


def test_a_part_of_a_frame_that_nothing_follows_is_played() -> None:
    port = FakePort()
    playout = Playout(port, FRAME)
    playout.feed(b"\1" * 301)
    for _ in range(IDLE_TICKS):
        playout.tick()
    playout.feed(b"\2" * FRAME)
    assert drain(playout, port) == b"\1" * 301 + bytes(19) + b"\2" * FRAME


def test_clear_forgets_everything() -> None:
    port = FakePort()
    playout = Playout(port, FRAME)
    playout.feed(b"\1" * (FRAME * 20 + 7))
    playout.tick()
    playout.clear()
    assert playout.end == port.played
    playout.feed(b"\2" * FRAME)
    assert drain(playout, port) == b"\2" * FRAME
