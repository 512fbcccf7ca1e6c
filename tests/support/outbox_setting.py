"""An outbox over a store in memory and hosts that answer as they are told, in virtual time."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping

from gateway.clock import ManualClock
from gateway.errors import Unavailable
from gateway.store.records import Delivery, Json, Webhook
from gateway.webhooks import outbox as module
from gateway.webhooks.delivery import RequestType
from gateway.webhooks.exchange import Reply, reply_trouble
from gateway.webhooks.failures import ConnectionClosed
from gateway.webhooks.outbox import Outbox
from gateway.webhooks.signing import Sign, unsigned

DEAD_HOST = Webhook(address="http://dead.example/")
SLOW_HOST = Webhook(address="http://slow.example/")
GOOD = Reply(200, "application/json", b"[]")


def _trouble(reply: Reply, _: RequestType) -> str | None:
    return reply_trouble(reply)


class MemoryStore:
    """The outbox's part of a store."""

    def __init__(self) -> None:
        self.rows: dict[str, Delivery] = {}
        self.reads = 0
        self.failing = 0

    def add(self, *deliveries: Delivery) -> list[Delivery]:
        self.rows.update({delivery.id: delivery for delivery in deliveries})
        return list(deliveries)

    async def save_delivery(self, delivery: Delivery) -> None:
        self._maybe_fail()
        self.rows[delivery.id] = delivery

    async def pending_deliveries(
        self, *, application_id: str | None = None, after: int | None = None, limit: int | None = None
    ) -> list[Delivery]:
        self._maybe_fail()
        self.reads += 1
        found = [
            row
            for row in self.rows.values()
            if row.state == "pending"
            and application_id in (None, row.application_id)
            and row.order > (-1 if after is None else after)
        ]
        await asyncio.sleep(0)
        return sorted(found, key=lambda row: row.order)[:limit]

    def _maybe_fail(self) -> None:
        if self.failing:
            self.failing -= 1
            raise Unavailable("no disk")


class Hosts:
    """Customers' hosts: DEAD_HOST refuses, SLOW_HOST holds until `release`, the others answer."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.headers: list[str] = []
        self.in_flight: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.release = asyncio.Event()
        self.answers: dict[str, Callable[[], Reply]] = defaultdict(lambda: lambda: GOOD)

    async def request(
        self, webhook: Webhook, payload: Json, headers: Mapping[str, str], sign: Sign = unsigned
    ) -> Reply:
        self.headers.append(headers[module.DELIVERY_HEADER])
        self.got.append(str(payload["id"]))
        self.in_flight[webhook.address] += 1
        self.most[webhook.address] = max(self.most[webhook.address], self.in_flight[webhook.address])
        try:
            await asyncio.sleep(0)
            if webhook == SLOW_HOST:
                await self.release.wait()
            if webhook == DEAD_HOST:
                raise ConnectionClosed
            return self.answers[webhook.address]()
        finally:
            self.in_flight[webhook.address] -= 1


class Setting:
    """An outbox and what is around it. Its sleepers stay asleep until `pass_time`."""

    def __init__(self) -> None:
        self.clock = ManualClock(wall=0.0)
        self.store = MemoryStore()
        self.hosts = Hosts()
        self.sleepers: list[tuple[float, asyncio.Event]] = []
        self.outbox = self.make()

    def make(self) -> Outbox:
        return Outbox(self.store, self.hosts, self.clock, trouble=_trouble, sleep=self._sleep)

    def submit(self, *deliveries: Delivery) -> None:
        self.outbox.submit(self.store.add(*deliveries))

    async def settle(self) -> None:
        """Let everything run that does not wait for time."""
        for _ in range(400):
            await asyncio.sleep(0)

    async def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        for due, event in self.sleepers:
            if due <= self.clock.wall():
                event.set()
        await self.settle()

    def states(self) -> dict[str, str]:
        return {row.id: row.state for row in self.store.rows.values()}

    async def _sleep(self, seconds: float) -> None:
        event = asyncio.Event()
        self.sleepers.append((self.clock.wall() + seconds, event))
        await event.wait()
