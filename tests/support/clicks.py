"""Clicks in a steady tone: where it bends more than a tone does, as far as no packet is missing."""

import struct
from collections import deque
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from media.control import Codec
from tests.support.rtp_party import DECODED
from tests.support.soft_phone import SORTS, Samples

_TIMESTAMP = struct.Struct("!I")


def stretches(packets: deque[bytes], codec: Codec) -> list[Samples]:
    """What was heard, in pieces: a packet that is missing begins another one.

    `codec`: PCMU or L16. The packets are taken, but for the last, with which the next stretch begins.
    """
    # RTCP for the telephone at the port below may come here as well.
    wanted = [packet for packet in packets if packet[1] & 0x7F == SORTS[codec].payload_type]
    came = {position(packet): packet[12:] for packet in wanted}
    while len(packets) > 1:
        packets.popleft()
    return [_samples(b"".join(payloads), codec) for payloads in _unbroken(sorted(came.items()), codec)]


def bend(audio: Samples) -> int:
    """The most that the steps between three samples differ."""
    return int(np.abs(np.diff(audio.astype(int), 2)).max(initial=0))


def position(packet: bytes) -> int:
    """Its RTP timestamp."""
    (timestamp,) = _TIMESTAMP.unpack_from(packet, 4)
    return int(timestamp)


def _unbroken(packets: list[tuple[int, bytes]], codec: Codec) -> Iterator[list[bytes]]:
    step = SORTS[codec].clock // 50
    ends = [at for at, ((one, _), (other, _)) in enumerate(pairwise(packets), 1) if other - one != step]
    for first, end in pairwise([0, *ends, len(packets)]):
        yield [payload for _, payload in packets[first:end]]


def _samples(octets: bytes, codec: Codec) -> Samples:
    if codec == "L16":
        return np.frombuffer(octets, ">i2").astype(np.int16)
    return DECODED[np.frombuffer(octets, np.uint8)]
