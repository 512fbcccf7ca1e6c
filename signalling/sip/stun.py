"""STUN on the SIP port: the answer to a keep-alive over UDP (RFC 5626 section 4.4.2, RFC 5389).

A phone behind a NAT asks now and then where it is seen from, which keeps its binding open. Only that question
is answered: no credentials, no other method.
"""

import struct
from ipaddress import ip_address

MAGIC_COOKIE = 0x2112A442
_HEADER = struct.Struct("!HHI12s")
_BINDING_REQUEST = 0x0001
_BINDING_SUCCESS = 0x0101
_XOR_MAPPED_ADDRESS = 0x0020
_FAMILIES = {4: 1, 6: 2}


def is_stun(data: bytes) -> bool:
    """Whether a datagram is STUN and not SIP: two zero bits first, and the cookie (RFC 5389 section 6)."""
    return len(data) >= _HEADER.size and data[0] < 4 and data[4:8] == MAGIC_COOKIE.to_bytes(4, "big")


def answer(data: bytes, source: tuple[str, int]) -> bytes | None:
    """Build the response to a binding request from `source`; None for everything else.

    The response is no longer than 44 octets, so that it is no lever for a forged source.
    """
    kind, length, _, transaction = _HEADER.unpack_from(data)
    if kind != _BINDING_REQUEST or length != len(data) - _HEADER.size:
        return None
    mapped = _xor_mapped(source, transaction)
    return _HEADER.pack(_BINDING_SUCCESS, len(mapped), MAGIC_COOKIE, transaction) + mapped


def _xor_mapped(source: tuple[str, int], transaction: bytes) -> bytes:
    """Write XOR-MAPPED-ADDRESS (RFC 5389 section 15.2)."""
    address = ip_address(source[0])
    mask = MAGIC_COOKIE.to_bytes(4, "big") + transaction
    octets = bytes(octet ^ key for octet, key in zip(address.packed, mask, strict=False))
    port = source[1] ^ (MAGIC_COOKIE >> 16)
    body = struct.pack("!xBH", _FAMILIES[address.version], port) + octets
    return struct.pack("!HH", _XOR_MAPPED_ADDRESS, len(body)) + body
