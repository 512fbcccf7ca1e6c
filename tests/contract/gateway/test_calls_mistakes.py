"""Wrong NCCOs of every kind on calls: an error webhook names place and reason, and the fallback is asked."""

import json
from pathlib import Path

import pytest

from gateway.calls.scripting import SYNTAX_ERROR
from gateway.errors import Invalid
from gateway.ncco.schema import read_ncco
from gateway.store.records import Delivery, Json
from gateway.webhooks.exchange import Reply
from tests.support.exchange import Exchange, open_exchange
from tests.support.played import ANSWER, EVENT, FALLBACK, Host, ncco
from tests.support.waiting import until

pytestmark = pytest.mark.contract

BAD = sorted((Path(__file__).parents[3] / "fixtures" / "ncco" / "bad").glob("*.json"))
INPUT = {"action": "input", "dtmf": {"maxDigits": 1, "timeOut": 10}}
ROOM = {"action": "conversation", "name": "lobby"}


def says(document: object) -> Host:
    """A host that replies with any document."""

    async def answer(_: Delivery) -> Reply:
        return Reply(200, "application/json", json.dumps(document).encode())

    return answer


def mistakes() -> list[tuple[object, str]]:
    """Each bad sample, and how the error of it ends."""
    found = []
    for path in BAD:
        sample = json.loads(path.read_text())["ncco"]
        with pytest.raises(Invalid) as error:
            read_ncco(sample)
        found.append((sample, error.value.detail[:400]))
    return found


def errors(exchange: Exchange) -> list[Json]:
    return [each for each in exchange.outbox.payloads() if "reason" in each]


@pytest.mark.row("webhook error.reason", "webhook error.conversation_uuid", "webhook error.timestamp")
async def test_every_mistake_of_an_answer_is_told_and_the_fallback_asked(tmp_path: Path) -> None:
    async with open_exchange(tmp_path) as exchange:
        for number, (sample, detail) in enumerate(mistakes(), 1):
            exchange.outbox.hosts = {ANSWER: says(sample), FALLBACK: ncco(ROOM)}
            leg_id = exchange.call_in()
            await exchange.until_told(leg_id, "answered")
            told = errors(exchange)
            assert len(told) == number
            assert told[-1]["reason"].startswith(f"{SYNTAX_ERROR} {detail}")
            asked = exchange.outbox.asked[-1]
            assert asked.webhook.address == FALLBACK
            assert asked.payload["reason"] == told[-1]["reason"]
            assert asked.payload["original_request"] == {"url": ANSWER, "type": "answer"}
            exchange.peer_ends(leg_id)
            await exchange.until_gone(leg_id)


async def test_every_mistake_of_a_reply_is_told_and_the_script_goes_on(tmp_path: Path) -> None:
    """Of a reply that is no array nothing is told: it confirms the event."""
    async with open_exchange(tmp_path) as exchange:
        wrong = [each for each in mistakes() if isinstance(each[0], list)]
        for number, (sample, detail) in enumerate(wrong, 1):
            exchange.outbox.hosts = {EVENT: says(sample), FALLBACK: says({})}
            leg_id = await exchange.answered_call_in(INPUT, ROOM)
            await exchange.listening(leg_id)
            exchange.calls.digit(leg_id, "1", 100)
            await until(lambda: len(errors(exchange)) == number, "the error")  # noqa: B023 - awaited at once
            assert errors(exchange)[-1]["reason"].startswith(f"{SYNTAX_ERROR} {detail}")
            await until(lambda: moved(exchange, leg_id), "the next action")  # noqa: B023 - awaited at once
            exchange.peer_ends(leg_id)
            await exchange.until_gone(leg_id)


CONFIRMED = [
    Reply(200, "text/plain", b"OK"),
    Reply(200, "application/json", b"null"),
    Reply(200, "application/json", b'{"status":"ok"}'),
]


@pytest.mark.parametrize("reply", CONFIRMED, ids=lambda reply: reply.body.decode())
async def test_a_script_goes_on_when_an_input_is_confirmed(tmp_path: Path, reply: Reply) -> None:
    async def confirms(_: Delivery) -> Reply:
        return reply

    async with open_exchange(tmp_path) as exchange:
        exchange.outbox.hosts = {EVENT: confirms, FALLBACK: ncco(INPUT)}
        leg_id = await exchange.answered_call_in(INPUT, ROOM)
        await exchange.listening(leg_id)
        exchange.calls.digit(leg_id, "1", 100)
        await until(lambda: moved(exchange, leg_id), "the next action")
        assert errors(exchange) == []
        assert all(each.webhook.address != FALLBACK for each in exchange.outbox.asked)


def moved(exchange: Exchange, leg_id: str) -> bool:
    """Whether the leg has gone to the room."""
    return any("conversation_uuid_to" in each for each in exchange.outbox.payloads(leg_id))
