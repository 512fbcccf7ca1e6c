"""The cutting of streams: octet by octet the same as all at once."""

from signalling.sip.errors import RemoteSipError
from signalling.sip.stream import StreamFramer
from tests.fuzz.running import Target, main
from tests.fuzz.seeds import MESSAGES, WORDS

LONGEST = 1200
"""Octets of an input. Each is fed alone, and a few messages fit."""

SEEDS = [b"\r\n\r\n".join(MESSAGES[place : place + 2]) for place in range(0, len(MESSAGES), 3)]


def check(octets: bytes) -> None:
    """Try one input."""
    octets = octets[:LONGEST]
    whole = _cut([octets])
    assert _cut([octets[place : place + 1] for place in range(len(octets))]) == whole
    assert sum(map(len, whole[0])) <= len(octets)


def _cut(pieces: list[bytes]) -> tuple[list[bytes], int, bool]:
    framer = StreamFramer()
    messages: list[bytes] = []
    for piece in pieces:
        try:
            messages += framer.feed(piece)
        except RemoteSipError:
            break
    return messages, framer.pings, framer.broken


TARGET = Target("framer", check, [seed[:LONGEST] for seed in SEEDS], WORDS)

if __name__ == "__main__":
    main(TARGET)
