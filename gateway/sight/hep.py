"""HEP version 3, in which Homer and its kin take SIP messages: one datagram of chunks a message. Pure.

Each chunk is vendor (0), type, length with its own six octets, and payload, all in network order.
"""

import struct
from ipaddress import ip_address

from gateway.store.records import SipMessage

IPV4, IPV6 = 2, 10
UDP, TCP = 17, 6
SIP = 1
"""Of chunk 11, what is captured."""

_CHUNK = struct.Struct("!HHH")
_HEAD = struct.Struct("!4sH")
MAX_TEXT = 60_000
"""Octets of a message, so that the datagram has room for its chunks."""


def packet(message: SipMessage, node: int, password: str = "") -> bytes:
    """The datagram that tells of a message. `node` is our number among Homer's sources, 0 to 2^32 - 1."""
    source, target = message.local, message.remote
    if message.direction == "in":
        source, target = target, source
    sender, receiver = ip_address(source.host), ip_address(target.host)
    is_ipv6 = sender.version == 6
    seconds, microseconds = divmod(round(message.time * 1_000_000), 1_000_000)
    chunks = [
        _chunk(1, struct.pack("!B", IPV6 if is_ipv6 else IPV4)),
        _chunk(2, struct.pack("!B", UDP if message.transport == "udp" else TCP)),
        _chunk(5 if is_ipv6 else 3, sender.packed),
        _chunk(6 if is_ipv6 else 4, receiver.packed),
        _chunk(7, struct.pack("!H", source.port)),
        _chunk(8, struct.pack("!H", target.port)),
        _chunk(9, struct.pack("!I", seconds)),
        _chunk(10, struct.pack("!I", microseconds)),
        _chunk(11, struct.pack("!B", SIP)),
        _chunk(12, struct.pack("!I", node)),
        *([_chunk(14, password.encode())] if password else []),
        _chunk(15, message.text.encode()[:MAX_TEXT]),
        _chunk(17, message.call_id.encode()),
    ]
    body = b"".join(chunks)
    return _HEAD.pack(b"HEP3", _HEAD.size + len(body)) + body


def _chunk(kind: int, payload: bytes) -> bytes:
    return _CHUNK.pack(0, kind, _CHUNK.size + len(payload)) + payload
