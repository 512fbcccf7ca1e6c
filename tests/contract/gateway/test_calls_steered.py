"""Calls that somebody steers from outside: hung up, muted, transferred, ended with their conversation."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.calls.live_leg import MAX_TRANSFERS
from gateway.calls.messages import Given, Transfer
from gateway.errors import Invalid, NotFound, Unavailable
from gateway.ncco.schema import read_ncco
from gateway.ports import NewCall
from gateway.routing.endpoints import PhoneEndpoint
from gateway.store.records import Delivery
from gateway.webhooks.exchange import Reply
from media.control import Join, SetAudio
from tests.support.exchange import Exchange, open_exchange, webhook
from tests.support.played import EVENT, ncco, reply
from tests.support.waiting import until

pytestmark = pytest.mark.contract

TALK = {"action": "talk", "text": "welcome"}
INPUT = {"action": "input", "dtmf": {"maxDigits": 2, "timeOut": 10}}
ROOM = {"action": "conversation", "name": "lobby"}


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[Exchange]:
    async with open_exchange(tmp_path) as opened:
        yield opened


def new_call(**fields: object) -> NewCall:
    return NewCall(to=PhoneEndpoint(number="447700900003"), **fields)  # type: ignore[arg-type]


async def test_a_hang_up_that_crosses_the_answer(exchange: Exchange) -> None:
    leg = await exchange.calls.create(exchange.application, new_call(ncco=()))
    await exchange.dialled()
    exchange.calls.answered(leg.id, None)
    await exchange.calls.hang_up(exchange.application.id, leg.id)
    await exchange.until_gone(leg.id)
    assert exchange.outbox.statuses(leg.id) == ["started", "answered", "completed"]


async def test_hanging_up_twice(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in(TALK)
    for _ in range(2):
        await exchange.calls.hang_up(exchange.application.id, leg_id)
    await exchange.until_gone(leg_id)
    assert exchange.outbox.statuses(leg_id).count("completed") == 1
    with pytest.raises(Invalid, match="over"):
        await exchange.calls.hang_up(exchange.application.id, leg_id)


async def test_a_call_that_does_not_follow_is_not_transferred(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is acknowledged is carried out; what would be too much is refused."""
    leg_id = await exchange.answered_call_in(INPUT)
    leg = exchange.calls.find(leg_id)
    assert leg is not None
    away = await exchange.switchboard.named(exchange.application, "away")
    for _ in range(MAX_TRANSFERS):
        leg.tell(Transfer(conversation_id=away.id))
    assert not leg.can_be_told(Transfer(conversation_id=away.id))
    leg.tell(Transfer(conversation_id=away.id))
    assert len(leg.transfers) == MAX_TRANSFERS
    monkeypatch.setattr(leg, "can_be_told", lambda _: False)
    with pytest.raises(Unavailable, match="asked for before"):
        await exchange.calls.transfer(exchange.application, leg_id)
    monkeypatch.undo()
    await until(lambda: not leg.transfers, "all of them")


async def test_an_ncco_that_comes_too_late_is_not_taken_for_the_one_that_is_awaited(
    exchange: Exchange,
) -> None:
    leg_id = await exchange.answered_call_in(INPUT)
    leg = exchange.calls.find(leg_id)
    assert leg is not None
    may_reply = asyncio.Event()

    async def slow(_delivery: Delivery) -> Reply:
        await may_reply.wait()
        return reply([ROOM])

    exchange.outbox.hosts["http://shop.example/slow"] = slow
    await exchange.calls.transfer(exchange.application, leg_id, answer=webhook("http://shop.example/slow"))
    await until(lambda: leg.asked is not None, "the request")
    leg.tell(Given(ncco=(), script=leg.script_number - 1))
    await until(leg._inbox.empty, "the late one")
    assert leg.asked == webhook("http://shop.example/slow")
    may_reply.set()
    await until(lambda: leg.asked is None, "the one that is awaited")


