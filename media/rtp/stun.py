"""STUN as the lite side of ICE needs it: connectivity checks read, answered (RFC 8489, RFC 8445 section 7.3).

Only Binding requests that prove to know our password are answered, and an answer is shorter than any request
that can: nobody is flooded through us. Whatever else comes is refused without a word.
"""

import hashlib
import hmac
import socket
import struct
import zlib
from dataclasses import dataclass

from media.errors import Malformed

FIRST_OCTETS = range(4)
"""What tells STUN from RTP and DTLS on one port (RFC 7983 section 7)."""
MAX_ATTRIBUTES = 24
"""Three times what browsers send; more is no check."""

_HEADER = struct.Struct("!HHI12s")
_ATTRIBUTE = struct.Struct("!HH")
_COOKIE = 0x2112A442
_BINDING_REQUEST, _BINDING_SUCCESS = 0x0001, 0x0101
_BINDING_ERROR = 0x0111
_USERNAME, _INTEGRITY, _ERROR_CODE, _PRIORITY = 0x0006, 0x0008, 0x0009, 0x0024
_ICE_CONTROLLED = 0x8029
_XOR_MAPPED_ADDRESS, _USE_CANDIDATE, _FINGERPRINT = 0x0020, 0x0025, 0x8028
_KNOWN = frozenset({_USERNAME, _INTEGRITY, _PRIORITY, _USE_CANDIDATE})
_OPTIONAL = 0x8000
"""Attributes from here on may be passed over (RFC 8489 section 14)."""
_FINGERPRINT_MASK = 0x5354554E
_INTEGRITY_OCTETS = 20


@dataclass(frozen=True, slots=True)
class Check:
    """A connectivity check that came under the right name and password."""

    transaction: bytes
    nominates: bool
    """The peer wants to use the pair of addresses that this came by."""
    is_controlled: bool = False
    """The peer leaves the choice to us, who are the lite side and make none."""


def read_check(data: bytes, user: str, password: str) -> Check:
    """Read a check for this user (`ours:theirs`), under our password. Raises Malformed for all else."""
    kind, transaction, attributes = _parse(data)
    if kind != _BINDING_REQUEST:
        raise Malformed("no Binding request")
    if attributes.get(_USERNAME, (0, b""))[1] != user.encode():
        raise Malformed("a check for somebody else")
    at, proof = attributes.get(_INTEGRITY, (0, b""))
    if not hmac.compare_digest(proof, _integrity(data[:at], password)):
        raise Malformed("a check without our password")
    if any(name < _OPTIONAL and name not in _KNOWN for name in attributes):
        raise Malformed("a check that asks for what we do not know")
    return Check(transaction, _USE_CANDIDATE in attributes, _ICE_CONTROLLED in attributes)


def answer(check: Check, source: tuple[str, int], password: str) -> bytes:
    """The success response: the address that the check was seen to come from."""
    host, port = source
    address = int.from_bytes(socket.inet_aton(host)) ^ _COOKIE
    mapped = struct.pack("!BBHI", 0, 1, port ^ _COOKIE >> 16, address)
    return _response(_BINDING_SUCCESS, check, _attribute(_XOR_MAPPED_ADDRESS, mapped), password)


def conflict(check: Check, password: str) -> bytes:
    """The error response 487, by which the peer takes the choice upon itself (RFC 8445 section 7.3.1.1)."""
    return _response(_BINDING_ERROR, check, _attribute(_ERROR_CODE, b"\0\0\x04\x57"), password)


def _response(kind: int, check: Check, body: bytes, password: str) -> bytes:
    message = _HEADER.pack(kind, len(body), _COOKIE, check.transaction) + body
    message += _attribute(_INTEGRITY, _integrity(message, password))
    length = len(message) - _HEADER.size + _ATTRIBUTE.size + 4
    message = _with_length(message, length)
    return message + _attribute(_FINGERPRINT, _fingerprint(message))


def _parse(data: bytes) -> tuple[int, bytes, dict[int, tuple[int, bytes]]]:
    """Type, transaction and attributes, each with where it begins; nothing counts after the integrity."""
    if len(data) < _HEADER.size:
        raise Malformed("too short for STUN")
    kind, length, cookie, transaction = _HEADER.unpack_from(data)
    if cookie != _COOKIE or length % 4 or length != len(data) - _HEADER.size:
        raise Malformed("no STUN message")
    attributes: dict[int, tuple[int, bytes]] = {}
    at, count = _HEADER.size, 0
    while at < len(data):
        count += 1
        name, octets = _ATTRIBUTE.unpack_from(data, at)
        value = data[at + _ATTRIBUTE.size : at + _ATTRIBUTE.size + octets]
        if len(value) != octets or count > MAX_ATTRIBUTES:
            raise Malformed("an attribute that does not fit")
        if _INTEGRITY not in attributes or name == _FINGERPRINT:
            attributes.setdefault(name, (at, value))
        at += _ATTRIBUTE.size + (octets + 3) // 4 * 4
    last, fingerprint = attributes.get(_FINGERPRINT, (0, b""))
    if fingerprint != _fingerprint(data[:last]):
        raise Malformed("no fingerprint, or a wrong one")
    return kind, transaction, attributes


def _integrity(before: bytes, password: str) -> bytes:
    """HMAC over all that stands before it, as if the message ended with it (RFC 8489 section 14.5)."""
    length = len(before) - _HEADER.size + _ATTRIBUTE.size + _INTEGRITY_OCTETS
    covered = _with_length(before, length) if before else b""
    return hmac.digest(password.encode(), covered, hashlib.sha1)


def _fingerprint(before: bytes) -> bytes:
    return struct.pack("!I", zlib.crc32(before) ^ _FINGERPRINT_MASK)


def _with_length(message: bytes, length: int) -> bytes:
    return message[:2] + struct.pack("!H", length) + message[4:]


def _attribute(name: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(name, len(value)) + value + bytes(-len(value) % 4)
