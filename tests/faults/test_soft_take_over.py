"""Another worker takes over legs that remember: keys, codecs, websockets."""

import asyncio
import os
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from media.control import SdesKeys, WebsocketOpened
from tests.contract.media.test_worker_websocket import BOT, Talker, bot
from tests.support.media_exchange import UNHEARD, Exchange, all_hear_each_other, hears, levels, misses
from tests.support.media_worker import Estate, MediaWorker
from tests.support.soft_phone import SoftPhone, sequence
from tests.support.waiting import until

pytestmark = pytest.mark.faults

LEGS = ("--max-legs", "16")


def keys(suite: str = "AES_CM_128_HMAC_SHA1_80", length: int = 30) -> SdesKeys:
    return SdesKeys(suite=suite, key=os.urandom(length), peer_suite=suite, peer_key=os.urandom(length))


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
async def exchange(stack: AsyncExitStack) -> Exchange:
    estate = Estate(range(20000, 30000))
    stack.callback(estate.close)
    worker = await stack.enter_async_context(MediaWorker(*LEGS, estate=estate))
    return Exchange(worker, stack)


async def change_workers(stack: AsyncExitStack, exchange: Exchange) -> None:
    before = exchange.worker
    spare = await stack.enter_async_context(MediaWorker(*LEGS, estate=before.estate, serves=False))
    before.kill()
    await before.exited()
    exchange.worker = spare
    await spare.serve()


def assert_one_stream(phone: SoftPhone) -> None:
    """One SSRC, and no sequence number twice: under a key that would be an index used twice."""
    assert len({packet[8:12] for packet in phone.packets}) == 1
    assert max(Counter(map(sequence, phone.packets)).values()) == 1


async def test_legs_with_keys_and_codecs_go_on(stack: AsyncExitStack, exchange: Exchange) -> None:
    phones = [
        await exchange.call("ulaw", "PCMU", 400),
        await exchange.call("g722", "G722", 550),
        await exchange.call("opus", "opus", 700),
        await exchange.call("srtp", "PCMA", 850, keys()),
        await exchange.call("gcm", "opus", 1000, keys("AEAD_AES_128_GCM", 28)),
    ]
    await all_hear_each_other(phones)
    # Their sequence numbers have passed 65535 then, which only a roll-over counter tells.
    await until(lambda: all(len(phone.sent) > 100 for phone in phones), "packets")
    for _ in range(2):
        await change_workers(stack, exchange)
        await all_hear_each_other(phones)
    assert [phone.unreadable for phone in phones] == [0] * len(phones)
    for phone in phones:
        assert_one_stream(phone)


async def test_a_websocket_is_connected_again(stack: AsyncExitStack, exchange: Exchange) -> None:
    phone = await exchange.call("a", "PCMU", 400)
    talker = Talker(8000)
    async with bot(exchange.worker, talker.talk):
        await hears(phone, BOT)
        await change_workers(stack, exchange)
        await exchange.worker.told(WebsocketOpened, leg="bot")
        await hears(phone, BOT)
        assert len(talker.texts) == 2, "the application is told of each connection"


async def test_nothing_old_is_heard_by_who_takes_over(stack: AsyncExitStack, exchange: Exchange) -> None:
    """Not even of a stream that the peer has left under the same key: sealed, from its address."""
    listener = await exchange.call("a", "PCMU", 400)
    talker = await exchange.call("b", "PCMU", 550, keys())
    await hears(listener, 550)
    await until(lambda: len(talker.sent) > 100, "packets")
    old = list(talker.sent)[-100:]
    talker.ssrc = 0xB0B
    talker.sent.clear()
    await until(lambda: len(talker.sent) > 50, "packets of the other stream")
    await change_workers(stack, exchange)
    await hears(listener, 550)
    talker.hush()
    await misses(listener, 550)
    heard = asyncio.create_task(listener.listen(2.0))
    with socket.socket(fileno=os.dup(talker.fileno())) as mouth:
        for packet in old:
            mouth.sendto(packet, ("127.0.0.1", exchange.ports["b"]))
            await asyncio.sleep(0.02)
    assert max(levels(await heard, 550)) < UNHEARD
    talker.speak_to(exchange.ports["b"])
    await hears(listener, 550)
