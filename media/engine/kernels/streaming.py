"""What ports hear, straight into the sockets of websockets: many applications in one call.

A frame is masked and written where it lies, without the interpreter; the control thread calls this, and
engine and interpreter go on meanwhile.
"""

from typing import NamedTuple

import numpy as np

from media.engine.compile import kernel
from media.engine.records import observe
from media.engine.state import FULL, OUTBOUND_RING, Ints, Octets, Ports, Samples
from media.engine.syscalls import send
from media.legs.port import OUTBOUND_FRAMES

HEAD = 8
"""Octets before the samples: of a binary message of 126 to 65535 octets, masked (RFC 6455 section 5.2)."""
KEY = 4
"""Octets of them that mask."""

_BINARY = 0x82
_MASKED_MEDIUM = 0x80 | 126


class Streams(NamedTuple):
    """What there is to be done, a row for each application, and what became of it."""

    legs: Ints
    """Rows of the ports."""
    fds: Ints
    samples: Ints
    """Of a frame."""
    popped: Ints
    """[row] frames that are not for the application any more."""
    sent: Ints
    """[row] octets of the newest message that the system took, or a negative error; all of them: go on."""
    keys: Octets
    """[row, KEY] what masks the next message: nobody may foresee it, and none comes twice."""
    messages: Octets
    """[row, octets] the newest message."""


def make_streams(rows: int) -> Streams:
    """Room for so many, each with a message of a frame at the highest rate of ports."""
    return Streams(
        legs=np.zeros(rows, np.int64),
        fds=np.zeros(rows, np.int64),
        samples=np.zeros(rows, np.int64),
        popped=np.zeros(rows, np.int64),
        sent=np.zeros(rows, np.int64),
        keys=np.zeros((rows, KEY), np.uint8),
        messages=np.zeros((rows, HEAD + 2 * FULL), np.uint8),
    )


@kernel
def stream_all(streams: Streams, count: int, ports: Ports, outbound: Samples) -> None:
    """Send each of the first `count` rows one frame, if there is one."""
    for row in range(count):
        leg = streams.legs[row]
        heard = observe(ports.heard, leg)
        popped = max(streams.popped[row], heard - OUTBOUND_FRAMES)
        streams.popped[row] = min(popped + 1, heard)
        if popped >= heard:
            streams.sent[row] = 0
            continue
        message = streams.messages[row]
        at = popped % OUTBOUND_RING * streams.samples[row]
        frame = outbound[leg, at : at + streams.samples[row]]
        length = _make(message, frame, streams.keys[row])
        streams.sent[row] = send(streams.fds[row], message, length)


@kernel
def _make(message: Octets, frame: Samples, key: Octets) -> int:
    """Put a frame into a message; its length."""
    octets = 2 * frame.size
    message[0], message[1] = _BINARY, _MASKED_MEDIUM
    message[2], message[3] = octets >> 8, octets & 0xFF
    for k in range(KEY):
        message[HEAD - KEY + k] = key[k]
    for k in range(frame.size):
        sample = int(frame[k])
        at = HEAD + 2 * k
        message[at] = (sample & 0xFF) ^ key[2 * k % KEY]
        message[at + 1] = (sample >> 8 & 0xFF) ^ key[(2 * k + 1) % KEY]
    return HEAD + octets
