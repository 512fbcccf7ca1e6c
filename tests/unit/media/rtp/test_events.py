"""Telephone-events: one digit for each press, whatever the network does."""

import struct
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.engine.memory import make_state
from media.rtp import events

pytestmark = pytest.mark.unit

Packet = tuple[int, int, int, bool]
"""Timestamp, code, duration, end."""


class Keypad:
    """One leg's events; `digits` is what came out: code and milliseconds."""

    def __init__(self) -> None:
        self.keys = make_state(1, 1, 1).keys
        self.digits: list[tuple[int, int]] = []
        self.tick = 0
        events.clear(self.keys, 0)

    def packet(self, timestamp: int, code: int, duration: int, end: bool) -> None:
        payload = np.frombuffer(struct.pack("!BBH", code, 0x8A if end else 0x0A, duration), np.uint8).copy()
        self._note(events.press(self.keys, 0, self.tick, timestamp, payload))

    def pass_ticks(self, count: int) -> None:
        for _ in range(count):
            self.tick += 1
            self._note(events.expire(self.keys, 0, self.tick))

    def _note(self, code: int) -> None:
        if code != events.NO_DIGIT:
            self.digits.append((int(code), int(self.keys.held[0])))


def press(timestamp: int, code: int, updates: int = 5) -> list[Packet]:
    """All packets of one press of 20 ms times updates."""
    running = [(timestamp, code, 160 * step, False) for step in range(1, updates + 1)]
    return running + [(timestamp, code, 160 * updates, True)] * 3


def play(packets: Iterable[Packet]) -> list[tuple[int, int]]:
    keypad = Keypad()
    for packet in packets:
        keypad.packet(*packet)
        keypad.pass_ticks(1)
    keypad.pass_ticks(events.SILENCE_TICKS)
    return keypad.digits


def test_one_press_is_one_digit() -> None:
    assert play(press(1000, 7)) == [(7, 100)]


def test_equal_digits_are_told_apart_by_their_timestamps() -> None:
    assert play(press(1000, 7) + press(3000, 7)) == [(7, 100), (7, 100)]


@settings(deadline=None)
@given(st.sets(st.integers(0, 7), max_size=7))
def test_as_long_as_one_packet_arrives_it_is_one_digit(lost: set[int]) -> None:
    packets = [packet for k, packet in enumerate(press(1000, 11)) if k not in lost]
    digits = play(packets)
    assert [code for code, _ in digits] == [11]


@settings(deadline=None)
@given(st.permutations(press(1000, 3)))
def test_packets_out_of_order_are_one_digit(packets: list[Packet]) -> None:
    assert [code for code, _ in play(packets)] == [3]


@settings(deadline=None)
@given(st.permutations(press(1000, 3) * 2))
def test_duplicates_are_one_digit(packets: list[Packet]) -> None:
    assert [code for code, _ in play(packets)] == [3]


def test_a_lost_end_is_made_up_by_time() -> None:
    keypad = Keypad()
    keypad.packet(1000, 5, 320, end=False)
    keypad.pass_ticks(events.SILENCE_TICKS - 1)
    assert keypad.digits == []
    keypad.pass_ticks(1)
    assert keypad.digits == [(5, 40)]


def test_the_next_digit_ends_the_one_before() -> None:
    keypad = Keypad()
    keypad.packet(1000, 5, 320, end=False)
    keypad.packet(2000, 6, 160, end=False)
    assert keypad.digits == [(5, 40)]
    keypad.packet(2000, 6, 800, end=True)
    assert keypad.digits == [(5, 40), (6, 100)]


def test_a_packet_of_an_earlier_digit_is_nothing() -> None:
    assert [code for code, _ in play([*press(2000, 6), (1000, 5, 800, True)])] == [6]


def test_a_long_press_in_segments_is_one_digit() -> None:
    segment = 0xFFFF
    packets = [
        (1000, 1, 30_000, False),
        (1000, 1, segment, False),
        (1000 + segment, 1, 8000, False),
        (1000 + segment, 1, 8000, True),
    ]
    assert play(packets) == [(1, (segment + 8000) // 8)]


def test_a_key_that_is_never_let_go_is_one_digit_of_ten_seconds() -> None:
    keypad = Keypad()
    for step in range(3 * events.LONGEST_TICKS):
        keypad.packet(1000, 1, min(160 * step, 0xFFFF), end=False)
        keypad.pass_ticks(1)
        assert bool(keypad.digits) == (step + 1 >= events.LONGEST_TICKS)
    assert [code for code, _ in keypad.digits] == [1]


def test_nobody_is_believed_to_have_held_a_key_for_longer() -> None:
    segment = 0xFFFF
    packets = [(1000 + segment * step, 1, segment, False) for step in range(5)]
    assert play([*packets, (1000 + segment * 4, 1, segment, True)]) == [(1, 20 * events.LONGEST_TICKS)]


def test_a_flood_is_cut_to_so_many_digits_a_second() -> None:
    keypad = Keypad()
    for k in range(200):
        keypad.packet(1000 + 400 * k, 1, 160, end=True)
        keypad.pass_ticks(k % 2)
    assert len(keypad.digits) == 2 * events.DIGITS_PER_SECOND


@pytest.mark.parametrize("payload", [b"", b"\1\x80\0", b"\x10\x80\0\xa0", b"\xff\x80\0\xa0"])
def test_what_is_no_digit(payload: bytes) -> None:
    keypad = Keypad()
    octets = np.frombuffer(payload, np.uint8).copy()
    assert events.press(keypad.keys, 0, 0, 1000, octets) == events.NO_DIGIT
