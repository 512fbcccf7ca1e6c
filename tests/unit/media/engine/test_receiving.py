"""Receiving: the latch at work, digits between frames, hostile packets, socket errors."""

import errno
import math
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.codecs.g711 import ENCODE, PCMU
from media.dsp.conceal import JOIN
from media.engine import records, standin
from media.engine.compile import COMPILED
from media.engine.kernels.receiving import DRAIN_TICKS, MAX_READS
from media.engine.state import FRAME, PACKET, PORT, RTP
from media.engine.syscalls import endpoint
from media.rtp import latch
from tests.support.board import AUDIO, EVENTS, NOISE, Board, Peer
from tests.unit.media.engine.test_mixing import hears

pytestmark = pytest.mark.unit

STRANGER = endpoint("203.0.113.9", 6666)
LISTENER = records.SENDS | records.LISTENED_TO


def digit_packets(peer: Peer, code: int) -> list[bytes]:
    """Eight packets of one key press at the peer's present timestamp."""
    return [
        peer.packet(struct.pack("!BBH", code, 0x80 if step > 4 else 0, 160 * min(step + 1, 6)), EVENTS)
        for step in range(8)
    ]


def test_the_latch_locks_connects_and_tells(board: Board) -> None:
    peer = board.open(100)
    board.tick()
    assert board.events(records.LATCHED) == [(peer.leg, peer.address, 0)]
    assert standin.machine.connected[peer.fd] == peer.address


def test_before_the_lock_audio_goes_to_the_described_address(board: Board) -> None:
    peer = board.open(100)
    peer.silent = True
    board.tick(3)
    assert [target for target, _ in standin.machine.sent[peer.fd]] == [peer.address] * 3


def test_nobody_is_sent_to_for_long_who_was_never_heard(board: Board) -> None:
    """A description may name a victim, who does not answer."""
    peer = board.open(100)
    peer.silent = True
    board.tick(latch.MOST_UNHEARD + 100)
    assert len(standin.machine.sent[peer.fd]) == latch.MOST_UNHEARD
    peer.silent = False
    board.tick(50)
    assert len(standin.machine.sent[peer.fd]) >= latch.MOST_UNHEARD + 50 - 1, "heard, and sent to again"


def test_who_was_heard_once_may_be_silent(board: Board) -> None:
    peer = board.open(100)
    board.tick()
    peer.silent = True
    board.tick(latch.MOST_UNHEARD + 100)
    assert len(standin.machine.sent[peer.fd]) == latch.MOST_UNHEARD + 101


@pytest.mark.parametrize(("directions", "is_endless"), [(records.SENDS, False), (LISTENER, True)])
def test_only_an_operators_listener_is_sent_to_without_end(
    board: Board, directions: int, is_endless: bool
) -> None:
    peer = board.open(directions=directions)
    peer.silent = True
    board.tick(latch.MOST_UNHEARD + 100)
    assert len(standin.machine.sent[peer.fd]) == latch.MOST_UNHEARD + 100 * is_endless


@pytest.mark.parametrize("victim", ["192.0.2.1", "198.51.100.1"])
def test_another_description_is_not_another_ten_seconds(board: Board, victim: str) -> None:
    """Else whoever describes one silent port after the other floods their hosts for ever."""
    peer = board.open()
    peer.silent = True
    board.tick(latch.MOST_UNHEARD - 10)
    elsewhere = endpoint(victim, 7000)
    for described in (elsewhere, peer.address, elsewhere):
        board.start(peer, address=described)
        board.tick(100)
    sent = [target for target, _ in standin.machine.sent[peer.fd]]
    assert sent == [peer.address] * (latch.MOST_UNHEARD - 10) + [elsewhere] * 10


def say_as_a_stranger(peer: Peer, packets: int) -> None:
    for number in range(packets):
        peer.deliver(struct.pack("!BBHII", 0x80, AUDIO, number, 160 * number, 99) + b"\x00" * FRAME, STRANGER)


def test_who_was_faster_than_the_peer_loses_to_it(board: Board) -> None:
    """Nothing that is forged keeps the kernel from showing us the peer."""
    a = board.open(100)
    a.silent = True
    board.tick()
    say_as_a_stranger(a, 6)
    board.tick(5)
    assert board.events(records.LATCHED) == [(a.leg, STRANGER, 0)]
    assert a.fd not in standin.machine.connected
    a.silent = False
    board.tick(5)
    assert board.events(records.LATCHED) == [(a.leg, a.address, 0)]
    assert standin.machine.connected[a.fd] == a.address
    say_as_a_stranger(a, 6)
    board.tick(5)
    assert standin.machine.sent[a.fd][-1][0] == a.address


