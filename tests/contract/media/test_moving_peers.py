"""Peers whose NAT gives them another port in the middle of a call, and who would be them: a real worker."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from media.control import Codec, Ping, Pong, RtpLatched
from tests.contract.media.test_soft_legs import keys
from tests.support.media_exchange import Exchange, hears, misses
from tests.support.soft_phone import SoftPhone

pytestmark = [pytest.mark.contract, pytest.mark.asyncio(loop_scope="module")]

TOO_FAR = 700
"""Numbers beyond 500, where a stream cannot go on. Media's own figure would bring its kernels in here."""

CARRIERS: tuple[Codec, ...] = ("PCMU", "G722")
"""A codec that the engine carries, and one that it does not."""
GARBAGE = 2000
MANY = 100
"""Packets of each attacker: two seconds of a peer's, so that doubt has set in."""


def followed_to(exchange: Exchange, leg: str) -> set[int]:
    """Ports that a leg has believed."""
    notices = exchange.worker.notices
    return {one.port for one in notices if isinstance(one, RtpLatched) and one.leg == leg}


@pytest.mark.parametrize("codec", CARRIERS)
async def test_a_peer_that_moves_is_followed_again_and_again(exchange: Exchange, codec: Codec) -> None:
    phone, other = await exchange.call("a", codec, 440), await exchange.call("b", "PCMU", 700)
    await asyncio.gather(hears(phone, 700), hears(other, 440))
    for _ in range(2):
        await phone.move()
        await exchange.worker.told(RtpLatched, leg="a", port=phone.port)
        await asyncio.gather(hears(phone, 700), hears(other, 440))


@pytest.mark.parametrize("codec", CARRIERS)
async def test_nobody_else_is_followed_while_a_peer_is_silent(exchange: Exchange, codec: Codec) -> None:
    """Neither who knows the stream and not its numbers, nor who knows the numbers and not the stream."""
    phone, other = await exchange.call("a", codec, 440), await exchange.call("b", "PCMU", 700)
    await asyncio.gather(hears(phone, 700), hears(other, 440))
    phone.hush()
    async with AsyncExitStack() as stack:
        attackers = [await stack.enter_async_context(SoftPhone(codec, 1500)) for _ in range(2)]
        far, foreign = attackers
        far.follow(phone, TOO_FAR)
        foreign.follow(phone)
        foreign.ssrc = 1
        for attacker in attackers:
            attacker.speak_to(exchange.ports["a"])
        while min(len(attacker.sent) for attacker in attackers) < MANY:
            await other.listen(0.2)
        await misses(other, 1500)
        assert [len(attacker.packets) for attacker in attackers] == [0, 0]
        assert followed_to(exchange, "a") == {phone.port}
        phone.speak_to(exchange.ports["a"])
        await asyncio.gather(hears(phone, 700), hears(other, 440))


@pytest.mark.parametrize("codec", CARRIERS)
async def test_who_knows_everything_is_not_followed_while_the_peer_speaks(
    exchange: Exchange, codec: Codec
) -> None:
    phone, other = await exchange.call("a", codec, 440), await exchange.call("b", "PCMU", 700)
    await asyncio.gather(hears(phone, 700), hears(other, 440))
    async with SoftPhone(codec, 1500) as attacker:
        attacker.follow(phone)
        attacker.speak_to(exchange.ports["a"])
        while len(attacker.sent) < MANY:
            await other.listen(0.2)
        await misses(other, 1500)
        assert not attacker.packets
        assert followed_to(exchange, "a") == {phone.port}


async def test_a_stranger_does_not_reach_who_has_keys_and_speaks(exchange: Exchange) -> None:
    """The kernel drops what comes, so that garbage costs nothing and crowds nobody out."""
    phone, other = await exchange.call("a", "PCMU", 440, keys()), await exchange.call("b", "PCMU", 700)
    await asyncio.gather(hears(phone, 700), hears(other, 440))
    exchange.worker.do(Ping(nonce=1))
    before = await exchange.worker.told(Pong, nonce=1)
    async with SoftPhone("PCMU", 1500) as stranger:
        stranger.speak_to(exchange.ports["a"])
        for _ in range(GARBAGE):
            stranger.send_raw(b"\x80\x00" + bytes(180))
        await hears(other, 440)
    exchange.worker.do(Ping(nonce=2))
    after = await exchange.worker.told(Pong, nonce=2)
    assert after.dropped_packets - before.dropped_packets < GARBAGE / 2
