"""Kamailio, as Homer's collector, understands what it is told; and who is not there does no harm."""

import socket
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from gateway.config import SightSettings
from gateway.sight.homer import Homer
from gateway.store.records import SipAddress, SipMessage
from tests.support.hep_collector import HepCollector
from tests.support.kamailio import KAMAILIO
from tests.support.ports import free_ports
from tests.support.sip_traces import message
from tests.support.waiting import until

pytestmark = [
    pytest.mark.interop,
    pytest.mark.asyncio,
    pytest.mark.skipif(not KAMAILIO, reason="kamailio is not installed (Debian package kamailio)"),
]

NODE = 2001


def told(call_id: str, start: str, direction: Literal["in", "out"]) -> SipMessage:
    text = (
        f"{start}\r\nVia: SIP/2.0/UDP 198.51.100.7:5070;branch=z9hG4bK1\r\n"
        "From: <sip:ann@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\n"
        f"Call-ID: {call_id}\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
    )
    return msgspec.structs.replace(message(direction=direction, call_id=call_id), text=text)


async def test_every_message_is_stored_with_its_ends_and_its_time(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    came = told("call-1", "INVITE sip:bob@example.com SIP/2.0", "in")
    went = told("call-2", "SIP/2.0 486 Busy Here", "out")
    over_tls = msgspec.structs.replace(
        told("call-3", "SIP/2.0 200 OK", "out"),
        transport="tls",
        local=SipAddress("2001:db8::1", 5061),
        remote=SipAddress("2001:db8::2", 40_001),
    )
    async with HepCollector(tmp_path, port=port) as collector:
        homer = await Homer.open(SightSettings(homer=f"127.0.0.1:{port}", homer_node=NODE))
        assert homer is not None
        for each in (came, went, over_tls):
            homer.send(each)
        await until(lambda: collector.stored() == 3, "the collector knows of all")
        homer.close()
        assert homer.lost == 0

    first, second, third = collector.rows()
    assert (first["method"], second["method"], third["method"]) == ("INVITE", "486", "200")
    assert [row["msg"] for row in (first, second, third)] == [each.text for each in (came, went, over_tls)]
    assert {(row["date"], row["node"]) for row in (first, second, third)} == {("1600000000", f"homer:{NODE}")}
    assert [row["correlation_id"] for row in (first, second, third)] == ["call-1", "call-2", "call-3"]
    assert ends(first) == ("198.51.100.7:5070", "192.0.2.1:5060")
    assert ends(second) == ("192.0.2.1:5060", "198.51.100.7:5070")
    assert [ip.strip("[]") for ip in (third["source_ip"], third["destination_ip"])] == [
        "2001:db8::1",
        "2001:db8::2",
    ]
    assert (third["source_port"], third["destination_port"]) == ("5061", "40001")
    # Kamailio's own numbers of transports.
    assert (first["proto"], third["proto"]) == ("1", "2")
    assert first["family"] == str(int(socket.AF_INET))
    assert third["family"] == str(int(socket.AF_INET6))


async def test_a_collector_that_is_gone_costs_its_messages_alone() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{nobody.getsockname()[1]}"
        homer = await Homer.open(SightSettings(homer=address))
        assert homer is not None
    # The kernel tells of the closed port with one of the next messages.
    for _ in range(10):
        homer.send(message())
    assert homer.lost > 0
    homer.close()


async def test_a_collector_without_an_address_is_done_without(caplog: pytest.LogCaptureFixture) -> None:
    assert await Homer.open(SightSettings(homer="homer.invalid:9060")) is None
    assert "homer.invalid:9060" in caplog.text
    assert await Homer.open(SightSettings()) is None


def ends(row: dict[str, str]) -> tuple[str, str]:
    return f"{row['source_ip']}:{row['source_port']}", f"{row['destination_ip']}:{row['destination_port']}"
