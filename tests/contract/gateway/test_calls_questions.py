"""How URLs are asked for NCCOs: in which time, past what is owed already, and what comes too late."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.calls.live_leg import LiveLeg
from gateway.store.records import Delivery, Json
from gateway.webhooks.exchange import Reply
from tests.support.exchange import Exchange, open_exchange, webhook
from tests.support.played import ANSWER, EVENT, FALLBACK, empty, ncco
from tests.support.waiting import until

pytestmark = pytest.mark.contract

OTHER = "http://shop.example/other"
STAY: Json = {"action": "conversation", "name": "lobby"}
INPUT: Json = {"action": "input", "dtmf": {"maxDigits": 1, "timeOut": 10}}


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[Exchange]:
    async with open_exchange(tmp_path) as opened:
        opened.outbox.hosts[EVENT] = empty
        yield opened


def was_asked(exchange: Exchange, url: str) -> bool:
    return any(each.webhook.address == url for each in exchange.outbox.asked)


async def in_a_room(exchange: Exchange) -> LiveLeg:
    """A caller who is answered and stays."""
    leg = exchange.calls.find(await exchange.answered_call_in(STAY))
    assert leg is not None
    await until(lambda: leg.entered is not None, "the room")
    return leg


async def test_an_answer_url_that_rest_names_is_asked_within_the_limits_of_the_application(
    exchange: Exchange,
) -> None:
    limits = {"connection_timeout": 700, "socket_timeout": 3000}
    exchange.application.capabilities["voice"]["webhooks"]["answer_url"] |= limits
    await exchange.store.save_application(exchange.application)
    leg = await in_a_room(exchange)
    exchange.outbox.hosts[OTHER] = ncco(STAY)
    await exchange.calls.transfer(exchange.application, leg.record.id, answer=webhook(OTHER))
    await until(lambda: was_asked(exchange, OTHER))
    (url,) = [each.webhook for each in exchange.outbox.asked if each.webhook.address == OTHER]
    assert (url.connect_timeout_ms, url.socket_timeout_ms) == (700, 3000)


async def test_a_question_does_not_queue_behind_the_events_of_its_leg(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in(INPUT, STAY)
    await exchange.listening(leg_id)
    exchange.calls.digit(leg_id, "1", 100)
    await until(lambda: any("dtmf" in each for each in exchange.outbox.payloads(leg_id)), "the question")
    mine = [each for each in exchange.outbox.submitted if each.payload.get("uuid") == leg_id]
    (question,) = [each for each in mine if "dtmf" in each.payload]
    assert question.wants_reply
    assert question.stream not in {each.stream for each in mine if each is not question}


async def test_an_answer_url_that_fails_too_late_ends_nothing(exchange: Exchange) -> None:
    """The call has been transferred again meanwhile."""
    fails = asyncio.Event()

    async def slow(_delivery: Delivery) -> Reply | None:
        await fails.wait()
        return None

    leg = await in_a_room(exchange)
    leg_id = leg.record.id
    exchange.outbox.hosts |= {OTHER: slow, FALLBACK: slow}
    await exchange.calls.transfer(exchange.application, leg_id, answer=webhook(OTHER))
    await until(lambda: was_asked(exchange, OTHER))
    exchange.outbox.hosts[ANSWER] = ncco({"action": "talk", "text": "again"}, STAY)
    await exchange.calls.transfer(exchange.application, leg_id, answer=webhook(ANSWER))
    await exchange.playing("again")
    fails.set()
    await until(lambda: not leg.pending.tasks, "the answer that is too late")
    await exchange.calls.set_audio(exchange.application.id, leg_id, muted=True)
    await until(lambda: leg.record.muted, "what was told after it")
    assert leg.record.status == "answered"
