"""RTCP of a real worker: reports, round trip, BYE."""

import asyncio
import struct
from typing import Self

import pytest

from media.control import CloseLeg, LegQuality, RtpLatched
from tests.contract.media.conftest import Call
from tests.support.media_worker import MediaWorker

pytestmark = pytest.mark.contract

SENDER_REPORT, RECEIVER_REPORT, DESCRIPTION, GOODBYE = 200, 201, 202, 203
REPORT_S = 10.0
"""More than the longest interval between two reports."""


class RtcpPeer(asyncio.DatagramProtocol):
    """The port above a telephone's; keeps compound packets, taken apart."""

    def __init__(self) -> None:
        self.compounds: asyncio.Queue[dict[int, bytes]] = asyncio.Queue(100)

    @classmethod
    async def above(cls, port: int) -> Self:
        peer = cls()
        loop = asyncio.get_running_loop()
        peer.transport, _ = await loop.create_datagram_endpoint(
            lambda: peer, local_addr=("127.0.0.1", port + 1)
        )
        return peer

    transport: asyncio.DatagramTransport

    def datagram_received(self, data: bytes, _source: tuple[str, int]) -> None:
        packets, at = {}, 0
        while at < len(data):
            end = at + 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")
            packets[data[at + 1]] = data[at:end]
            at = end
        self.compounds.put_nowait(packets)


async def test_reports_round_trip_and_bye(worker: MediaWorker, call: Call) -> None:
    phone = await call("a", 440)
    await worker.told(RtpLatched, leg="a")
    peer = await RtcpPeer.above(phone.port)
    try:
        async with asyncio.timeout(REPORT_S):
            packets = await peer.compounds.get()
        report = packets[SENDER_REPORT]
        ssrc, seconds, fraction, _, sent, octets = struct.unpack("!IIIIII", report[4:28])
        source, loss, highest = struct.unpack("!III", report[28:40])
        assert sent > 50
        assert octets == 160 * sent
        assert (source, loss, highest > 100) == (phone.port, 0, True)
        assert packets[DESCRIPTION]
        middle = (seconds << 32 | fraction) >> 16 & 0xFFFFFFFF
        block = struct.pack("!IIIIII", ssrc, 3, 0, 160, middle, 0)
        receiver_report = struct.pack("!BBHI", 0x81, RECEIVER_REPORT, 7, phone.port) + block
        peer.transport.sendto(receiver_report, ("127.0.0.1", phone.leg_port + 1))
        peer.transport.sendto(b"\x81\xc9nonsense", ("127.0.0.1", phone.leg_port + 1))
        await phone.listen(5)
        worker.do(CloseLeg(leg="a"))
        quality = await worker.told(LegQuality, leg="a")
        assert quality.round_trip_ms is not None
        assert 0 <= quality.round_trip_ms < 1000
        assert (quality.peer_lost, quality.peer_jitter_ms) == (3, 20.0)
        async with asyncio.timeout(REPORT_S):
            while GOODBYE not in (packets := await peer.compounds.get()):
                pass
        assert packets[GOODBYE][4:] == struct.pack("!I", ssrc)
    finally:
        peer.transport.close()