def test_a_peer_behind_a_nat_wins_by_where_it_signals_from(board: Board) -> None:
    signals = endpoint("198.51.100.1", 0)
    board.signalled = signals >> 16
    a = board.open(100)
    described, a.address = a.address, signals | 4444
    a.silent = True
    board.tick()
    say_as_a_stranger(a, 6)
    a.silent = False
    board.tick(6)
    assert board.events(records.LATCHED) == [(a.leg, STRANGER, 0), (a.leg, a.address, 0)]
    assert standin.machine.sent[a.fd][-1][0] == a.address
    assert described != a.address


def test_the_kernel_keeps_strangers_off_when_the_choice_is_certain(board: Board) -> None:
    a = board.open(100)
    a.address = endpoint("192.0.2.1", 9999)
    board.tick(latch.WINDOW_TICKS)
    assert a.fd not in standin.machine.connected
    board.tick(latch.CONFIRMATIONS)
    assert standin.machine.connected[a.fd] == a.address


def test_a_peer_elsewhere_is_heard_after_four_packets_and_sent_to(board: Board) -> None:
    a, b = board.open(100, room=0), board.open(200, room=0)
    moved = endpoint("192.0.2.1", 9999)
    described, a.address = a.address, moved
    board.tick(3)
    assert board.state.stream.latch[a.leg] == latch.LEARNING
    assert {target for target, _ in standin.machine.sent[a.fd]} == {described}
    board.tick(3)
    assert hears(b) == a.says
    assert standin.machine.sent[a.fd][-1][0] == moved


def test_what_a_stranger_had_sent_before_the_lock_is_dropped(board: Board) -> None:
    a, b = board.open(100, room=0), board.open(200, room=0)
    forged = a.packet(b"\x00" * FRAME)
    for source in (STRANGER, a.address, STRANGER):
        a.deliver(forged if source == STRANGER else a.packet(b"\xff" * FRAME), source)
    a.silent = True
    board.tick(9)
    assert hears(b) == 0
    assert board.state.meter.dropped[0] == 2


def test_where_packets_come_from_is_asked_unless_nobody_else_can_have_sent_them(board: Board) -> None:
    a = board.open(100)
    alone = board.state.stream.alone
    for _ in range(MAX_READS):
        a.deliver(a.packet(b"\xff" * FRAME))
    board.tick()
    assert (board.state.stream.latch[a.leg], alone[a.leg]) == (latch.LOCKED, 0), "something may still wait"
    board.tick(DRAIN_TICKS)
    assert alone[a.leg] == 1
    a.silent = True
    board.tick(latch.DOUBT_TICKS)
    assert (board.state.stream.latch[a.leg], alone[a.leg]) == (latch.DOUBTED, 0)
    a.deliver(a.packet(b"\x00" * FRAME), STRANGER)
    board.tick()
    assert board.state.stream.remote[a.leg] == STRANGER


@pytest.mark.parametrize("leave", ["described anew", "carried elsewhere"])
def test_who_may_be_another_is_asked_for_again(board: Board, leave: str) -> None:
    a = board.open(100)
    board.tick(DRAIN_TICKS + 1)
    assert board.state.stream.alone[a.leg] == 1
    if leave == "described anew":
        board.start(a, address=STRANGER)
    else:
        board.engine.command(records.CARRY, a.leg, PORT, 1, 0)
        board.engine.command(records.CARRY, a.leg, RTP, 1, 0)
    board.tick()
    assert board.state.stream.alone[a.leg] == 0


def test_a_new_description_opens_the_latch(board: Board) -> None:
    a = board.open(100)
    board.tick()
    board.start(a, address=STRANGER)
    a.silent = True
    board.tick()
    assert board.state.stream.latch[a.leg] == latch.OPEN
    assert a.fd not in standin.machine.connected
    board.start(a, directions=records.SENDS, address=STRANGER)
    a.deliver(a.packet(b""), STRANGER)
    board.tick()
    assert board.state.stream.latch[a.leg] == latch.LOCKED


def test_a_peer_that_moves_is_followed_after_a_second_of_silence(board: Board) -> None:
    a, b = board.open(100, room=0), board.open(200, room=0)
    board.tick(5)
    old, a.address = a.address, endpoint("192.0.2.1", 9999)
    a.silent = True
    board.tick(latch.DOUBT_TICKS - 1)
    assert standin.machine.connected[a.fd] == old
    board.tick()
    assert a.fd not in standin.machine.connected, "so that anybody's packets arrive"
    a.deliver(a.packet(b"\x00" * FRAME)[:8] + b"SSRC" + b"\x00" * FRAME, STRANGER)
    board.tick()
    assert {target for target, _ in standin.machine.sent[a.fd]} == {old}
    a.silent = False
    board.tick(5)
    assert standin.machine.connected[a.fd] == a.address
    assert standin.machine.sent[a.fd][-1][0] == a.address
    assert hears(b) == a.says
    assert board.events(records.LATCHED)[-1] == (a.leg, a.address, 0)
    assert board.state.meter.dropped[0] == 1


