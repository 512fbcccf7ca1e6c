"""Deliveries from the store, through the outbox and the door, to real servers that misbehave."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from gateway.calls.scripting import SYNTAX_ERROR, ncco_trouble
from gateway.clock import SystemClock
from gateway.store.records import Batch, Delivery, Webhook
from gateway.store.sqlite import SqliteStore
from gateway.webhooks.delivery import QUICK_DELAYS_S
from gateway.webhooks.egress import Egress
from gateway.webhooks.exchange import MAX_NCCO, Reply
from gateway.webhooks.outbox import DELIVERY_HEADER, Outbox
from tests.support import records
from tests.support.rude_server import Answer, RudeServer, closes, drips, http, resets, says, stays_silent

pytestmark = pytest.mark.contract

NCCO = b'[{"action":"talk","text":"hello"}]'
NO_ARRAY = f"{SYNTAX_ERROR} ncco: an NCCO is a JSON array of actions"
TIMEOUT_MS = 200


class Waits:
    """What the outbox was told to wait; it does not."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(round(seconds))


class Setting:
    """A store, a door that lets loopback through, and an outbox between them."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.waits = Waits()
        self.egress = Egress(("127.0.0.0/8",))
        self.outbox = Outbox(store, self.egress, SystemClock(), trouble=ncco_trouble, sleep=self.waits)

    async def send(self, *deliveries: Delivery) -> None:
        await self.store.commit(Batch(deliveries=list(deliveries)))
        self.outbox.submit(deliveries)

    async def all_settled(self) -> None:
        while tasks := list(self.outbox._tasks):
            await asyncio.gather(*tasks)
        assert await self.store.pending_deliveries() == []


@pytest.fixture
async def setting(tmp_path: Path) -> AsyncIterator[Setting]:
    store = await SqliteStore.open(tmp_path / "store.db")
    made = Setting(store)
    await made.outbox.start()
    yield made
    await made.outbox.close()
    await made.egress.close()
    await store.close()


def _hook(url: str) -> Webhook:
    return Webhook(address=url, connect_timeout_ms=TIMEOUT_MS, socket_timeout_ms=TIMEOUT_MS)


@pytest.mark.parametrize(
    ("answer", "attempts", "reason"),
    [
        (resets, 2, "Connection closed."),
        (closes, 2, "Connection closed."),
        (stays_silent, 2, "Response timed out."),
        (drips(http(body=NCCO), 0.02), 2, "Response timed out."),
        (says(http(429)), 2, "HTTP 429."),
        (says(http(503)), 2, "HTTP 503."),
        (says(http(504)), 2, "HTTP 504."),
        (says(http(500)), 1, "HTTP 500."),
        (says(http(404)), 1, "HTTP 404."),
        (says(http(302, Location="http://127.0.0.1/")), 1, "HTTP 302."),
        (says(http(200, NCCO, "text/html")), 1, "Unexpected content type."),
        (says(http(200, b"[NaN]")), 1, "Invalid JSON."),
        (says(http(200, b" " * (MAX_NCCO + 1))), 1, "Response too large."),
        (says(http(200, b" " * (1 << 21))), 1, "Response too large."),
        (says(http(200, b'{"action":"talk"}')), 1, NO_ARRAY),
        (says(b"not http\r\n\r\n"), 1, "Not HTTP."),
    ],
)
async def test_a_question_turns_to_the_fallback(
    setting: Setting, answer: Answer, attempts: int, reason: str
) -> None:
    async with RudeServer(answer) as rude, RudeServer(says(http(body=NCCO))) as backup:
        question = records.delivery(
            "q1", webhook=_hook(rude.url), fallback=_hook(backup.url), wants_reply=True
        )
        await setting.send(question)
        answered = await setting.outbox.reply("q1")
        assert answered.reply == Reply(200, "application/json", NCCO)
        assert answered.failures == (reason,)
        assert rude.connections == attempts
        assert setting.waits.seconds == list(QUICK_DELAYS_S) * (attempts - 1)
        told = f'"reason":"{reason}","original_request":{{"url":"{rude.url}","type":"event"}}'
        assert told.encode() in backup.requests[0]
        assert all(f"{DELIVERY_HEADER}: q1".encode() in request for request in rude.requests)


async def test_nobody_listens_anywhere(setting: Setting) -> None:
    async with RudeServer(closes) as server:
        url = server.url
    question = records.delivery("q1", webhook=_hook(url), fallback=_hook(url), wants_reply=True)
    answered = await setting.outbox.ask(question)
    assert answered.reply is None
    assert answered.failures == ("Connection closed.", "Connection closed.")


async def test_an_address_that_is_not_for_customers_is_never_tried_again(setting: Setting) -> None:
    await setting.send(records.delivery("e1", webhook=_hook("http://10.0.0.1/")))
    await setting.all_settled()
    assert setting.waits.seconds == []


async def test_events_reach_a_host_that_comes_back(setting: Setting) -> None:
    answers: list[Answer] = [resets, says(http(500)), stays_silent, says(http(200))]

    async def recovers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        await answer(reader, writer)

    async with RudeServer(recovers) as server:
        await setting.send(*(records.delivery(f"e{n}", order=n, webhook=_hook(server.url)) for n in range(3)))
        await setting.all_settled()
        assert _ids(server.requests) == ["e0", "e0", "e0", "e0", "e1", "e2"]
        assert setting.waits.seconds == [1, 10, 60]


async def test_an_outbox_that_was_stopped_goes_on_in_order(setting: Setting) -> None:
    async with RudeServer(stays_silent) as server:
        await setting.send(*(records.delivery(f"e{n}", order=n, webhook=_hook(server.url)) for n in range(3)))
        await server.reached.wait()
        await setting.outbox.close()
        server.answer = says(http(200))
        again = Setting(setting.store)
        await again.outbox.start()
        await again.all_settled()
        assert _ids(server.requests)[-3:] == ["e0", "e1", "e2"]
        await again.outbox.close()


def _ids(requests: Sequence[bytes]) -> list[str]:
    return [request.split(DELIVERY_HEADER.encode() + b": ")[1][:2].decode() for request in requests]
