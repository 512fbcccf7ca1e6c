"""The RTP parser against an independent one, and against everything."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.engine.state import PACKET
from media.rtp.packet import distance16, distance32, parse

pytestmark = pytest.mark.unit


def parse_bytes(data: bytes) -> tuple[int, ...]:
    """Parse in a buffer as large as the engine's, with something else behind the packet."""
    buffer = np.full(PACKET, 0xA5, np.uint8)
    buffer[: len(data)] = np.frombuffer(data, np.uint8)
    return tuple(int(field) for field in parse(buffer, len(data)))


def build(
    csrcs: int = 0, extension: bytes | None = None, padding: int = 0, payload: bytes = b"x" * 160
) -> bytes:
    first = 0x80 | (0x20 if padding else 0) | (0x10 if extension is not None else 0) | csrcs
    header = struct.pack("!BBHII", first, 0x80 | 101, 65535, 0xFFFFFFFE, 0x12345678) + b"\1" * 4 * csrcs
    if extension is not None:
        header += struct.pack("!HH", 0xBEDE, len(extension) // 4) + extension
    tail = b"\0" * (padding - 1) + bytes([padding]) if padding else b""
    return header + payload + tail


@settings(deadline=None)
@given(
    st.integers(0, 15),
    st.none() | st.integers(0, 40).map(lambda words: b"e" * 4 * words),
    st.integers(0, 255),
    st.binary(max_size=500),
)
def test_every_well_formed_packet_is_understood(
    csrcs: int, extension: bytes | None, padding: int, payload: bytes
) -> None:
    data = build(csrcs, extension, padding, payload)
    start, end, *rest = parse_bytes(data)
    assert data[start:end] == payload
    assert rest == [101, 1, 65535, 0xFFFFFFFE, 0x12345678]


@settings(deadline=None)
@given(st.binary(max_size=PACKET))
def test_any_octets_give_a_header_within_them_or_none(data: bytes) -> None:
    start, end, *_ = parse_bytes(data)
    assert start == -1 or 12 <= start <= end <= len(data)


@settings(deadline=None)
@given(st.integers(0, 15), st.integers(0, 65535), st.integers(0, 255), st.integers(12, 300))
def test_lengths_that_lie_are_refused(csrcs: int, words: int, padding: int, length: int) -> None:
    data = bytearray(length)
    data[:12] = struct.pack("!BBHII", 0xB0 | csrcs, 0, 1, 2, 3)
    at = 12 + 4 * csrcs
    if at + 4 <= length:
        data[at + 2 : at + 4] = words.to_bytes(2, "big")
    data[-1] = padding
    if length == 12:
        data[11] = padding
    start, end, *_ = parse_bytes(bytes(data))
    fits = at + 4 <= length and int.from_bytes(data[at + 2 : at + 4], "big") * 4 + at + 4 + data[-1] <= length
    assert (start >= 0) == (fits and data[-1] > 0)
    assert start == -1 or end == length - data[-1]


@pytest.mark.parametrize(
    "data", [b"", b"\x80" * 11, b"\x40" + bytes(11), b"\xc0" + bytes(11), b"\xa0" + bytes(11)]
)
def test_what_is_not_rtp(data: bytes) -> None:
    assert parse_bytes(data)[0] == -1


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(-(2**31), 2**31 - 1))
def test_distances_wrap(start: int, ahead: int) -> None:
    assert distance32((start + ahead) % 2**32, start) == ahead
    near = ahead >> 16
    assert distance16((start + near) % 2**16, start % 2**16) == near
