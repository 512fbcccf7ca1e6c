"""The outbox: takes deliveries to their hosts and writes down what became of them.

Those of one stream go to a host one after the other. What is owed stands in the store; this holds a bounded
part of it in memory, for each host of each application (`Lane`). Past that, the lane is *behind*: its newer
deliveries stay in the store until there is room again. A delivery whose outcome could not be written is made
again after a restart, under the same id: at least once, never lost.
"""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

import msgspec

from gateway.clock import Clock
from gateway.errors import GatewayError
from gateway.store.records import Delivery, Json, Webhook
from gateway.webhooks.delivery import (
    SUCCESS,
    Answer,
    Attempt,
    DeliveryMachine,
    Failure,
    Outcome,
    RequestType,
)
from gateway.webhooks.exchange import Reply
from gateway.webhooks.failures import EgressError
from gateway.webhooks.lanes import Lane, Lanes
from gateway.webhooks.signing import Sign, Signer, nobody_signs, unsigned

IN_FLIGHT = 200
"""Events of all applications at once, and as many questions: sockets and memory (a reply may be 1 MiB)."""
MENTIONS_PER_APPLICATION = 100
"""Deliveries of one application that are tried once and not kept; more are dropped."""
REFILL = 200
"""Deliveries read back from the store at once."""
UNCLAIMED_REPLIES = 10_000
"""Replies that nobody has asked for yet; the oldest are forgotten."""
STORE_RETRY_S = 1.0
"""Before the store is asked again when it could not be read."""

DELIVERY_HEADER = "X-Cordboard-Delivery"
"""The delivery's id, the same in every attempt: the receiver's key against duplicates."""

Trouble = Callable[[Reply, RequestType], str | None]
"""Why a wanted reply does not count, to which kind of request; None when it does."""

_log = logging.getLogger(__name__)


class Debts(Protocol):
    """What the outbox asks of the `Store`."""

    async def pending_deliveries(
        self, *, application_id: str | None = None, after: int | None = None, limit: int | None = None
    ) -> list[Delivery]:
        """See `Store.pending_deliveries`."""
        ...

    async def save_delivery(self, delivery: Delivery) -> None:
        """See `Store.save_delivery`."""
        ...


class Door(Protocol):
    """What the outbox asks of `Egress`."""

    async def request(
        self, webhook: Webhook, payload: Json, headers: Mapping[str, str], sign: Sign = unsigned
    ) -> Reply:
        """Send once. Raises EgressError."""
        ...


