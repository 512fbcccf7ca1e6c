"""Packet captures, read by dpkt."""

import io
import socket

import dpkt
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sight import pcap
from gateway.sight.ladder import MAX_TEXT
from gateway.store.records import SipAddress
from tests.support.sip_traces import message

pytestmark = pytest.mark.unit

LINKTYPE_RAW = 101
"""By the list of the pcap project: packets begin with their IP header."""


def test_each_message_is_a_datagram_with_its_ends_and_its_time() -> None:
    came, went = message(), message("SIP/2.0 200 OK", "out", time=1_600_000_001.5)
    reader = dpkt.pcap.Reader(io.BytesIO(pcap.write([came, went])))
    assert reader.datalink() == LINKTYPE_RAW
    (first_at, first), (second_at, second) = ((at, dpkt.ip.IP(octets)) for at, octets in reader)
    assert (float(first_at), float(second_at)) == (came.time, went.time)
    assert (first.src, first.dst) == (socket.inet_aton("198.51.100.7"), socket.inet_aton("192.0.2.1"))
    assert (second.src, second.dst) == (first.dst, first.src)
    assert (first.data.sport, first.data.dport) == (5070, 5060)
    assert (first.data.data.decode(), second.data.data.decode()) == (came.text, went.text)


def test_over_ipv6_too() -> None:
    local, remote = SipAddress("2001:db8::1", 5060), SipAddress("2001:db8::2", 5062)
    sent = msgspec.structs.replace(message(), direction="out", local=local, remote=remote)
    ((_, octets),) = dpkt.pcap.Reader(io.BytesIO(pcap.write([sent])))
    packet = dpkt.ip6.IP6(octets)
    assert packet.src == socket.inet_pton(socket.AF_INET6, local.host)
    assert packet.data.data.decode() == sent.text


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_the_checksums_are_right(body: str) -> None:
    ((_, octets),) = dpkt.pcap.Reader(io.BytesIO(pcap.write([message(body=body)])))
    given_ip, made = dpkt.ip.IP(octets), dpkt.ip.IP(octets)
    made.sum = made.data.sum = 0
    # dpkt fills in what is 0.
    assert bytes(made) == bytes(given_ip) == octets


def test_the_longest_message_fits() -> None:
    ((_, octets),) = dpkt.pcap.Reader(io.BytesIO(pcap.write([message(body="€" * (MAX_TEXT - 100))])))
    assert len(octets) == dpkt.ip.IP(octets).len


def test_without_messages_there_is_an_empty_file() -> None:
    assert list(dpkt.pcap.Reader(io.BytesIO(pcap.write([])))) == []
