"""What the SIP targets start from: every message of the fixtures, cut up in various ways."""

import re

from tests.fuzz.running import FIXTURES, MAX_OCTETS

MESSAGES = [
    octets
    for path in sorted((FIXTURES / "sip").glob("*/*.sip"))
    if len(octets := path.read_bytes()) <= MAX_OCTETS
]

WORDS = [
    *b'\r\n|\n|\r|\0|\t| |;|,|:|@|<|>|"|\\|=|?|&|%|%00|%25|[|]|::|:::1.2.3.4|*'.split(b"|"),
    *b";lr|;tag=|;branch=|z9hG4bK|SIP/2.0|SIP/2.0/UDP |sip:|sips:|tel:|Digest ".split(b"|"),
    *b"Via: |v:|Content-Length: |l:|From: |To: |Contact: *|CSeq: ".split(b"|"),
    *[b"\r\n ", b"\r\n\r\n", b"99999999999999999999", b"4294967296", b"-1", b"\xff", "ж".encode()],
]


def values(*names: str) -> list[bytes]:
    """The values of header fields by these names, one of each."""
    pattern = rb"(?im)^(?:" + "|".join(names).encode() + rb")[ \t]*:[ \t]*(.*?)\r?$"
    return sorted({value for message in MESSAGES for value in re.findall(pattern, message)})
