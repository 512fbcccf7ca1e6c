"""STUN on both ports: connectivity checks refused or read, keep-alives answered in brief or not at all.

Each input is tried as it is, and as the attributes of a check that is signed: by chance none would be.
"""

import struct

from aioice.stun import message_fingerprint, message_integrity

from media.errors import Malformed
from media.rtp import stun as checks
from signalling.sip import stun as keep_alives
from tests.fuzz.running import Target, main

USER, PASSWORD = "ours:theirs", "p" * 24
SOURCES = (("192.0.2.7", 40_000), ("2001:db8::7", 40_000))
LONGEST_ANSWER = 44

HEADER = bytes.fromhex("000100002112a442") + b"0123456789ab"
NAMED = struct.pack("!HH", 0x0006, len(USER)) + USER.encode() + b"\0"
PRIORITY = bytes.fromhex("0024000400000001")
NOMINATES = bytes.fromhex("00250000")
SEEDS = [b"", HEADER, NAMED + PRIORITY + NOMINATES, HEADER + NAMED, NAMED * 30]
WORDS = [NAMED, PRIORITY, NOMINATES, HEADER, b"\0\x08\0\x14", b"\x80\x28\0\4", b"\0\x06", b"\xff\xff"]


def check(octets: bytes) -> None:
    """Try one input."""
    for datagram in (octets, _signed(octets)):
        try:
            read = checks.read_check(datagram, USER, PASSWORD)
        except Malformed:
            pass
        else:
            assert len(checks.answer(read, SOURCES[0], PASSWORD)) <= len(datagram)
        for source in SOURCES:
            if keep_alives.is_stun(datagram):
                assert len(keep_alives.answer(datagram, source) or b"") <= LONGEST_ANSWER


def _signed(attributes: bytes) -> bytes:
    message = HEADER + attributes[: len(attributes) // 4 * 4]
    message += b"\0\x08\0\x14" + message_integrity(message, PASSWORD.encode())
    message += b"\x80\x28\0\4" + struct.pack("!I", message_fingerprint(message))
    return message[:2] + struct.pack("!H", len(message) - len(HEADER)) + message[4:]


TARGET = Target("stun", check, SEEDS, WORDS)

if __name__ == "__main__":
    main(TARGET)
