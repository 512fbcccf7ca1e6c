"""Payments: a processor over HTTP, the till, and calls whose caller pays."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import AsyncMock

import msgspec
import pytest
from aiohttp import web

from gateway.calls.effects import payments
from gateway.errors import Unavailable
from gateway.ncco.actions.pay_prompts import QUESTIONS
from gateway.ncco.effects import Card
from gateway.ncco.schema import read_ncco
from gateway.payments import processor as processor_module
from gateway.payments import till as till_module
from gateway.payments.processor import HttpProcessor, NotCharged, Payment, Status
from gateway.payments.till import Till
from gateway.ports import NewCall
from gateway.routing.endpoints import PhoneEndpoint
from gateway.store.records import Json
from media.control import Conceal
from tests.support.exchange import Exchange, open_exchange
from tests.support.played import EVENT, empty
from tests.support.processor import FakeProcessor
from tests.support.waiting import until

pytestmark = pytest.mark.contract

VISA, EXPIRES, CODE = "4111111111111111", "1239", "737"
PAID = "http://shop.example/paid"
PAY: Json = {"action": "pay", "amount": 9.99, "currency": "eur", "eventUrl": [PAID]}
THANKS: Json = {"action": "talk", "text": "thanks"}
SUCCESS = b'{"status":"success"}'
PAYMENT = Payment(
    id="charge-1",
    amount="9.99",
    currency="eur",
    card=Card(number=VISA, expires=EXPIRES, code=CODE),
    application_id="app-1",
    leg_id="leg-1",
)


@pytest.fixture
async def bank() -> AsyncIterator[FakeProcessor]:
    async with FakeProcessor() as serving:
        yield serving


@pytest.fixture
async def processor(bank: FakeProcessor) -> AsyncIterator[HttpProcessor]:
    opened = HttpProcessor(bank.url, "bank secret", timeout_s=5.0)
    yield opened
    await opened.close()


async def test_a_payment_is_posted_once_with_its_id_as_the_key(
    bank: FakeProcessor, processor: HttpProcessor
) -> None:
    assert await processor.charge(PAYMENT) == "success"
    assert bank.charges == [
        {
            "id": "charge-1",
            "amount": "9.99",
            "currency": "eur",
            "card": {"number": VISA, "expires": EXPIRES, "code": CODE},
            "application_id": "app-1",
            "leg_id": "leg-1",
        }
    ]
    assert bank.headers[0]["Idempotency-Key"] == "charge-1"
    assert bank.headers[0]["Authorization"] == "Bearer bank secret"


@pytest.mark.parametrize(
    "reply",
    [
        {"status": "perhaps"},
        {},
        [],
        web.Response(status=500, body=SUCCESS),
        web.Response(status=307, headers={"Location": "/charges"}, body=SUCCESS),
        web.Response(text="<html>"),
        web.Response(body=b" " * (processor_module.MAX_REPLY + 1) + SUCCESS),
    ],
    ids=str,
)
async def test_an_answer_that_says_nothing_is_no_success(
    bank: FakeProcessor, processor: HttpProcessor, reply: object
) -> None:
    bank.reply = reply
    with pytest.raises(NotCharged) as caught:
        await processor.charge(PAYMENT)
    assert VISA not in str(caught.value)
    assert len(bank.charges) == 1, "a charge is never asked for twice"


async def test_a_processor_that_is_silent_may_have_charged(bank: FakeProcessor) -> None:
    bank.may_answer.clear()
    impatient = HttpProcessor(bank.url, timeout_s=0.5)
    with pytest.raises(NotCharged, match="unknown"):
        await impatient.charge(PAYMENT)
    await impatient.close()
    assert "Authorization" not in bank.headers[0]


async def test_a_processor_that_is_not_there_has_not() -> None:
    nobody = HttpProcessor("http://127.0.0.1:9/charges")
    with pytest.raises(NotCharged, match="cannot be reached"):
        await nobody.charge(PAYMENT)
    await nobody.close()


class Bank:
    """A processor that answers when the test lets it."""

    def __init__(self, status: Status = "success") -> None:
        self.status: Status = status
        self.asked: list[Payment] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def charge(self, payment: Payment) -> Status:
        """See `Processor.charge`."""
        self.asked.append(payment)
        await self.may_answer.wait()
        return self.status

    async def close(self) -> None:
        """See `Processor.close`."""


async def test_so_many_charges_run_at_once_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(till_module, "MAX_CHARGES", 2)
    bank, told = Bank(), []
    bank.may_answer.clear()

    async def remember(status: Status, _trouble: str) -> None:
        told.append(status)

    till = Till(bank)
    till.charge(PAYMENT, remember)
    till.charge(PAYMENT, remember)
    with pytest.raises(Unavailable, match="2 charges"):
        till.charge(PAYMENT, remember)
    bank.may_answer.set()
    await till.close()
    assert told == ["success", "success"]


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[Exchange]:
    async with open_exchange(tmp_path) as opened:
        opened.outbox.hosts |= {PAID: empty, EVENT: empty}
        voice = {**opened.application.capabilities["voice"], "payment_enabled": True}
        await allow(opened, voice)
        yield opened


async def allow(exchange: Exchange, voice: Json) -> None:
    """Give the application these capabilities."""
    exchange.application = msgspec.structs.replace(exchange.application, capabilities={"voice": voice})
    await exchange.store.save_application(exchange.application)


def paid(exchange: Exchange) -> list[Json]:
    return [each.payload for each in exchange.outbox.submitted if each.payload.get("type") == "payment"]


def errors(exchange: Exchange) -> list[str]:
    return [each.payload["reason"] for each in exchange.outbox.submitted if "reason" in each.payload]


async def press(exchange: Exchange, leg_id: str, digits: str) -> None:
    for digit in digits:
        exchange.calls.digit(leg_id, digit, 100)


async def test_a_caller_pays_and_nobody_learns_the_card(exchange: Exchange) -> None:
    bank = Bank()
    exchange.equipment.till = Till(bank)
    follow = {"action": "input", "type": ["dtmf"], "mode": "asynchronous", "eventUrl": [PAID]}
    leg_id = await exchange.answered_call_in(follow, PAY, THANKS)
    await exchange.playing("Please enter your card number, followed by the hash key.")
    assert Conceal(leg=leg_id, concealed=True) in exchange.media.sent
    await press(exchange, leg_id, f"{VISA}#{EXPIRES}#{CODE}#")
    await exchange.playing("thanks")
    assert Conceal(leg=leg_id, concealed=False) in exchange.media.sent

    assert [payment.card for payment in bank.asked] == [Card(number=VISA, expires=EXPIRES, code=CODE)]
    (event,) = paid(exchange)
    leg = await exchange.leg(leg_id)
    assert event == {
        "from": leg.from_["number"],
        "to": leg.to["number"],
        "uuid": leg_id,
        "conversation_uuid": leg.conversation_id,
        "type": "payment",
        "status": "success",
        "timestamp": event["timestamp"],
    }
    assert "audio:dtmf" not in await exchange.fact_types(leg_id)
    assert not any("dtmf" in each.payload for each in exchange.outbox.submitted)

    exchange.calls.digit(leg_id, "5", 100)
    await until(lambda: any("dtmf" in each.payload for each in exchange.outbox.submitted))
    assert "audio:dtmf" in await exchange.fact_types(leg_id), "after the payment keys are keys again"


async def test_a_caller_who_hangs_up_meanwhile_has_paid_all_the_same(exchange: Exchange) -> None:
    bank = Bank()
    bank.may_answer.clear()
    till = exchange.equipment.till = Till(bank)
    leg_id = await exchange.answered_call_in(PAY, THANKS)
    await exchange.playing("Please enter your card number, followed by the hash key.")
    await press(exchange, leg_id, f"{VISA}{EXPIRES}{CODE}")
    await until(lambda: bank.asked)
    exchange.peer_ends(leg_id)
    await exchange.until_gone(leg_id)
    assert not paid(exchange)
    bank.may_answer.set()
    await till.close()
    assert [each["status"] for each in paid(exchange)] == ["success"]


async def keying_in(exchange: Exchange) -> str:
    """The leg of a caller who is in the middle of the card."""
    exchange.equipment.till = Till(Bank())
    leg_id = await exchange.answered_call_in(PAY, THANKS)
    await exchange.playing("Please enter your card number, followed by the hash key.")
    await press(exchange, leg_id, VISA)
    await exchange.playing(QUESTIONS["ExpirationDate"])
    return leg_id


async def test_a_caller_who_hangs_up_before_has_not_paid(exchange: Exchange) -> None:
    leg_id = await keying_in(exchange)
    exchange.peer_ends(leg_id)
    await exchange.until_gone(leg_id)
    assert [each["status"] for each in paid(exchange)] == ["failure"]


async def test_a_caller_who_is_transferred_before_has_not_paid(exchange: Exchange) -> None:
    leg_id = await keying_in(exchange)
    elsewhere = read_ncco([{"action": "talk", "text": "elsewhere"}])
    await exchange.calls.transfer(exchange.application, leg_id, ncco=elsewhere)
    await exchange.playing("elsewhere")
    assert [each["status"] for each in paid(exchange)] == ["failure"]
    assert exchange.media.sent.count(Conceal(leg=leg_id, concealed=False)) == 1


async def test_a_failure_that_cannot_be_told_keeps_no_leg_alive(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    leg_id = await keying_in(exchange)
    monkeypatch.setattr(payments, "_tell", AsyncMock(side_effect=Unavailable("the store is behind")))
    await exchange.calls.hang_up(exchange.application.id, leg_id)
    await exchange.until_gone(leg_id)
    assert exchange.line.codes == {leg_id: None}
    assert (await exchange.leg(leg_id)).status == "completed"


async def test_a_question_that_no_voice_can_say_is_asked_once(exchange: Exchange) -> None:
    exchange.equipment.till = Till(Bank())
    exchange.media.mute_about = "no voice speaks Klingon"
    leg_id = await exchange.answered_call_in(PAY)
    await exchange.until_gone(leg_id)
    assert [each["status"] for each in paid(exchange)] == ["failure"]
    assert errors(exchange) == ["talk cannot be played: no voice speaks Klingon"]


async def test_who_is_called_cannot_pay(exchange: Exchange) -> None:
    bank = Bank()
    exchange.equipment.till = Till(bank)
    phone = PhoneEndpoint(number="447700900003")
    leg = await exchange.calls.create(exchange.application, NewCall(to=phone, ncco=read_ncco([PAY, THANKS])))
    await exchange.dialled()
    exchange.calls.answered(leg.id, None)
    await exchange.playing("thanks")
    assert errors(exchange) == ["pay: only who calls in can pay, and this call is outbound"]
    assert [each["status"] for each in paid(exchange)] == ["failure"]


async def test_without_a_processor_the_application_is_told_why(exchange: Exchange) -> None:
    await exchange.answered_call_in(PAY, THANKS)
    await exchange.playing("thanks")
    assert errors(exchange) == ["pay: no payment processor is configured; the operator sets [payments] url"]
    assert [each["status"] for each in paid(exchange)] == ["failure"]


async def test_an_application_that_takes_no_payments_gets_none(exchange: Exchange) -> None:
    exchange.equipment.till = Till(Bank())
    voice = {**exchange.application.capabilities["voice"], "payment_enabled": False}
    await allow(exchange, voice)
    await exchange.answered_call_in(PAY, THANKS)
    await exchange.playing("thanks")
    (reason,) = errors(exchange)
    assert "payment_enabled" in reason
    assert [each["status"] for each in paid(exchange)] == ["failure"]


async def test_a_leg_that_cannot_be_concealed_is_not_asked(exchange: Exchange) -> None:
    exchange.equipment.till = Till(Bank())
    leg_id = await exchange.answered_call_in({"action": "talk", "text": "welcome"}, PAY)
    await exchange.playing("welcome")
    exchange.media.dead = True
    exchange.media.end_plays()
    await exchange.until_gone(leg_id)
    assert exchange.media.spoken == ["welcome"]
