"""A caller pays with a card that is keyed in on a real phone, and no digit of it stays anywhere."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import StartGateway, StartPhone
from tests.support.line import Line, allow_payments, talk
from tests.support.processor import FakeProcessor
from tests.support.waiting import LIMIT_S
from tests.support.webhook_app import WebhookApp

pytestmark = pytest.mark.interop

VISA, EXPIRES, CODE = "4111111111111111", "1239", "737"
FIELDS = ("from", "to", "uuid", "conversation_uuid", "type", "status", "timestamp")
TELLING = 8
"""Digits in a row that a card could be told by."""


@pytest.mark.row(
    *("pay", "pay.amount", "pay.currency", "pay.eventUrl"),
    *(f"webhook payment.{field}" for field in FIELDS),
)
async def test_a_card_is_charged_and_kept_nowhere(
    start_gateway: StartGateway, start_phone: StartPhone, webhooks: WebhookApp
) -> None:
    async with FakeProcessor() as bank:
        gateway = await start_gateway(more={"payments": {"url": bank.url, "secret": "of the bank"}})
        line = await Line.rent(gateway, webhooks)
        await allow_payments(line)
        paid, key = f"{webhooks.url}/paid", f"{webhooks.url}/key"
        webhooks.answer(
            {"action": "record", "format": "wav", "eventUrl": [f"{webhooks.url}/recorded"]},
            {"action": "input", "type": ["dtmf"], "mode": "asynchronous", "eventUrl": [key]},
            {"action": "pay", "amount": 9.99, "currency": "gbp", "eventUrl": [paid]},
            talk("Thank you."),
        )
        anna = await start_phone("447700000001", 440)
        await anna.call(line.uri)
        conversation = (await webhooks.wait("/answer")).fields["conversation_uuid"]

        await until_asked(line, conversation)
        await anna.dtmf(f"{VISA}#{EXPIRES}#{CODE}")
        told = await webhooks.wait("/paid", within_s=30)
        await anna.wait("closed", timeout=30)
        await webhooks.wait("/recorded")
        types = [event["type"] for event in await line.events(conversation)]
        await gateway.stop()

    (charge,) = bank.charges
    assert charge["card"] == {"number": VISA, "expires": EXPIRES, "code": CODE}
    assert (charge["amount"], charge["currency"]) == ("9.99", "gbp")
    assert set(told.fields) == set(FIELDS)
    assert told.fields["type"] == "payment"
    assert told.fields["status"] == "success"
    assert (told.fields["from"], told.fields["to"]) == ("447700000001", line.number)
    assert "audio:dtmf" not in types
    assert not [hook for hook in webhooks.hooks if "dtmf" in hook.fields]
    parts = {VISA[start : start + TELLING] for start in range(len(VISA) - TELLING + 1)}
    told_everywhere = {"webhooks": json.dumps([hook.fields for hook in webhooks.hooks]).encode()}
    for place, content in (*told_everywhere.items(), *kept(gateway.directory)):
        found = [part for part in parts if part.encode() in content]
        assert not found, f"{place} has a part of the card: {found}"


async def until_asked(line: Line, conversation_id: str) -> None:
    """Wait for the question for the card's number: what is keyed in before belongs to nobody."""
    async with asyncio.timeout(LIMIT_S):
        while not any(event["type"] == "audio:say" for event in await line.events(conversation_id)):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


def kept(directory: Path) -> Iterator[tuple[str, bytes]]:
    """Every file that the gateway has written, the log and what the database has not folded in among them."""
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            yield str(path), path.read_bytes()