def test_a_silent_peer_that_speaks_again_shuts_the_door(board: Board) -> None:
    a = board.open(100)
    board.tick()
    a.silent = True
    board.tick(3 * latch.DOUBT_TICKS)
    a.silent = False
    board.tick()
    assert standin.machine.connected[a.fd] == a.address
    a.deliver(a.packet(b"\x00" * FRAME), STRANGER)
    board.tick()
    assert standin.machine.sent[a.fd][-1][0] == a.address


def test_digits_between_frames_leave_no_gap(board: Board) -> None:
    a, b = board.open(1000, room=0), board.open(room=0)
    board.tick(5)
    for code in (1, 2):
        for packet in digit_packets(a, code):
            a.deliver(packet)
            board.tick()
            assert hears(b) == a.says
    assert board.events(records.DIGIT) == [(a.leg, 1, 120), (a.leg, 2, 120)]


def test_a_digit_without_end_comes_after_a_while(board: Board) -> None:
    a = board.open()
    board.tick()
    a.deliver(digit_packets(a, 7)[0])
    board.tick(15)
    assert board.events(records.DIGIT) == [(a.leg, 7, 20)]


def test_a_new_ssrc_is_a_new_stream(board: Board) -> None:
    a, b = board.open(100, room=0), board.open(room=0)
    board.tick(10)
    a.ssrc, a.sequence, a.timestamp = 77, 9, 12345
    board.tick(4)
    assert hears(b) == a.says
    assert board.state.reception.packets[a.leg] == 14
    assert board.state.reception.received[a.leg] == 4


def test_other_payload_types_are_counted_and_not_heard(board: Board) -> None:
    a, b = board.open(room=0), board.open(room=0)
    board.tick(5)
    a.silent = True
    for _ in range(5):
        a.deliver(a.packet(b"\x00" * FRAME, payload_type=8))
        board.tick()
    assert hears(b) == 0
    assert board.state.reception.packets[a.leg] == 10


def test_a_flood_takes_a_bounded_number_of_reads(board: Board) -> None:
    a = board.open()
    for _ in range(200):
        a.deliver(b"junk")
    board.tick()
    assert len(standin.machine.waiting[a.fd]) == 201 - MAX_READS


def test_a_closed_port_at_the_peer_is_counted_and_survived(board: Board) -> None:
    a, b = board.open(100, room=0), board.open(room=0)
    board.tick(5)
    standin.machine.errors[a.fd].extend([errno.ECONNREFUSED])
    board.tick()
    assert hears(b) == a.says
    assert board.state.meter.errors[0] == 1


def test_a_datagram_that_may_have_been_cut_is_dropped(board: Board) -> None:
    a = board.open()
    board.tick()
    a.silent = True
    a.deliver(a.packet(bytes(PACKET)))
    board.tick()
    assert board.state.meter.dropped[0] == 1


def test_a_leg_whose_packets_come_in_time_is_read_once_a_tick(board: Board) -> None:
    a = board.open(100)
    board.tick(20)
    a.deliver(a.packet(b"\xff" * FRAME))
    a.timestamp += FRAME
    waiting = []
    for _ in range(DRAIN_TICKS):
        board.tick()
        waiting.append(len(standin.machine.waiting[a.fd]))
    # What was fresh had nothing behind it, until the next look that is for certain.
    until = DRAIN_TICKS - 1 - (20 + a.leg) % DRAIN_TICKS
    assert waiting == [1] * until + [0] * (DRAIN_TICKS - until)


def test_late_packets_are_read_until_a_fresh_one(board: Board) -> None:
    a, b = board.open(1000, room=0), board.open(room=0)
    board.tick(20)
    a.silent = True
    held = [
        a.packet(bytes([int(ENCODE[PCMU, a.says])]) * FRAME, timestamp=a.timestamp + k * FRAME)
        for k in range(4)
    ]
    board.tick(3)
    for packet in held:
        a.deliver(packet)
    board.tick()
    assert not standin.machine.waiting[a.fd]
    board.tick(2)
    assert hears(b) == a.says


@pytest.mark.parametrize("ticks_later", [0, 5])
def test_a_copy_is_no_reason_to_wait(board: Board, ticks_later: int) -> None:
    """Every tenth packet comes again, in the same tick or 100 ms later."""
    a = board.open(1000)
    a.silent = True
    copies: dict[int, bytes] = {}
    for tick in range(150):
        packet = a.packet(b"\xff" * FRAME)
        a.deliver(packet)
        if tick % 10 == 0:
            copies[tick + ticks_later] = packet
        if tick in copies:
            a.deliver(copies[tick])
        board.tick()
    jitter = board.state.jitter
    assert (int(jitter.wanted[a.leg]), int(jitter.inserted[a.leg]), int(jitter.late[a.leg])) == (0, 0, 0)
    assert jitter.duplicates[a.leg] == len(copies)


