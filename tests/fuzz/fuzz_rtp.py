"""RTP packets: malformed, or with a payload that lies within them.

With NUMBA_DISABLE_JIT=1 the reader is plain Python, whose every index is checked.
"""

import numpy as np

from media.rtp.packet import FIXED, parse
from tests.fuzz.running import Target, main

HEADER = bytes.fromhex("8000000100000001deadbeef")
SEEDS = [
    HEADER + b"\xff" * 160,
    b"\x82" + HEADER[1:] + b"\0\0\0\1\0\0\0\2" + b"payload",
    b"\x90" + HEADER[1:] + b"\xbe\xde\0\1\x10\xff\0\0" + b"payload",
    b"\xb1" + HEADER[1:] + b"\0\0\0\1\xbe\xde\0\0payload\0\0\0\4",
    HEADER,
    HEADER[:11],
    b"",
]


def check(octets: bytes) -> None:
    """Try one input."""
    header = parse(np.frombuffer(octets, np.uint8), len(octets))
    if header.start == -1:
        return
    assert FIXED <= header.start <= header.end <= len(octets)
    assert 0 <= header.payload_type < 128
    assert header.sequence == int.from_bytes(octets[2:4], "big")
    assert header.ssrc == int.from_bytes(octets[8:12], "big")


TARGET = Target("rtp", check, SEEDS, [b"\x80", b"\xbf", b"\xff\xff", b"\0", b"\xbe\xde"])

if __name__ == "__main__":
    main(TARGET)
