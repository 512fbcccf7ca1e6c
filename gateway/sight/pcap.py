"""SIP messages as a pcap file (the classic format, link type RAW): one IP packet with UDP a message. Pure.

What went over TCP, TLS or a WebSocket stands in UDP too, so that every reader shows each message whole.
"""

import struct
from collections.abc import Iterable, Iterator
from ipaddress import ip_address

from gateway.store.records import SipMessage

RAW = 101
"""LINKTYPE_RAW: packets begin with their IPv4 or IPv6 header."""
SNAPLEN = 65_535
HOPS = 64
UDP = 17

_FILE = struct.Struct("<IHHiIII")
_PACKET = struct.Struct("<IIII")
_MAGIC = 0xA1B2C3D4
"""Times are in microseconds."""


def write(messages: Iterable[SipMessage]) -> bytes:
    """The file."""
    return b"".join(_parts(messages))


def _parts(messages: Iterable[SipMessage]) -> Iterator[bytes]:
    yield _FILE.pack(_MAGIC, 2, 4, 0, 0, SNAPLEN, RAW)
    for message in messages:
        packet = _packet(message)
        microseconds = round(message.time * 1_000_000)
        yield _PACKET.pack(*divmod(microseconds, 1_000_000), len(packet), len(packet)) + packet


def _packet(message: SipMessage) -> bytes:
    source, target = message.local, message.remote
    if message.direction == "in":
        source, target = target, source
    data = message.text.encode()
    sender, receiver = ip_address(source.host), ip_address(target.host)
    size = 8 + len(data)
    # The pseudo header of both versions comes to the same sum: addresses, length, protocol.
    pseudo = sender.packed + receiver.packed + struct.pack("!II", size, UDP)
    check = _checksum(pseudo + struct.pack("!HHHH", source.port, target.port, size, 0) + data) or 0xFFFF
    datagram = struct.pack("!HHHH", source.port, target.port, size, check) + data
    if sender.version == 6 and receiver.version == 6:
        return struct.pack("!IHBB", 6 << 28, size, UDP, HOPS) + sender.packed + receiver.packed + datagram
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + size, 0, 0, HOPS, UDP, 0) + sender.packed + receiver.packed
    return head[:10] + struct.pack("!H", _checksum(head)) + head[12:] + datagram


def _checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
