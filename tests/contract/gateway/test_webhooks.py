"""Deliveries from the store, through the outbox and the door, to real servers that misbehave."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import msgspec
import pytest

from gateway.calls.scripting import ncco_trouble, reply_ncco
from gateway.clock import SystemClock
from gateway.store.records import Batch, Delivery, Json, Webhook
from gateway.store.sqlite import SqliteStore
from gateway.webhooks.delivery import EVENT_DELAYS_S, QUICK_DELAYS_S
from gateway.webhooks.egress import Egress
from gateway.webhooks.exchange import Reply
from gateway.webhooks.lanes import EVENTS_IN_FLIGHT_PER_HOST
from gateway.webhooks.outbox import DELIVERY_HEADER, Outbox
from gateway.webhooks.signing import Sign, unsigned
from tests.support import records
from tests.support.misconduct import FOR_A_DAY, GOOD, NCCO, ROWS, USELESS_ANSWERS, Host, Row
from tests.support.rude_server import Answer, RudeServer, http, resets, says, stays_silent
from tests.support.waiting import until

pytestmark = pytest.mark.contract

LONG_MS, SHORT_MS = 10_000, 150
"""What no host of a busy machine takes, and what is waited for where nothing is to come."""


class Waits:
    """What the outbox was told to wait; it does not."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(round(seconds))


class WatchedDoor:
    """A door that lets loopback through, and where each request went."""

    def __init__(self) -> None:
        self.egress = Egress(("127.0.0.0/8",))
        self.asked: list[str] = []

    async def request(
        self, webhook: Webhook, payload: Json, headers: Mapping[str, str], sign: Sign = unsigned
    ) -> Reply:
        """See `Egress.request`."""
        self.asked.append(webhook.address)
        return await self.egress.request(webhook, payload, headers, sign)


class Setting:
    """A store, a door, and an outbox between them."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.waits = Waits()
        self.door = WatchedDoor()
        self.outbox = Outbox(store, self.door, SystemClock(), trouble=ncco_trouble, sleep=self.waits)

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
    await made.door.egress.close()
    await store.close()


def _hook(url: str, row: Row | None = None) -> Webhook:
    """A webhook that waits only where waiting is what the row is about."""
    spends = "nothing" if row is None else row.spends
    return Webhook(
        address=url,
        connect_timeout_ms=SHORT_MS if spends in ("connect", "both") else LONG_MS,
        socket_timeout_ms=SHORT_MS if spends in ("socket", "both") else LONG_MS,
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_a_question_turns_to_the_fallback(setting: Setting, row: Row) -> None:
    async with row.host() as url, RudeServer(says(http(body=NCCO))) as backup:
        question = records.delivery(
            "q1", webhook=_hook(url, row), fallback=_hook(backup.url), wants_reply=True
        )
        await setting.send(question)
        answered = await setting.outbox.reply("q1")
        assert answered.reply == Reply(200, "application/json", NCCO)
        assert [reason[: len(row.reason)] for reason in answered.failures] == [row.reason]
        assert setting.door.asked == [url] * row.question + [backup.url]
        assert setting.waits.seconds == list(QUICK_DELAYS_S) * (row.question - 1)
        told = json.loads(backup.requests[0].partition(b"\r\n\r\n")[2])
        assert told["reason"] == answered.failures[0]
        assert told["original_request"] == {"url": url, "type": "event"}
        assert f"{DELIVERY_HEADER}: q1".encode() in backup.requests[0]


@pytest.mark.parametrize("row", [*ROWS, *USELESS_ANSWERS], ids=lambda row: row.name)
async def test_an_answer_url_and_a_fallback_that_are_no_better(setting: Setting, row: Row) -> None:
    async with row.host() as url:
        question = records.delivery("q1", webhook=_hook(url, row), fallback=_hook(url, row), wants_reply=True)
        answered = await setting.outbox.ask(question)
        assert answered.reply is None
        assert [reason[: len(row.reason)] for reason in answered.failures] == [row.reason] * 2
        assert setting.door.asked == [url] * (2 * row.question)


@pytest.mark.parametrize("row", USELESS_ANSWERS, ids=lambda row: row.name)
async def test_an_event_is_confirmed_by_what_is_plainly_no_ncco(setting: Setting, row: Row) -> None:
    async with row.host() as url:
        question = records.delivery("q1", webhook=_hook(url), fallback=_hook(url), wants_reply=True)
        await setting.send(question)
        answered = await setting.outbox.reply("q1")
        assert answered.reply is not None
        assert reply_ncco(answered.reply) is None
        assert answered.failures == ()
        assert setting.door.asked == [url]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_a_plain_event_has_its_last_attempts(setting: Setting, row: Row) -> None:
    """All but one of the waits are behind it."""
    made = FOR_A_DAY - 2
    async with row.host() as url:
        event = msgspec.structs.replace(records.delivery("e1", webhook=_hook(url, row)), attempts=made)
        await setting.send(event)
        await setting.all_settled()
        left = row.event - made if row.event == FOR_A_DAY else 1
        assert setting.door.asked == [url] * left
        assert setting.waits.seconds == list(EVENT_DELAYS_S[made:][: left - 1])
        (kept,) = await setting.store.deliveries_with(event.application_id, ["e1"])
        assert (kept.state, kept.attempts) == ("delivered" if row.delivers else "dead", made + left)


@pytest.mark.parametrize("host", GOOD)
async def test_what_counts(setting: Setting, host: Host) -> None:
    async with host() as url:
        answered = await setting.outbox.ask(records.delivery("q1", webhook=_hook(url), wants_reply=True))
        assert answered.reply is not None
        assert answered.reply.body == NCCO


async def test_events_reach_a_host_that_comes_back(setting: Setting) -> None:
    answers: list[Answer] = [resets, says(http(500)), stays_silent, says(http(200))]

    async def recovers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        await answer(reader, writer)

    async with RudeServer(recovers) as server:
        webhook = Webhook(address=server.url, connect_timeout_ms=LONG_MS, socket_timeout_ms=2000)
        await setting.send(*(records.delivery(f"e{n}", order=n, webhook=webhook) for n in range(3)))
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
        await again.door.egress.close()


async def test_a_silent_host_with_a_thousand_events_holds_up_no_other(setting: Setting) -> None:
    async with RudeServer(stays_silent) as silent, RudeServer(says(http(200))) as quick:
        owed = [
            records.delivery(f"s{n}", order=n, stream=f"s{n}", webhook=_hook(silent.url)) for n in range(1000)
        ]
        await setting.send(*owed)
        await silent.reached.wait()
        await setting.send(
            *(
                records.delivery(f"q{n}", order=1000 + n, stream=f"q{n}", webhook=_hook(quick.url))
                for n in range(100)
            )
        )
        await until(lambda: len(quick.requests) == 100, "the other host hears everything")
        assert silent.connections <= EVENTS_IN_FLIGHT_PER_HOST
        await setting.outbox.close()


def _ids(requests: Sequence[bytes]) -> list[str]:
    return [request.split(DELIVERY_HEADER.encode() + b": ")[1][:2].decode() for request in requests]
