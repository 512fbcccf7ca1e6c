"""What actions without sound do to a call: notify, wait and transfer."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.calls.messages import Given
from gateway.ncco.schema import read_ncco
from gateway.store.records import Delivery, Json
from gateway.webhooks.exchange import Reply
from media.control import Join
from tests.support.exchange import Exchange, open_exchange
from tests.support.played import FALLBACK, empty, ncco
from tests.support.waiting import until

pytestmark = pytest.mark.contract

TOLD = "http://shop.example/told"
NOTIFY = {"action": "notify", "payload": {"order": {"item_id": 7}}, "eventUrl": [TOLD]}
TALK = {"action": "talk", "text": "welcome"}
NEXT = {"action": "talk", "text": "goodbye"}
ROOM = {"action": "conversation", "name": "lobby"}


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[Exchange]:
    async with open_exchange(tmp_path) as opened:
        yield opened


async def broken(_delivery: Delivery) -> Reply:
    """A host that is out of order."""
    return Reply(500, "text/plain", b"no")


async def test_a_payload_is_told_and_the_script_goes_on(exchange: Exchange) -> None:
    exchange.outbox.hosts[TOLD] = empty
    leg_id = await exchange.answered_call_in(NOTIFY, TALK)
    await exchange.playing("welcome")
    (told,) = [each.payload for each in exchange.outbox.asked if each.webhook.address == TOLD]
    conversation_id = (await exchange.leg(leg_id)).conversation_id
    assert told == {
        "payload": {"order": {"item_id": 7}},
        "conversation_uuid": conversation_id,
        "timestamp": told["timestamp"],
    }


async def test_the_reply_to_a_notify_takes_the_place_of_what_is_left(exchange: Exchange) -> None:
    exchange.outbox.hosts[TOLD] = ncco(NEXT)
    await exchange.answered_call_in(NOTIFY, TALK)
    await exchange.playing("goodbye")
    assert exchange.media.spoken == ["goodbye"]


async def test_a_notify_that_nobody_takes_goes_to_the_fallback_and_on(exchange: Exchange) -> None:
    exchange.outbox.hosts |= {TOLD: broken, FALLBACK: broken}
    await exchange.answered_call_in(NOTIFY, TALK)
    await exchange.playing("welcome")
    (fallback,) = [each.payload for each in exchange.outbox.asked if each.webhook.address == FALLBACK]
    assert fallback["payload"] == {"order": {"item_id": 7}}
    assert fallback["original_request"] == {"url": TOLD, "type": "event"}


async def test_a_wait_keeps_the_call_and_lets_it_go_on(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in({"action": "wait", "timeout": 0.1}, TALK)
    await exchange.playing("welcome")
    assert exchange.outbox.statuses(leg_id)[-1] == "answered"


async def room_id(exchange: Exchange, name: str) -> str:
    room = await exchange.store.conversation_by_name(exchange.application.id, name)
    assert room is not None
    return room.id


async def in_room(exchange: Exchange, name: str) -> str:
    """A leg that has entered a conversation."""
    leg_id = await exchange.answered_call_in({**ROOM, "name": name})
    await until(
        lambda: sum(isinstance(each, Join) and each.leg == leg_id for each in exchange.media.sent) == 2
    )
    assert (await exchange.leg(leg_id)).conversation_id == await room_id(exchange, name)
    return leg_id


async def go_on(exchange: Exchange, leg_id: str, *actions: Json) -> None:
    """Give the leg another NCCO, as the reply to a webhook does."""
    leg = exchange.calls.find(leg_id)
    assert leg is not None
    leg.tell(Given(ncco=read_ncco(list(actions)), script=leg.script_number))


async def test_a_transfer_takes_everybody_along(exchange: Exchange) -> None:
    await in_room(exchange, "there")
    first, second = await in_room(exchange, "lobby"), await in_room(exchange, "lobby")
    target = await room_id(exchange, "there")
    await go_on(exchange, first, {"action": "transfer", "conversationId": target, "mute": True})
    there = [Join(leg=leg_id, room=target) for leg_id in (first, second)]
    await until(lambda: all(each in exchange.media.sent for each in there))
    for leg_id in (first, second):
        leg = await exchange.leg(leg_id)
        assert (leg.conversation_id, leg.muted) == (target, True)


async def test_a_transfer_to_nowhere_is_told(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in({"action": "transfer", "conversationId": "CON-nowhere"})
    await exchange.until_gone(leg_id)
    (reason,) = [each["reason"] for each in exchange.outbox.payloads() if "reason" in each]
    assert reason.startswith("transfer.conversationId: Conversation does not exist")