def test_numbers_that_stand_still_are_no_copies(board: Board) -> None:
    """A peer that does not count is heard by its timestamps."""
    a, b = board.open(1000, room=0), board.open(room=0)
    a.silent = True
    for _ in range(10):
        a.sequence = 7
        a.deliver(a.packet(bytes([int(ENCODE[PCMU, a.says])]) * FRAME))
        board.tick()
    assert hears(b) == a.says
    assert board.state.jitter.duplicates[a.leg] == 0


def test_a_peer_that_begins_its_numbers_and_its_clock_anew_is_heard(board: Board) -> None:
    """It plays a file again, after a pause of three seconds."""
    a, b = board.open(1000, room=0), board.open(room=0)
    for _ in range(2):
        a.sequence, a.timestamp, a.silent = 0, 0, False
        board.tick(20)
        assert hears(b) == a.says
        a.silent = True
        board.tick(150)


@pytest.mark.parametrize("newer_first", [False, True])
def test_the_order_in_the_socket_does_not_matter_for_the_delay(board: Board, *, newer_first: bool) -> None:
    """Every fifth packet comes 20 ms late, in one tick with the next: before it or after it."""
    a = board.open(1000)
    board.tick(20)
    a.silent = True
    late: list[bytes] = []
    for tick in range(150):
        packet = a.packet(b"\xff" * FRAME)
        if tick % 5 == 0:
            late.append(packet)
        else:
            both = [packet, *late] if newer_first else [*late, packet]
            late.clear()
            for each in both:
                a.deliver(each)
        board.tick()
    assert not standin.machine.waiting[a.fd]
    assert board.state.jitter.wanted[a.leg] == FRAME
    assert board.state.jitter.playing[a.leg] == FRAME


def test_a_second_that_comes_at_once_is_read_at_once(board: Board) -> None:
    a = board.open(100)
    board.tick(10)
    a.silent = True
    held = [a.packet(b"\xff" * FRAME, timestamp=a.timestamp + k * FRAME) for k in range(50)]
    board.tick(49)
    for packet in held:
        a.deliver(packet)
    board.tick()
    assert not standin.machine.waiting[a.fd]


def test_comfort_noise_is_heard_at_its_level_until_somebody_speaks(board: Board) -> None:
    a, b = board.open(1000, room=0), board.open(room=0)
    board.tick(10)
    a.silent = True
    a.deliver(a.packet(bytes([40]), NOISE))
    board.tick()
    noise = []
    for _ in range(20):
        board.tick()
        noise.append(b.heard().astype(float))
    level = 20 * math.log10(math.sqrt(np.mean(np.concatenate(noise) ** 2)) / 32768)
    assert level == pytest.approx(-40, abs=1)
    a.silent = False
    board.tick(3)
    assert hears(b) == a.says
    assert board.state.jitter.concealed[a.leg] == 0, "a pause is no loss"


def test_noise_of_a_peer_that_is_not_listened_to_is_not_heard(board: Board) -> None:
    a, b = board.open(room=0, directions=records.SENDS), board.open(room=0)
    a.silent = True
    board.tick(10)
    a.deliver(a.packet(bytes([20]), NOISE))
    board.tick(3)
    assert not b.heard().any()


def test_keys_are_no_gap_in_what_is_said(board: Board) -> None:
    a, b = board.open(1000, room=0), board.open(room=0)
    board.tick(10)
    a.silent = True
    for packet in digit_packets(a, 5):
        a.deliver(packet)
        board.tick()
        assert not b.heard()[JOIN:].any(), "nor is anything made up for them"
    a.silent = False
    board.tick(5)
    assert hears(b) == a.says
    assert board.state.jitter.concealed[a.leg] == 0


def test_a_pause_without_a_word_is_told_from_a_loss_by_the_sequence_numbers(board: Board) -> None:
    a = board.open(1000, room=0)
    board.tick(10)
    for loses in (0, 3):
        a.silent = True
        board.tick(10)
        a.sequence += loses
        a.silent = False
        board.tick(5)
        assert (board.state.jitter.concealed[a.leg] > 0) == bool(loses)


@pytest.mark.skipif(COMPILED, reason="a compiled tick makes true system calls")
@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=64) | st.builds(bytes.__add__, st.just(b"\x80"), st.binary(max_size=80))))
def test_whatever_arrives_the_tick_goes_on(packets: list[bytes]) -> None:
    board = Board()
    try:
        a, b = board.open(room=0), board.open(room=0)
        for data in packets:
            a.deliver(data)
        board.tick(3)
        assert len(b.got) == 3
    finally:
        board.close()
