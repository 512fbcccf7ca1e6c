"""HEP 3, read by the chunk table of its specification."""

import socket
import struct
from ipaddress import ip_address

import msgspec
import pytest

from gateway.sight import hep
from gateway.store.records import SipAddress
from tests.support.sip_traces import message

pytestmark = pytest.mark.unit


def chunks(datagram: bytes) -> dict[int, bytes]:
    """The payloads by type: "HEP3", total length, then (vendor, type, length, payload) one by one."""
    assert datagram[:4] == b"HEP3"
    assert int.from_bytes(datagram[4:6], "big") == len(datagram)
    found, rest = {}, datagram[6:]
    while rest:
        vendor, kind, length = struct.unpack("!HHH", rest[:6])
        assert vendor == 0
        assert length >= 6
        assert kind not in found
        found[kind], rest = rest[6:length], rest[length:]
    return found


def test_a_message_that_came_in() -> None:
    sent = message()
    told = chunks(hep.packet(sent, 2001, "s3cret"))
    assert told[1] == bytes([socket.AF_INET])
    assert told[2] == bytes([socket.IPPROTO_UDP])
    assert (ip_address(told[3]), ip_address(told[4])) == (ip_address("198.51.100.7"), ip_address("192.0.2.1"))
    assert (told[7], told[8]) == ((5070).to_bytes(2, "big"), (5060).to_bytes(2, "big"))
    assert (told[9], told[10]) == ((1_600_000_000).to_bytes(4, "big"), (250_000).to_bytes(4, "big"))
    assert told[11] == b"\x01"
    assert told[12] == (2001).to_bytes(4, "big")
    assert told[14] == b"s3cret"
    assert told[15].decode() == sent.text
    assert told[17] == b"call-1"


def test_a_message_that_went_out_over_tls_and_ipv6() -> None:
    local, remote = SipAddress("2001:db8::1", 5061), SipAddress("2001:db8::2", 5062)
    sent = msgspec.structs.replace(message(), direction="out", transport="tls", local=local, remote=remote)
    told = chunks(hep.packet(sent, 1))
    assert told[1] == b"\x0a"
    assert told[2] == bytes([socket.IPPROTO_TCP])
    assert (ip_address(told[5]), ip_address(told[6])) == (ip_address(local.host), ip_address(remote.host))
    assert not {3, 4, 14} & told.keys()


def test_a_datagram_is_no_longer_than_datagrams_are() -> None:
    told = hep.packet(message(body="é" * 40_000), 1)
    assert len(told) < 65_507
    assert len(chunks(told)[15]) == hep.MAX_TEXT
