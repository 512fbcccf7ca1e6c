"""SIP over UDP: STUN on the same port, and addresses of both families."""

import asyncio
import socket

import pytest

from signalling.io.listening import Listening
from signalling.io.udp import MAX_DATAGRAM
from tests.support.doors import HOST, Doors, doors
from tests.support.sip_script import SDP, Says

pytestmark = pytest.mark.contract

INVITE = bytes(Says(body=SDP))


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")


class Asker(asyncio.DatagramProtocol):
    """Notes what comes back."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.heard.put_nowait(data)


async def test_a_binding_request_is_answered_and_not_taken_for_sip() -> None:
    async with doors("udp") as door:
        transport, asker = await asyncio.get_running_loop().create_datagram_endpoint(
            Asker, remote_addr=door.at("udp")
        )
        port = transport.get_extra_info("sockname")[1]
        transport.sendto(bytes.fromhex("000100002112a442") + b"transaction!")
        async with asyncio.timeout(20):
            answer = await asker.heard.get()
        assert answer[:2] == bytes.fromhex("0101")
        assert int.from_bytes(answer[26:28], "big") ^ 0x2112 == port
        assert door.user.received.empty()
        transport.close()


async def test_a_datagram_that_is_too_long_is_dropped() -> None:
    async with doors("udp") as near, doors("udp") as far:
        flow = near.towards("udp", far.at("udp"))
        near.send(flow, b"x" * (MAX_DATAGRAM + 1))
        near.send(flow, INVITE)
        assert (await far.user.message())[0] == INVITE


@needs_ipv6
async def test_both_families_share_a_port_and_answer_each_in_its_own() -> None:
    both = Doors(Listening((HOST, "::1")))
    await both.bind()
    assert both.families == {4, 6}
    assert both.local("udp", HOST) == (HOST, both.ports["udp"])
    assert both.local("tcp", "::1") == ("::1", both.ports["udp"])
    for host in (HOST, "::1"):
        async with doors("udp", "tcp", host=host) as other:
            for transport in ("udp", "tcp"):
                other.send(other.towards(transport, (host, both.ports[transport])), INVITE)
                data, flow = await both.user.message()
                assert (data, flow.transport, flow.local[0], flow.remote[0]) == (
                    INVITE,
                    transport,
                    host,
                    host,
                )
                both.send(flow, INVITE)
                assert (await other.user.message())[0] == INVITE
    await both.close()
