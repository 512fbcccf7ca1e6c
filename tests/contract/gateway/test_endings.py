"""What ends with a conversation, and with a member: legs, recordings, and what memory holds of them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from gateway.calls import service
from gateway.errors import NotFound, Unavailable
from gateway.ports import MemberChange, NewCall
from gateway.resources.applications import ApplicationResource
from gateway.resources.conversations import ConversationResource
from gateway.resources.members import MemberResource
from gateway.routing.endpoints import PhoneEndpoint
from gateway.store.queries import MAX_PAGE, Window
from media.control import RecordingDone
from tests.support import records
from tests.support.exchange import Exchange, open_exchange
from tests.support.waiting import until

pytestmark = pytest.mark.contract

ROOM = {"action": "conversation", "name": "lobby"}
RECORDED = {**ROOM, "record": True, "eventUrl": ["http://shop.example/recorded"]}


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[Exchange]:
    async with open_exchange(tmp_path) as opened:
        yield opened


def conversations(exchange: Exchange) -> ConversationResource:
    return ConversationResource(exchange.store, exchange.switchboard, exchange.calls)


async def in_lobby(exchange: Exchange, *legs: str) -> str:
    """Wait until the legs are in the room; its id."""

    room = await exchange.switchboard.named(exchange.application, "lobby")
    await until(lambda: {leg.id for leg in exchange.switchboard.legs(room.id)} >= set(legs), "the legs")
    return room.id


async def test_with_a_conversation_its_calls_end_and_its_name_is_free(exchange: Exchange) -> None:
    legs = [await exchange.answered_call_in(ROOM) for _ in range(2)]
    elsewhere = await exchange.answered_call_in({"action": "talk", "text": "hold on"})
    room = await in_lobby(exchange, *legs)
    await conversations(exchange).delete_conversation(exchange.application.id, room)
    for leg_id in legs:
        leg = await exchange.leg(leg_id)
        assert (leg.status, leg.conversation_id) == ("completed", room)
        assert leg_id not in exchange.line.up
    assert (await exchange.leg(elsewhere)).status == "answered"
    log = await exchange.store.log(room)
    assert log[-1].type == "conversation:deleted"
    members = await exchange.store.members(room, Window(limit=MAX_PAGE))
    assert {member.state for member in members.rows} == {"LEFT"}
    assert await exchange.store.conversation(exchange.application.id, room) is None
    assert exchange.switchboard._live.find(room) is None
    with pytest.raises(NotFound):
        await conversations(exchange).delete_conversation(exchange.application.id, room)
    again = await exchange.switchboard.named(exchange.application, "lobby")
    assert again.id != room


async def test_with_a_member_its_call_ends_and_no_other(exchange: Exchange) -> None:
    legs = [await exchange.answered_call_in(ROOM) for _ in range(2)]
    room = await in_lobby(exchange, *legs)
    leaving = await exchange.leg(legs[0])
    members = MemberResource(exchange.store, exchange.switchboard, exchange.calls, exchange.ids)
    change = MemberChange(state="LEFT", reason={"text": "enough"})
    left = await members.update_member(exchange.application.id, room, leaving.member_id, change)
    assert (left.state, left.reason) == ("LEFT", {"text": "enough"})
    assert (await exchange.leg(legs[0])).status == "completed"
    assert (await exchange.leg(legs[1])).status == "answered"
    kept = await exchange.store.member(room, leaving.member_id)
    assert kept is not None
    assert kept.reason == {"text": "enough"}


async def test_a_conversation_stays_while_a_call_does_not_come_to_its_end(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "CLEARING_S", 0.0)
    leg_id = await exchange.answered_call_in(ROOM)
    room = await in_lobby(exchange, leg_id)
    hang_up, may_end = exchange.line.hang_up, asyncio.Event()

    async def hang_up_late(leg: str, sip_code: int | None = None) -> None:
        await may_end.wait()
        await hang_up(leg, sip_code)

    monkeypatch.setattr(exchange.line, "hang_up", hang_up_late)
    with pytest.raises(Unavailable):
        await conversations(exchange).delete_conversation(exchange.application.id, room)
    assert await exchange.store.conversation(exchange.application.id, room) is not None
    may_end.set()
    await exchange.until_gone(leg_id)
    await conversations(exchange).delete_conversation(exchange.application.id, room)


async def test_a_recording_that_is_ready_late_is_kept_and_told_of(exchange: Exchange) -> None:
    ready: list[RecordingDone] = []
    exchange.media.recorded = ready.append
    leg_id = await exchange.answered_call_in(RECORDED)
    room = await in_lobby(exchange, leg_id)
    await until(lambda: bool(exchange.media.recording), "the recording")
    await conversations(exchange).delete_conversation(exchange.application.id, room)
    await until(lambda: bool(ready), "the end of the recording")
    exchange.calls.recording_done(ready[0])
    await exchange.recordings.close()
    record = await exchange.store.recording(exchange.application.id, ready[0].recording)
    assert record is not None
    assert record.end_time is not None
    (told,) = [payload for payload in exchange.outbox.payloads() if "recording_url" in payload]
    assert told["recording_url"].endswith(record.id)


async def test_with_an_application_its_calls_end_and_no_more_begin(exchange: Exchange) -> None:
    application = exchange.application
    other = msgspec.structs.replace(application, id="app-other")
    await exchange.store.save_application(other)
    await exchange.store.rent_number(records.number("447700900999", app_id=other.id))
    legs = [await exchange.answered_call_in(RECORDED), await exchange.answered_call_in(ROOM)]
    await in_lobby(exchange, *legs)
    foreign = exchange.call_in("447700900999")
    await exchange.until_told(foreign, "answered")

    await ApplicationResource(exchange.store, exchange.calls).delete(application.id)

    for leg_id in legs:
        assert (await exchange.leg(leg_id)).status == "completed"
        assert leg_id not in exchange.line.up
        assert exchange.outbox.statuses(leg_id)[-1] == "completed"
    assert foreign in exchange.line.up
    await until(lambda: not exchange.media.recording, "the end of the recording")
    # Who had read the application before it was deleted, and who calls its number.
    with pytest.raises(NotFound):
        await exchange.calls.create(application, NewCall(to=PhoneEndpoint(number="447700900003"), ncco=()))
    late = exchange.call_in()
    await until(lambda: late not in exchange.line.up, "the refusal")
    assert len(await exchange.all_legs()) == len(legs)
    assert await exchange.store.any_application(application.id) == application
