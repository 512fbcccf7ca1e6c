"""What a real worker tells of its jitter buffer, whoever carries the leg."""

import asyncio
import socket
import struct

import pytest

from media.control import CloseLeg, LegQuality, OpenRtp, RtpOpened, StartRtp
from tests.support.media_worker import MediaWorker

pytestmark = pytest.mark.contract

PACKETS = 20
LOST = range(8, 13)
SEEN_MS = 700.0
"""Longer than the packets last, and than what is made up after them."""


async def played(sock: socket.socket) -> None:
    """As much has come back as the packets last and more: they have been played."""
    loop = asyncio.get_running_loop()
    for _ in range(int(SEEN_MS / 20)):
        async with asyncio.timeout(10):
            await loop.sock_recv(sock, 2048)


@pytest.mark.parametrize("ptime_ms", [20, 40], ids=["engine", "soft"])
async def test_the_figures_of_the_jitter_buffer_come_with_the_leg(worker: MediaWorker, ptime_ms: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        worker.do(OpenRtp(leg="a"))
        port = (await worker.told(RtpOpened, leg="a")).port
        worker.do(
            StartRtp(
                leg="a",
                remote_host="127.0.0.1",
                remote_port=sock.getsockname()[1],
                codec="PCMU",
                payload_type=0,
                dtmf_payload_type=None,
                ptime_ms=ptime_ms,
            )
        )
        async with asyncio.timeout(10):
            await asyncio.get_running_loop().sock_recv(sock, 2048)
        for number in range(PACKETS):
            packet = struct.pack("!BBHII", 0x80, 0, number, number * 160, 7) + b"\x55" * 160
            for _ in range(2 * (number not in LOST)):
                sock.sendto(packet, ("127.0.0.1", port))
        await played(sock)
        worker.do(CloseLeg(leg="a"))
        quality = await worker.told(LegQuality, leg="a")
    playing = quality.playing
    assert playing.late + playing.duplicates == PACKETS - len(LOST)
    assert 60 <= playing.concealed_ms <= 180, "in the gap, and after the end"
    assert 0 <= playing.delay_ms <= 420
