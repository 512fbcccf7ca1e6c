"""Calls from the first ring to the last fact, with the line, the media and the customer's hosts played."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.calls import service
from gateway.errors import GatewayError, Unavailable
from gateway.legs.line import End
from gateway.legs.sip_codes import end_of
from gateway.ncco.happenings import TimerFired
from gateway.ncco.schema import read_ncco
from gateway.ports import NewCall
from gateway.routing.endpoints import PhoneEndpoint
from gateway.store.records import Delivery
from gateway.webhooks.exchange import Reply
from media.control import Join
from tests.support import records
from tests.support.exchange import Exchange, open_exchange
from tests.support.played import ANSWER, CALLER, EVENT, NUMBER, Everything, ncco
from tests.support.waiting import until

pytestmark = pytest.mark.contract

TALK = {"action": "talk", "text": "welcome"}
INPUT = {"action": "input", "dtmf": {"maxDigits": 2, "timeOut": 10}}
ROOM = {"action": "conversation", "name": "lobby"}
CONNECT = {"action": "connect", "endpoint": [{"type": "phone", "number": "447700900003"}]}
CANCELLED = End(status="cancelled", reason="request_terminated", sip_code=487, by_peer=True)


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[Exchange]:
    async with open_exchange(tmp_path) as opened:
        yield opened


def new_call(**fields: object) -> NewCall:
    return NewCall(to=PhoneEndpoint(number="447700900003"), **fields)  # type: ignore[arg-type]


async def test_an_inbound_call_from_ring_to_room(exchange: Exchange) -> None:
    exchange.outbox.hosts = {ANSWER: ncco(TALK, INPUT), EVENT: ncco(ROOM)}
    leg_id = exchange.call_in()
    await exchange.playing("welcome")
    (request,) = exchange.outbox.asked
    assert request.payload["from"] == CALLER
    assert request.payload["SipHeader_X-Shop"] == "7"
    assert exchange.line.verbs == [("ring", leg_id), ("answer", leg_id)]
    exchange.media.end_plays()
    await exchange.listening(leg_id)
    for digit in "42":
        exchange.calls.digit(leg_id, digit, 100)
    await until(lambda: any("dtmf" in payload for payload in exchange.outbox.payloads(leg_id)))
    collected = [payload for payload in exchange.outbox.payloads(leg_id) if "dtmf" in payload]
    assert collected[0]["dtmf"] == {"digits": "42", "timed_out": False}
    await until(lambda: any("conversation_uuid_to" in each for each in exchange.outbox.payloads(leg_id)))
    room = await exchange.store.conversation_by_name(exchange.application.id, "lobby")
    assert room is not None
    await until(lambda: Join(leg=leg_id, room=room.id) in exchange.media.sent)
    exchange.peer_ends(leg_id)
    await exchange.until_gone(leg_id)
    assert exchange.outbox.statuses(leg_id) == ["started", "ringing", "answered", "completed"]
    last = exchange.outbox.payloads(leg_id)[-1]
    assert (last["disconnected_by"], last["conversation_uuid"]) == ("user", room.id)
    begun = [fact.type for log in await exchange.logs() for fact in log if fact.type.startswith("audio:")]
    assert begun == ["audio:say", "audio:say:done", "audio:dtmf", "audio:dtmf"]


async def test_a_script_that_is_over_hangs_up(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in(TALK)
    await exchange.playing("welcome")
    exchange.media.end_plays()
    await exchange.until_gone(leg_id)
    last = exchange.outbox.payloads(leg_id)[-1]
    assert (last["status"], last["disconnected_by"]) == ("completed", "platform")
    hangup = (await exchange.fact_types(leg_id)).count("sip:hangup")
    assert hangup == 1


async def test_a_busy_callee_ends_connect_and_the_script_goes_on(exchange: Exchange) -> None:
    exchange.outbox.hosts[ANSWER] = ncco(CONNECT, TALK)
    leg_id = exchange.call_in()
    callee = await exchange.dialled()
    exchange.calls.ringing(callee)
    exchange.peer_ends(callee, end_of(486))
    await exchange.playing("welcome")
    assert exchange.outbox.statuses(callee) == ["started", "ringing", "busy", "completed"]
    assert exchange.outbox.statuses(leg_id) == ["started", "ringing", "answered"]


async def test_the_callees_answer_answers_the_caller(exchange: Exchange) -> None:
    exchange.outbox.hosts[ANSWER] = ncco(CONNECT)
    leg_id = exchange.call_in()
    callee = await exchange.dialled()
    assert ("answer", leg_id) not in exchange.line.verbs
    exchange.calls.answered(callee, None)
    await exchange.until_told(leg_id, "answered")
    conversation_id = (await exchange.leg(leg_id)).conversation_id
    assert (await exchange.leg(callee)).conversation_id == conversation_id
    # The caller hangs up first: who was called for him goes too.
    exchange.peer_ends(leg_id)
    await exchange.until_gone(callee)
    assert exchange.outbox.statuses(callee)[-1] == "completed"


async def test_a_callee_who_hangs_up_ends_connect(exchange: Exchange) -> None:
    exchange.outbox.hosts[ANSWER] = ncco(CONNECT)
    leg_id = exchange.call_in()
    callee = await exchange.dialled()
    exchange.calls.answered(callee, None)
    await exchange.until_told(leg_id, "answered")
    exchange.peer_ends(callee)
    await exchange.until_gone(leg_id)
    assert exchange.outbox.statuses(leg_id)[-1] == "completed"


async def test_early_media_is_let_through(exchange: Exchange) -> None:
    exchange.outbox.hosts[ANSWER] = ncco(CONNECT)
    leg_id = exchange.call_in()
    callee = await exchange.dialled()
    exchange.calls.ringing(callee, early_media=True)
    await until(lambda: ("progress", leg_id) in exchange.line.verbs)


async def test_a_caller_who_gives_up_before_the_callee_answers(exchange: Exchange) -> None:
    exchange.outbox.hosts[ANSWER] = ncco(CONNECT)
    leg_id = exchange.call_in()
    callee = await exchange.dialled()
    exchange.peer_ends(leg_id, CANCELLED)
    await exchange.until_gone(callee)
    assert exchange.outbox.statuses(leg_id)[-2:] == ["cancelled", "completed"]
    assert exchange.outbox.statuses(callee) == ["started", "cancelled", "completed"]


async def test_a_cancel_while_the_answer_webhook_is_pending(exchange: Exchange) -> None:
    pending = asyncio.Event()

    async def never(_delivery: Delivery) -> Reply | None:
        pending.set()
        await asyncio.Event().wait()
        return None

    exchange.outbox.hosts[ANSWER] = never
    leg_id = exchange.call_in()
    await pending.wait()
    exchange.peer_ends(leg_id, CANCELLED)
    await exchange.until_gone(leg_id)
    assert exchange.outbox.statuses(leg_id) == ["started", "ringing", "cancelled", "completed"]


async def test_a_cancel_while_it_is_being_answered_is_a_cancel(exchange: Exchange) -> None:
    exchange.outbox.hosts[ANSWER] = ncco(TALK)
    exchange.line.may_answer.clear()
    leg_id = exchange.call_in()
    await until(lambda: exchange.outbox.asked)
    await asyncio.sleep(0)
    exchange.peer_ends(leg_id, CANCELLED)
    exchange.line.may_answer.set()
    await exchange.until_gone(leg_id)
    assert exchange.outbox.statuses(leg_id)[-2:] == ["cancelled", "completed"]


async def test_a_cancel_before_the_first_fact_is_written(exchange: Exchange) -> None:
    exchange.store.may_write.clear()
    exchange.store.asked.clear()
    leg_id = exchange.call_in()
    await exchange.store.asked.wait()
    exchange.peer_ends(leg_id, CANCELLED)
    exchange.store.may_write.set()
    await exchange.until_gone(leg_id)
    assert (await exchange.leg(leg_id)).status == "cancelled"


async def test_a_number_that_nobody_rents_is_told_to_the_operator_alone(
    exchange: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    leg_id = exchange.call_in("447700900099")
    await until(lambda: leg_id in exchange.line.codes)
    assert exchange.line.codes[leg_id] == 404
    (told,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert "'447700900099' is refused with 404: the number is not rented" in told
    assert await exchange.logs() == []
    assert exchange.outbox.submitted == []


async def test_a_store_that_cannot_write_refuses_calls(exchange: Exchange) -> None:
    exchange.store.refusal = Unavailable("a full disk")
    leg_id = exchange.call_in()
    await until(lambda: leg_id in exchange.line.codes)
    assert exchange.line.codes[leg_id] == 503
    with pytest.raises(Unavailable):
        await exchange.calls.create(exchange.application, new_call(ncco=()))
    exchange.store.refusal = None
    assert exchange.calls.find(leg_id) is None


async def test_too_many_legs_are_refused(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MAX_LEGS", 1)
    await exchange.answered_call_in(TALK)
    second = exchange.call_in()
    await until(lambda: second in exchange.line.codes)
    assert exchange.line.codes[second] == 503
    with pytest.raises(Unavailable, match="are live"):
        await exchange.calls.create(exchange.application, new_call(ncco=()))


async def test_calls_are_refused_while_media_can_take_no_more(exchange: Exchange) -> None:
    first = await exchange.answered_call_in(TALK)
    exchange.media.full_about = "media is busy"
    second = exchange.call_in()
    await until(lambda: second in exchange.line.codes)
    assert exchange.line.codes[second] == 503
    with pytest.raises(Unavailable, match="busy"):
        await exchange.calls.create(exchange.application, new_call(ncco=()))
    assert exchange.calls.find(first) is not None
    exchange.media.full_about = ""
    await exchange.calls.create(exchange.application, new_call(ncco=()))


async def test_an_outbound_call(exchange: Exchange) -> None:
    first = await exchange.calls.create(exchange.application, new_call(ncco=read_ncco([TALK])))
    assert first.status == "started"
    await exchange.dialled()
    exchange.calls.ringing(first.id)
    exchange.calls.answered(first.id, {"call_id": "x"})
    await exchange.playing("welcome")
    assert exchange.outbox.statuses(first.id) == ["started", "ringing", "answered"]
    await exchange.calls.hang_up(exchange.application.id, first.id)
    await exchange.until_gone(first.id)
    assert exchange.outbox.statuses(first.id)[-1] == "completed"


async def test_a_callee_who_does_not_answer_in_time(exchange: Exchange) -> None:
    leg = await exchange.calls.create(exchange.application, new_call(ncco=(), ringing_timer_s=0))
    await exchange.until_gone(leg.id)
    assert exchange.outbox.statuses(leg.id) == ["started", "timeout", "completed"]


async def test_a_ringing_timer_that_crosses_the_answer(exchange: Exchange) -> None:
    leg = await exchange.calls.create(exchange.application, new_call(ncco=read_ncco([TALK])))
    await exchange.dialled()
    live = exchange.calls.find(leg.id)
    assert live is not None
    exchange.calls.answered(leg.id, None)
    live.tell(TimerFired(timer="ringing"))
    exchange.calls.digit(leg.id, "1", 100)
    await exchange.playing("welcome")
    await exchange.calls.set_audio(exchange.application.id, leg.id, muted=True)
    await until(lambda: live.record.muted, "the message behind the timer")


async def test_an_end_that_an_answered_call_cannot_have_is_its_completion(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in(ROOM)
    exchange.peer_ends(leg_id, CANCELLED)
    await exchange.until_gone(leg_id)
    assert exchange.outbox.statuses(leg_id)[-2:] == ["answered", "completed"]


async def test_a_call_that_has_lasted_long_enough(exchange: Exchange) -> None:
    new = new_call(ncco=read_ncco([ROOM]), length_timer_s=0)
    leg = await exchange.calls.create(exchange.application, new)
    await exchange.dialled()
    exchange.calls.answered(leg.id, None)
    await exchange.until_gone(leg.id)
    assert exchange.outbox.statuses(leg.id) == ["started", "answered", "completed"]


@pytest.mark.parametrize(
    ("error", "status"), [(GatewayError("no trunk"), "rejected"), (Unavailable("no media"), "failed")]
)
async def test_an_endpoint_that_cannot_be_dialled(
    exchange: Exchange, error: GatewayError, status: str
) -> None:
    exchange.line.refusal = error
    leg = await exchange.calls.create(exchange.application, new_call(ncco=()))
    await exchange.until_gone(leg.id)
    assert (await exchange.leg(leg.id)).status == status
    assert any(payload.get("reason") == error.detail for payload in exchange.outbox.payloads())


async def test_the_death_of_the_media_worker_ends_every_call(exchange: Exchange) -> None:
    talking = await exchange.answered_call_in(ROOM)
    ringing = await exchange.calls.create(exchange.application, new_call(ncco=()))
    await exchange.dialled()
    exchange.media.dead = True
    exchange.calls.media_lost(Everything())
    await exchange.until_gone(talking)
    await exchange.until_gone(ringing.id)
    assert exchange.outbox.statuses(talking)[-1] == "completed"
    assert exchange.outbox.statuses(ringing.id) == ["started", "failed", "completed"]


async def test_calls_go_on_while_no_new_ones_are_taken(exchange: Exchange) -> None:
    exchange.outbox.hosts[ANSWER] = ncco(CONNECT, TALK)
    leg_id = exchange.call_in()
    callee = await exchange.dialled()
    draining = asyncio.create_task(exchange.calls.drain(60))
    await until(lambda: exchange.media.draining)
    with pytest.raises(Unavailable, match="stopped"):
        await exchange.calls.create(exchange.application, new_call(ncco=()))
    exchange.calls.answered(callee, None)
    await until(lambda: "answered" in exchange.outbox.statuses(callee))
    assert not draining.done()
    for each in (callee, leg_id):
        leg = exchange.calls.find(each)
        assert leg is not None
        leg.hang_up()
    await draining
    assert exchange.calls.find(leg_id) is None


async def test_nobody_waits_longer_than_allowed_for_calls_to_end(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in(ROOM)
    await exchange.calls.drain(0)
    assert exchange.calls.find(leg_id) is not None


async def test_the_end_of_a_leg_is_told_even_when_it_cannot_be_written(exchange: Exchange) -> None:
    exchange.outbox.hosts[ANSWER] = ncco(CONNECT, TALK)
    leg_id = exchange.call_in()
    callee = await exchange.dialled()
    exchange.store.refusal = Unavailable("a full disk")
    exchange.peer_ends(callee, end_of(486))
    await exchange.until_gone(callee)
    await exchange.until_gone(leg_id)
    exchange.store.refusal = None
    assert {leg.status for leg in await exchange.all_legs()} == {"started", "ringing"}
    for open_leg in await exchange.all_legs():
        await exchange.close_in_store(open_leg)


async def test_a_flood_of_digits_is_bounded_and_hides_nothing_else(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.calls.live_leg.MAX_INBOX", 5)
    leg_id = await exchange.answered_call_in(ROOM)
    for _ in range(100):
        exchange.calls.digit(leg_id, "1", 100)
    exchange.peer_ends(leg_id)
    await exchange.until_gone(leg_id)
    facts = [fact.type for log in await exchange.logs() for fact in log]
    assert 1 <= facts.count("audio:dtmf") <= 6


async def test_a_foreign_number_is_not_shown(exchange: Exchange) -> None:
    await exchange.store.rent_number(records.number("447700900050", account="acc-2"))
    for count, (number, shown) in enumerate(((NUMBER, NUMBER), ("447700900050", "")), 1):
        new = new_call(ncco=(), from_=PhoneEndpoint(number=number))
        await exchange.calls.create(exchange.application, new)
        await exchange.dialled(count)
        assert exchange.line.dialled[-1].caller == shown


async def test_closing_ends_calls_that_are_still_arriving(exchange: Exchange) -> None:
    exchange.outbox.hosts[ANSWER] = ncco(ROOM)
    exchange.store.may_write.clear()
    exchange.store.asked.clear()
    leg_id = exchange.call_in()
    await exchange.store.asked.wait()
    closing = asyncio.create_task(exchange.calls.close())
    await asyncio.sleep(0)
    exchange.store.may_write.set()
    await closing
    assert exchange.calls.find(leg_id) is None
    late = exchange.call_in()
    await until(lambda: late in exchange.line.codes)
    assert exchange.line.codes[late] == 503


async def test_a_prompt_that_cannot_be_played_is_told(exchange: Exchange) -> None:
    exchange.media.mute_about = "nobody has a voice for xx-XX"
    leg_id = await exchange.answered_call_in(TALK, ROOM)
    await until(lambda: any("reason" in payload for payload in exchange.outbox.payloads()))
    (error,) = (payload for payload in exchange.outbox.payloads() if "reason" in payload)
    assert error["reason"] == "talk cannot be played: nobody has a voice for xx-XX"
    exchange.peer_ends(leg_id)
    await exchange.until_gone(leg_id)
