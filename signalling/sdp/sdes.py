"""Keys for SRTP inside descriptions: `a=crypto` (RFC 4568, RFC 7714)."""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from signalling.sdp.stream import SrtpKey, SrtpSuite

SUITES: Mapping[SrtpSuite, int] = {
    "AES_CM_128_HMAC_SHA1_80": 30,
    "AES_CM_128_HMAC_SHA1_32": 30,
    "AEAD_AES_128_GCM": 28,
}
"""Suites in the order of our offers, and the octets of key and salt. The first is the one that all have."""

MIN_LIFETIME = 1 << 20
"""Packets. A call at 10 ms sends fewer in its two hours, so that no key that is taken wears out."""

MAX_CRYPTO = 16
"""Lines of one stream that are looked at; phones offer up to eight."""

_LINE = re.compile(r"([0-9]{1,9}) +([A-Za-z0-9_]+) +(\S+)((?: +\S+)*)")
_KEY = re.compile(r"inline:([A-Za-z0-9+/]+={0,2})(?:\|(?:2\^([0-9]{1,2})|([0-9]{1,15})))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Crypto:
    """One line: the tag that an answer repeats, and the key of whoever wrote it."""

    tag: int
    key: SrtpKey

    def __str__(self) -> str:
        """Write the value of the attribute. It contains the key: for descriptions alone."""
        return f"{self.tag} {self.key.suite} inline:{base64.b64encode(self.key.key).decode()}"


def read_crypto(lines: Iterable[str]) -> tuple[Crypto, ...]:
    """Read the lines that we can serve, in the peer's order; any other is passed over.

    Passed over are suites that we have not, several keys, a master key index, keys that wear out within a
    call, and session parameters that change how packets look.
    """
    read = (_read(line) for line in list(lines)[:MAX_CRYPTO])
    return tuple(crypto for crypto in read if crypto is not None)


def _read(line: str) -> Crypto | None:
    found = _LINE.fullmatch(line.strip(" "))
    if found is None:
        return None
    tag, name, key, parameters = found.groups()
    suite = next((suite for suite in SUITES if suite == name.upper()), None)
    octets = _read_key(key)
    if suite is None or len(octets) != SUITES[suite] or not all(map(_is_harmless, parameters.split())):
        return None
    return Crypto(int(tag), SrtpKey(suite, octets))


def _read_key(text: str) -> bytes:
    """Octets of a key without an index, b"" for any other."""
    found = _KEY.fullmatch(text)
    if found is None:
        return b""
    key, exponent, lifetime = found.groups()
    packets = 1 << int(exponent) if exponent else int(lifetime or MIN_LIFETIME)
    if packets < MIN_LIFETIME:
        return b""
    try:
        return base64.b64decode(key, validate=True)
    except binascii.Error:
        return b""


def _is_harmless(parameter: str) -> bool:
    # WSH only advises the receiver; "-" marks what may be ignored (RFC 4568 sections 6.3.6 and 6.3.7).
    return parameter.upper().startswith("WSH=") or parameter.startswith("-")
