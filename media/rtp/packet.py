"""RTP packets taken apart (RFC 3550 section 5.1). Any octets give a header or none, never an error."""

from typing import NamedTuple

import numpy as np

from media.engine.compile import kernel
from media.engine.state import Octets

FIXED = 12
"""Octets of a header without CSRC and extension."""
_MASK32 = 0xFFFFFFFF


class Header(NamedTuple):
    """A packet's header. The payload is packet[start:end]; `start` is -1 when the packet is malformed."""

    start: int
    end: int
    payload_type: int
    marker: int
    sequence: int
    timestamp: int
    ssrc: int


@kernel
def parse(packet: Octets, length: int) -> Header:
    """Read the header of the packet in the first `length` octets of `packet`."""
    if length < FIXED or packet[0] >> 6 != 2:
        return _malformed()
    start = FIXED + 4 * (octet(packet, 0) & 0x0F)
    if packet[0] & 0x10:
        if start + 4 > length:
            return _malformed()
        start += 4 + 4 * word16(packet, start + 2)
    end = length
    if packet[0] & 0x20:
        padding = octet(packet, length - 1)
        if padding == 0:
            return _malformed()
        end -= padding
    if start > end:
        return _malformed()
    return Header(
        start,
        end,
        octet(packet, 1) & 0x7F,
        octet(packet, 1) >> 7,
        word16(packet, 2),
        word32(packet, 4),
        word32(packet, 8),
    )


@kernel
def _malformed() -> Header:
    return Header(-1, 0, 0, 0, 0, 0, 0)


@kernel
def octet(packet: Octets, at: int) -> int:
    """The octet at an offset, as a signed number: numba makes a float of unsigned with signed."""
    return int(np.int64(packet[at]))


@kernel
def word16(packet: Octets, at: int) -> int:
    """The big-endian 16-bit number at an offset."""
    return octet(packet, at) << 8 | octet(packet, at + 1)


@kernel
def word32(packet: Octets, at: int) -> int:
    """The big-endian 32-bit number at an offset."""
    return word16(packet, at) << 16 | word16(packet, at + 2)


@kernel
def put16(packet: Octets, at: int, value: int) -> None:
    """Write the low 16 bits of a number at an offset, big-endian."""
    packet[at] = value >> 8 & 0xFF
    packet[at + 1] = value & 0xFF


@kernel
def put32(packet: Octets, at: int, value: int) -> None:
    """Write the low 32 bits of a number at an offset, big-endian."""
    put16(packet, at, value >> 16)
    put16(packet, at + 2, value)


@kernel
def distance32(later: int, earlier: int) -> int:
    """How far one 32-bit timestamp lies after another, modulo 2^32: -2^31 to 2^31-1."""
    return ((later - earlier + 0x80000000) & _MASK32) - 0x80000000


@kernel
def distance16(later: int, earlier: int) -> int:
    """How far one sequence number lies after another, modulo 2^16: -2^15 to 2^15-1."""
    return ((later - earlier + 0x8000) & 0xFFFF) - 0x8000
