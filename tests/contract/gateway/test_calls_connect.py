"""What the options of connect do: whom the application is asked about, what the caller hears meanwhile."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.calls import service
from gateway.legs.line import End
from gateway.legs.sip_codes import end_of
from gateway.ncco.schema import read_ncco
from gateway.ports import NewCall
from gateway.routing.endpoints import WebsocketEndpoint
from gateway.store.records import Delivery, Json
from gateway.webhooks.exchange import Reply
from media.control import Join
from tests.support.exchange import Exchange, open_exchange
from tests.support.played import ANSWER, EVENT, NUMBER, empty, ncco
from tests.support.waiting import until

pytestmark = pytest.mark.contract

TOLD, CALLEE, TONE = (f"http://shop.example/{name}" for name in ("told", "callee", "tone.wav"))
PHONE: Json = {"type": "phone", "number": "447700900003"}
WEBSOCKET: Json = {"type": "websocket", "uri": "wss://shop.example/audio"}
CONNECT: Json = {"action": "connect", "endpoint": [PHONE], "eventUrl": [TOLD]}
SYNCHRONOUS: Json = {**CONNECT, "eventType": "synchronous"}
TALK: Json = {"action": "talk", "text": "welcome"}
INSTEAD: Json = {"action": "talk", "text": "nobody is there"}
FAILURES = [
    (End(status="timeout", reason="timeout", sip_code=487), "timeout"),
    (end_of(486), "busy"),
    (end_of(603), "rejected"),
    (end_of(480), "unanswered"),
    (end_of(500), "failed"),
]


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[Exchange]:
    async with open_exchange(tmp_path) as opened:
        yield opened


async def broken(_delivery: Delivery) -> Reply:
    """A host that is out of order."""
    return Reply(500, "text/plain", b"no")


def asked(exchange: Exchange) -> list[str]:
    """The statuses whose webhooks were waited for."""
    return [each.payload["status"] for each in exchange.outbox.asked if "status" in each.payload]


@pytest.mark.parametrize(("end", "status"), FAILURES, ids=[status for _, status in FAILURES])
async def test_the_reply_to_a_failed_connect_takes_the_place_of_what_is_left(
    exchange: Exchange, end: End, status: str
) -> None:
    exchange.outbox.hosts |= {ANSWER: ncco(SYNCHRONOUS, TALK), TOLD: ncco(INSTEAD)}
    exchange.call_in()
    callee = await exchange.dialled()
    exchange.peer_ends(callee, end)
    await exchange.playing("nobody is there")
    assert exchange.media.spoken == ["nobody is there"]
    assert asked(exchange) == [status]
    statuses = exchange.outbox.statuses(callee)
    assert statuses.count(status) == 1, "the webhook that asks is the one that tells"


@pytest.mark.parametrize("host", [empty, ncco(), broken], ids=["nothing", "no action", "an error"])
async def test_without_an_ncco_in_the_reply_the_script_goes_on(exchange: Exchange, host: object) -> None:
    exchange.outbox.hosts |= {ANSWER: ncco(SYNCHRONOUS, TALK), TOLD: host}  # type: ignore[dict-item]
    exchange.call_in()
    exchange.peer_ends(await exchange.dialled(), end_of(486))
    await exchange.playing("welcome")


async def test_who_is_tried_next_when_one_is_busy(exchange: Exchange) -> None:
    second = {**SYNCHRONOUS, "endpoint": [{**PHONE, "number": "447700900004"}]}
    exchange.outbox.hosts |= {ANSWER: ncco(SYNCHRONOUS), TOLD: ncco(second)}
    caller = exchange.call_in()
    exchange.peer_ends(await exchange.dialled(), end_of(486))
    callee = await exchange.dialled(2)
    exchange.calls.answered(callee, None)
    await exchange.until_told(caller, "answered")
    exchange.peer_ends(callee)
    await exchange.until_gone(caller)


@pytest.mark.parametrize(
    ("end", "connect"), [(end_of(486), CONNECT), (None, SYNCHRONOUS)], ids=["not synchronous", "completed"]
)
async def test_nothing_else_is_asked_about(exchange: Exchange, end: End | None, connect: Json) -> None:
    exchange.outbox.hosts |= {ANSWER: ncco(connect, TALK), TOLD: ncco(INSTEAD)}
    exchange.call_in()
    callee = await exchange.dialled()
    if end is None:
        exchange.calls.answered(callee, None)
        await exchange.until_told(callee, "answered")
    exchange.peer_ends(callee, end)
    await exchange.playing("welcome")
    assert asked(exchange) == []


async def test_the_reply_to_a_closed_websocket_takes_the_place_of_what_is_left(exchange: Exchange) -> None:
    connect = {**CONNECT, "endpoint": [WEBSOCKET]}
    exchange.outbox.hosts |= {ANSWER: ncco(connect, TALK), TOLD: ncco(INSTEAD)}
    exchange.call_in()
    callee = await exchange.dialled()
    exchange.calls.answered(callee, None)
    await exchange.until_told(callee, "answered")
    exchange.line.up.discard(callee)
    exchange.calls.websocket_closed(callee, 1000, "")
    await exchange.playing("nobody is there")
    assert asked(exchange) == ["disconnected"]


@pytest.mark.parametrize("dial", ["connect", "POST /v1/calls"])
async def test_why_a_websocket_cannot_be_connected_is_told(exchange: Exchange, dial: str) -> None:
    exchange.outbox.hosts[ANSWER] = ncco({**CONNECT, "endpoint": [WEBSOCKET]}, TALK)
    if dial == "connect":
        exchange.call_in()
    else:
        endpoint = WebsocketEndpoint(uri=WEBSOCKET["uri"])
        await exchange.calls.create(exchange.application, NewCall(to=endpoint, ncco=read_ncco([TALK])))
    callee = await exchange.dialled()
    reason = "shop.example cannot be connected: Host not found."
    exchange.peer_ends(callee, End(status="failed", reason=reason, reported=True))
    await exchange.until_gone(callee)
    (error,) = [each["reason"] for each in exchange.outbox.payloads() if "reason" in each]
    assert error == reason
    assert exchange.outbox.statuses(callee) == ["started", "failed", "completed"]


async def test_the_caller_hears_the_ringback_until_the_callee_answers(exchange: Exchange) -> None:
    exchange.files[TONE] = b"a tone"
    exchange.outbox.hosts[ANSWER] = ncco({**CONNECT, "ringbackTone": TONE})
    caller = exchange.call_in()
    callee = await exchange.dialled()
    await until(lambda: exchange.media.playing, "the ringback")
    assert ("progress", caller) in exchange.line.verbs
    exchange.calls.answered(callee, None)
    await exchange.until_told(caller, "answered")
    await until(lambda: not exchange.media.playing, "silence")
    exchange.peer_ends(caller)
    await exchange.until_gone(caller)
    facts = await exchange.fact_types(caller)
    assert (facts.count("audio:play"), facts.count("audio:play:done")) == (1, 1)


async def test_the_callee_hears_an_ncco_of_its_own_before_it_is_let_in(exchange: Exchange) -> None:
    exchange.files[TONE] = b"a tone"
    endpoint = {**PHONE, "onAnswer": {"url": CALLEE, "ringbackTone": TONE}}
    exchange.outbox.hosts |= {ANSWER: ncco({**CONNECT, "endpoint": [endpoint]}), CALLEE: ncco(TALK)}
    caller = exchange.call_in()
    callee = await exchange.dialled()
    exchange.calls.answered(callee, None)
    await exchange.playing("welcome")
    assert exchange.outbox.statuses(caller) == ["started", "ringing"]
    assert not any(isinstance(each, Join) for each in exchange.media.sent)
    exchange.media.end_plays()
    await exchange.until_told(caller, "answered")
    room = (await exchange.leg(caller)).conversation_id
    await until(lambda: {Join(leg=each, room=room) for each in (caller, callee)} <= joins(exchange))
    assert not exchange.media.playing, "the ringback is over"
    exchange.peer_ends(callee)
    await exchange.until_gone(caller)


def joins(exchange: Exchange) -> set[Join]:
    return {each for each in exchange.media.sent if isinstance(each, Join)}


async def test_a_callee_without_its_ncco_is_not_let_in(exchange: Exchange) -> None:
    endpoint = {**PHONE, "onAnswer": {"url": CALLEE}}
    exchange.outbox.hosts |= {
        ANSWER: ncco({**CONNECT, "endpoint": [endpoint]}, TALK),
        CALLEE: broken,
        EVENT: empty,
    }
    exchange.call_in()
    callee = await exchange.dialled()
    exchange.calls.answered(callee, None)
    await exchange.playing("welcome")
    assert exchange.outbox.statuses(callee)[-1] == "completed"


async def test_a_random_number_of_the_application_is_shown(exchange: Exchange) -> None:
    exchange.outbox.hosts[ANSWER] = ncco({**CONNECT, "randomFromNumber": True})
    exchange.call_in()
    await exchange.dialled()
    assert exchange.line.dialled[0].caller == NUMBER


async def test_who_cannot_be_dialled_at_all_is_told_and_the_script_goes_on(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange.outbox.hosts[ANSWER] = ncco(CONNECT, TALK)

    exchange.call_in()
    monkeypatch.setattr(service, "MAX_LEGS", 1)
    await exchange.playing("welcome")
    (reason,) = [each["reason"] for each in exchange.outbox.payloads() if "reason" in each]
    assert reason == "connect: 1 legs are live; no more can be started now"
