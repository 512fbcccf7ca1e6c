"""Notices on their way to the gateway: one write for all of a round of the loop, in their order."""

import asyncio

import pytest

from media.control import Framer, Notice, RtpLatched, decode_notice
from media.worker.channel import MAX_UNSENT, Channel

pytestmark = pytest.mark.unit

NO_DESCRIPTOR = -1


class Gateway(asyncio.Transport):
    """Stands in for the socket: keeps what is written, and reads nothing when it is told so."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.is_deaf = False
        self.is_over = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes.append(bytes(data))

    def get_write_buffer_size(self) -> int:
        return sum(map(len, self.writes)) if self.is_deaf else 0

    def is_closing(self) -> bool:
        return self.is_over

    def close(self) -> None:
        self.is_over = True

    abort = close

    def heard(self) -> list[Notice]:
        return [decode_notice(body) for body in Framer().feed(b"".join(self.writes))]


def _connect() -> tuple[Channel, Gateway]:
    channel, gateway = Channel(NO_DESCRIPTOR), Gateway()
    channel.connection_made(gateway)
    return channel, gateway


def _notices(count: int) -> list[Notice]:
    return [RtpLatched(leg=str(port), host="127.0.0.1", port=port) for port in range(count)]


async def test_what_one_round_tells_is_one_write() -> None:
    channel, gateway = _connect()
    notices = _notices(20)
    for notice in notices:
        channel.send(notice)
    await asyncio.sleep(0)
    assert len(gateway.writes) == 1
    assert gateway.heard() == notices


async def test_the_next_round_is_told_too() -> None:
    channel, gateway = _connect()
    notices = _notices(3)
    for notice in notices:
        channel.send(notice)
        await asyncio.sleep(0)
    assert len(gateway.writes) == 3
    assert gateway.heard() == notices


async def test_what_waits_is_sent_before_the_end() -> None:
    channel, gateway = _connect()
    notices = _notices(2)
    for notice in notices:
        channel.send(notice)
    await channel.close()
    assert gateway.heard() == notices
    assert gateway.is_over


async def test_a_gateway_that_reads_nothing_is_given_up() -> None:
    channel, gateway = _connect()
    gateway.is_deaf = True
    while gateway.get_write_buffer_size() <= MAX_UNSENT:
        assert not gateway.is_over
        for notice in _notices(5000):
            channel.send(notice)
        await asyncio.sleep(0)
    assert gateway.is_over
    told = len(gateway.writes)
    channel.send(_notices(1)[0])
    await asyncio.sleep(0)
    assert len(gateway.writes) == told