class Outbox:
    """Runs the streams of all applications."""

    def __init__(
        self,
        store: Debts,
        egress: Door,
        clock: Clock,
        *,
        trouble: Trouble,
        signer: Signer = nobody_signs,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """A reply with `trouble` sends its delivery to the fallback; `signer` signs each attempt of one."""
        self._store = store
        self._egress = egress
        self._clock = clock
        self._trouble = trouble
        self._signer = signer
        self._sleep = sleep
        self._events = asyncio.Semaphore(IN_FLIGHT)
        self._questions = asyncio.Semaphore(IN_FLIGHT)
        self._starting = True
        self._missed = False
        self._read = -1
        self._lanes = Lanes()
        self._tasks: set[asyncio.Task[None]] = set()
        self._replies: OrderedDict[str, asyncio.Future[Answer]] = OrderedDict()

    async def start(self) -> None:
        """Take up what is owed, the oldest first; what was submitted before is among it."""
        while self._starting:
            self._missed = False
            owed = await self._store.pending_deliveries(after=self._read, limit=REFILL)
            for delivery in owed:
                self._read = delivery.order
                self._take(delivery)
            self._starting = self._missed or len(owed) == REFILL

    async def close(self) -> None:
        """Stop. What is not delivered stays owed in the store; who awaits a reply gets an empty answer."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for reply in self._replies.values():
            if not reply.done():
                reply.set_result(Answer())

    def submit(self, deliveries: Iterable[Delivery]) -> None:
        """Deliver these. They must be committed already, and come in their order within a stream."""
        for delivery in deliveries:
            if delivery.wants_reply:
                self._expect_reply(delivery.id)
            if self._starting and delivery.order > self._read:
                self._missed = True  # `start` will read it, behind what an earlier run owes
            else:
                self._take(delivery)

    def mention(self, deliveries: Iterable[Delivery]) -> None:
        """Try each of these once, now or never and in no order: they are not in the store."""
        for delivery in deliveries:
            lane = self._lanes.lane(delivery)
            if lane.share.mentions < MENTIONS_PER_APPLICATION:
                lane.share.mentions += 1
                self._spawn(self._mention(lane, delivery))

    def revise(self, deliveries: Iterable[Delivery]) -> None:
        """Say what these say from now on: what is held of them is older than what the store has."""
        for delivery in deliveries:
            lane = self._lanes.holding(delivery)
            if lane is None:
                continue
            queue = lane.streams[delivery.stream]
            for place, held in enumerate(queue):
                if held.id == delivery.id:
                    queue[place] = msgspec.structs.replace(held, payload=delivery.payload)
            machine = lane.machines.get(delivery.id)
            if machine is not None:
                machine.revise(delivery.payload)

    async def reply(self, delivery_id: str) -> Answer:
        """What a submitted delivery that wants a reply came to; an empty answer when nobody knows.

        It waits for the deliveries before it in its stream: give what is urgent a stream of its own.
        """
        expected = self._replies.get(delivery_id)
        if expected is None:
            return Answer()
        try:
            return await asyncio.shield(expected)
        finally:
            self._replies.pop(delivery_id, None)

    async def ask(self, delivery: Delivery) -> Answer:
        """Make a request that is not in the store (an answer_url), and give what it came to."""
        machine = DeliveryMachine(delivery, "answer")
        lane = self._lanes.lane(delivery)
        while isinstance(machine.next, Attempt):
            await self._attempt(lane, machine, machine.next, delivery)
        return machine.next

    # What is held in memory, and what is left in the store

    def _take(self, delivery: Delivery) -> None:
        lane = self._lanes.lane(delivery)
        full = lane.behind or not lane.has_room
        if full and delivery.wants_reply:
            # A call waits for it: it overtakes what is left in the store, which `newest` still tells.
            self._hold(lane, delivery)
        elif full and delivery.order > lane.newest:
            lane.behind = lane.missed = True
        else:
            self._hold_next(lane, delivery)

    def _hold_next(self, lane: Lane, delivery: Delivery) -> None:
        lane.newest = max(lane.newest, delivery.order)
        self._hold(lane, delivery)

    def _hold(self, lane: Lane, delivery: Delivery) -> None:
        if delivery.id in lane.held:
            return
        lane.held.add(delivery.id)
        if delivery.stream in lane.streams:
            lane.streams[delivery.stream].append(delivery)
        else:
            lane.streams[delivery.stream] = deque([delivery])
            self._spawn(self._run(lane, delivery.stream))

    def _refill_if_due(self, lane: Lane) -> None:
        if lane.may_refill:
            lane.refilling = True
            self._spawn(self._refill(lane))

    async def _refill(self, lane: Lane) -> None:
        while lane.behind and lane.has_room:
            lane.missed = False
            try:
                owed = await self._store.pending_deliveries(
                    application_id=lane.application_id, after=lane.newest, limit=REFILL
                )
            except GatewayError:
                await self._sleep(STORE_RETRY_S)
                continue
            for delivery in owed:
                if lane.serves(delivery):
                    self._hold_next(lane, delivery)
                else:
                    lane.newest = max(lane.newest, delivery.order)
            # What was submitted while the store was read may not be among what was read.
            lane.behind = lane.missed or len(owed) == REFILL
        lane.refilling = False

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Delivering

    async def _run(self, lane: Lane, stream: str) -> None:
        queue = lane.streams[stream]
        while queue:
            delivery = queue[0]
            try:
                await self._deliver(lane, delivery)
            except Exception:
                # A delivery that breaks us stays owed; the ones behind it go on.
                _log.exception("delivery %s of stream %s", delivery.id, stream)
                self._settle(delivery.id, Answer())
            queue.popleft()
            lane.held.discard(delivery.id)
            self._refill_if_due(lane)
        del lane.streams[stream]

    async def _mention(self, lane: Lane, delivery: Delivery) -> None:
        try:
            async with self._slot(lane, delivery):
                await self._send(Attempt(delivery.webhook, delivery.payload, 0.0), delivery)
        finally:
            lane.share.mentions -= 1

    async def _deliver(self, lane: Lane, delivery: Delivery) -> None:
        machine = lane.machines[delivery.id] = DeliveryMachine(delivery)
        try:
            while isinstance(machine.next, Attempt):
                await self._attempt(lane, machine, machine.next, delivery)
                try:
                    await self._store.save_delivery(machine.record)
                except GatewayError as error:
                    _log.warning("outcome of delivery %s is not written: %s", delivery.id, error)
        finally:
            del lane.machines[delivery.id]
        self._settle(delivery.id, machine.next)

    async def _attempt(
        self, lane: Lane, machine: DeliveryMachine, attempt: Attempt, delivery: Delivery
    ) -> None:
        delay = attempt.at - self._clock.wall()
        if delay > 0:
            await self._sleep(delay)
        async with self._slot(lane, delivery):
            # It may have been revised meanwhile.
            attempt = machine.next if isinstance(machine.next, Attempt) else attempt
            machine.sent()
            outcome = await self._send(attempt, delivery, machine.request_type)
        machine.finished(outcome, self._clock.wall())

    @asynccontextmanager
    async def _slot(self, lane: Lane, delivery: Delivery) -> AsyncIterator[None]:
        """Wait until one more request may be on its way."""
        if delivery.wants_reply:
            async with lane.share.questions, self._questions:
                yield
        else:
            async with lane.events, lane.share.events, self._events:
                yield

    async def _send(
        self, attempt: Attempt, delivery: Delivery, request_type: RequestType = "event"
    ) -> Outcome:
        headers = {DELIVERY_HEADER: delivery.id}
        try:
            sign = await self._signer(delivery)
            reply = await self._egress.request(attempt.webhook, attempt.payload, headers, sign)
        except EgressError as error:
            return Failure(str(error), error.retryable)
        if delivery.wants_reply and reply.status in SUCCESS:
            trouble = self._trouble(reply, request_type)
            if trouble is not None:
                return Failure(trouble, retryable=False)
        return reply

    # Replies

    def _expect_reply(self, delivery_id: str) -> None:
        self._replies[delivery_id] = asyncio.get_running_loop().create_future()
        if len(self._replies) > UNCLAIMED_REPLIES:
            _, forgotten = self._replies.popitem(last=False)
            if not forgotten.done():
                forgotten.set_result(Answer())

    def _settle(self, delivery_id: str, answer: Answer) -> None:
        expected = self._replies.get(delivery_id)
        if expected is not None and not expected.done():
            expected.set_result(answer)
