"""Digits that are posted as they are pressed: by an asynchronous input, and as REST subscribes to them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.calls import handlers
from gateway.errors import NotFound
from gateway.store.records import Delivery, Json, Webhook
from gateway.webhooks.exchange import Reply
from tests.support.exchange import Exchange, open_exchange, webhook
from tests.support.played import EVENT, empty, ncco
from tests.support.waiting import until

pytestmark = pytest.mark.contract

TOLD = "http://shop.example/told"
FOLLOW: Json = {"action": "input", "type": ["dtmf"], "mode": "asynchronous", "eventUrl": [TOLD]}
STAY: Json = {"action": "conversation", "name": "lobby"}
TALK: Json = {"action": "talk", "text": "welcome"}


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[Exchange]:
    async with open_exchange(tmp_path) as opened:
        opened.outbox.hosts |= {TOLD: empty, EVENT: empty}
        yield opened


def told(exchange: Exchange, url: str = TOLD) -> list[str]:
    """The digits that a host was told, each as it came."""
    to_host = [each.payload for each in exchange.outbox.asked if each.webhook.address == url]
    return [each["dtmf"]["digits"] for each in to_host]


async def test_each_digit_is_posted_as_it_is_pressed_while_the_script_goes_on(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in(FOLLOW, TALK)
    await exchange.playing("welcome")
    for digit in "4#2":
        exchange.calls.digit(leg_id, digit, 100)
    await until(lambda: told(exchange) == ["4", "#", "2"])
    last = exchange.outbox.asked[-1].payload
    assert (last["uuid"], last["dtmf"]) == (leg_id, {"digits": "2", "timed_out": False})
    deliveries = [each for each in exchange.outbox.submitted if "dtmf" in each.payload]
    assert len({each.stream for each in deliveries}) == 1, "they keep their order"


async def test_without_a_url_they_go_to_the_event_url(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in({**FOLLOW, "eventUrl": None}, TALK)
    await exchange.playing("welcome")
    exchange.calls.digit(leg_id, "5", 100)
    await until(lambda: told(exchange, EVENT) == ["5"])


async def test_the_reply_to_a_digit_takes_the_place_of_what_is_left(exchange: Exchange) -> None:
    exchange.outbox.hosts[TOLD] = ncco({"action": "talk", "text": "goodbye"})
    leg_id = await exchange.answered_call_in(FOLLOW, TALK, STAY)
    await exchange.playing("welcome")
    exchange.calls.digit(leg_id, "5", 100)
    await exchange.playing("goodbye")


async def test_rest_follows_digits_and_stops(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in(TALK)
    await exchange.playing("welcome")
    mine = exchange.application.id
    for digit, to in (("1", webhook(TOLD)), ("2", None), ("3", webhook(TOLD))):
        await exchange.calls.follow_digits(mine, leg_id, to)
        exchange.calls.digit(leg_id, digit, 100)
    await until(lambda: told(exchange) == ["1", "3"])


@pytest.mark.parametrize("to", [None, webhook(TOLD)])
async def test_nobody_follows_what_is_not_theirs(exchange: Exchange, to: Webhook | None) -> None:
    leg_id = await exchange.answered_call_in(STAY)
    with pytest.raises(NotFound):
        await exchange.calls.follow_digits("another application", leg_id, to)


async def test_an_application_that_is_behind_is_not_told_of_more(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "MAX_UNANSWERED_DIGITS", 3)
    catches_up = asyncio.Event()

    async def slow(_delivery: Delivery) -> Reply:
        await catches_up.wait()
        return Reply(200, "application/json", b"{}")

    exchange.outbox.hosts[TOLD] = slow
    leg_id = await exchange.answered_call_in(FOLLOW, STAY)
    leg = exchange.calls.find(leg_id)
    assert leg is not None
    await until(lambda: leg.entered is not None)
    for digit in "12345":
        exchange.calls.digit(leg_id, digit, 100)
    await exchange.calls.follow_digits(exchange.application.id, leg_id, None)
    await until(lambda: leg.digits_to is None, "the last of what was told")
    catches_up.set()
    await until(lambda: not leg.pending.tasks)
    assert told(exchange) == ["1", "2", "3"]
