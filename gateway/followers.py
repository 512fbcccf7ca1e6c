"""Who follows facts as they become true: live event streams, each with a bounded queue of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

from gateway.conversation.events import PRIVATE
from gateway.errors import Unavailable
from gateway.store.records import EventRecord

MAX_UNREAD = 1000
"""Facts that wait for one follower. One that reads slower than that is cut off."""


class Followers:
    """Everybody who follows something."""

    def __init__(self) -> None:
        self._all: set[_Follower | _Waiter] = set()

    def tell(self, facts: list[EventRecord]) -> None:
        """These have become true."""
        for fact in facts:
            for follower in self._all:
                follower.tell(fact)

    async def follow(self, application_id: str, conversation_id: str | None) -> AsyncIterator[EventRecord]:
        """The application's facts, or one conversation's, from the first `anext` on.

        Ends with Unavailable for a follower that does not keep up.
        """
        follower = _Follower(application_id, conversation_id)
        self._all.add(follower)
        try:
            while True:
                fact = await follower.queue.get()
                if fact is None:
                    raise Unavailable(f"more than {MAX_UNREAD} events are waiting; read faster")
                yield fact
        finally:
            self._all.discard(follower)

    @contextmanager
    def expect(self, wanted: Callable[[EventRecord], bool]) -> "Iterator[asyncio.Future[EventRecord]]":
        """The first fact from now on that is wanted, once it is true."""
        waiter = _Waiter(wanted)
        self._all.add(waiter)
        try:
            yield waiter.future
        finally:
            self._all.discard(waiter)
            waiter.future.cancel()


class _Waiter:
    def __init__(self, wanted: Callable[[EventRecord], bool]) -> None:
        self._wanted = wanted
        self.future: asyncio.Future[EventRecord] = asyncio.get_running_loop().create_future()

    def tell(self, fact: EventRecord) -> None:
        if not self.future.done() and self._wanted(fact):
            self.future.set_result(fact)


class _Follower:
    def __init__(self, application_id: str, conversation_id: str | None) -> None:
        self._application_id = application_id
        self._conversation_id = conversation_id
        self._cut_off = False
        self.queue: asyncio.Queue[EventRecord | None] = asyncio.Queue()

    def tell(self, fact: EventRecord) -> None:
        if fact.type in PRIVATE or fact.application_id != self._application_id:
            return
        if self._conversation_id not in (None, fact.conversation_id) or self._cut_off:
            return
        self._cut_off = self.queue.qsize() >= MAX_UNREAD
        self.queue.put_nowait(None if self._cut_off else fact)