async def test_another_tenants_call_is_absent(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in(TALK)
    for absent in (leg_id, "leg-none"):
        with pytest.raises(NotFound):
            await exchange.calls.hang_up("app-2", absent)


async def test_mute_is_a_fact_and_a_command(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in(ROOM)
    await exchange.calls.set_audio(exchange.application.id, leg_id, muted=True)
    muted = SetAudio(leg=leg_id, muted=True, earmuffed=False)
    await until(lambda: muted in exchange.media.sent)
    assert (await exchange.leg(leg_id)).muted
    assert "audio:mute:on" in await exchange.fact_types(leg_id)


async def test_a_leg_that_rings_is_not_mixed_by_muting_it(exchange: Exchange) -> None:
    leg = await exchange.calls.create(exchange.application, new_call(ncco=()))
    await exchange.dialled()
    await exchange.calls.set_audio(exchange.application.id, leg.id, muted=True)
    live = exchange.calls.find(leg.id)
    assert live is not None
    await until(lambda: live.record.muted)
    assert not [command for command in exchange.media.sent if isinstance(command, Join)]


async def test_a_transfer_runs_another_ncco_elsewhere(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in(TALK)
    await exchange.playing("welcome")
    first = (await exchange.leg(leg_id)).conversation_id
    other = read_ncco([{"action": "talk", "text": "goodbye"}])
    await exchange.calls.transfer(exchange.application, leg_id, ncco=other)
    await exchange.playing("goodbye")
    leg = await exchange.leg(leg_id)
    assert leg.conversation_id != first
    (told,) = (each for each in exchange.outbox.payloads(leg_id) if "conversation_uuid_to" in each)
    assert (told["conversation_uuid_from"], told["conversation_uuid_to"]) == (first, leg.conversation_id)
    left_behind = [fact.type for fact in await exchange.store.log(first)]
    assert left_behind.count("audio:say") == left_behind.count("audio:say:done") == 1


async def test_an_ncco_that_comes_after_a_transfer_is_too_late(exchange: Exchange) -> None:
    slow = asyncio.Event()

    async def answer_late(_delivery: Delivery) -> Reply:
        await slow.wait()
        return reply([{"action": "talk", "text": "too late"}])

    exchange.outbox.hosts[EVENT] = answer_late
    leg_id = await exchange.answered_call_in(INPUT)
    for digit in "42":
        exchange.calls.digit(leg_id, digit, 100)
    await until(lambda: any("dtmf" in payload for payload in exchange.outbox.payloads(leg_id)))
    live = exchange.calls.find(leg_id)
    assert live is not None
    await exchange.calls.transfer(exchange.application, leg_id, answer=webhook("http://shop.example/new"))
    exchange.outbox.hosts["http://shop.example/new"] = ncco(TALK)
    slow.set()
    await exchange.playing("welcome")
    assert "too late" not in exchange.media.spoken
    assert not any("too late" in str(fact.body) for log in await exchange.logs() for fact in log)


async def test_only_an_answered_call_is_transferred(exchange: Exchange) -> None:
    leg = await exchange.calls.create(exchange.application, new_call(ncco=()))
    with pytest.raises(Invalid):
        await exchange.calls.transfer(exchange.application, leg.id, ncco=())


async def test_the_moderators_leaving_ends_the_conversation(exchange: Exchange) -> None:
    guest = await exchange.answered_call_in(ROOM)
    moderator = await exchange.answered_call_in({**ROOM, "endOnExit": True})
    await until(lambda: sum(isinstance(command, Join) for command in exchange.media.sent) == 4)
    exchange.peer_ends(moderator)
    await exchange.until_gone(guest)
    assert exchange.outbox.payloads(guest)[-1]["disconnected_by"] == "platform"


async def test_a_moderator_who_was_transferred_away_ends_nothing(exchange: Exchange) -> None:
    guest = await exchange.answered_call_in(ROOM)
    moderator = await exchange.answered_call_in({**ROOM, "endOnExit": True})
    await until(lambda: sum(isinstance(command, Join) for command in exchange.media.sent) == 4)
    await exchange.calls.transfer(exchange.application, moderator, ncco=read_ncco([ROOM]))
    await until(lambda: sum(isinstance(command, Join) for command in exchange.media.sent) == 6)
    exchange.peer_ends(moderator)
    await exchange.until_gone(moderator)
    assert exchange.calls.find(guest) is not None
