"""Conversations in memory: read from the store when they are needed, forgotten when nothing lives in them."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice

from gateway.conversation.conversation import no_conversation
from gateway.conversation.projections import Conversation
from gateway.store.base import Store
from gateway.store.queries import MAX_PAGE, LegFilter, Window
from gateway.store.records import LegRecord, MemberRecord

MAX_IDLE = 1000
"""Conversations that stay in memory without a live leg, so that a chat does not read its rows again."""


class Live:
    """A conversation in memory."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.lock = asyncio.Lock()
        self.users = 0
        """Commands that are at it, or wait for the lock: it is not forgotten meanwhile."""


class LiveConversations:
    """All that are in memory. One at a time changes each of them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._live: OrderedDict[str, Live] = OrderedDict()
        self._loading = asyncio.Lock()

    def find(self, conversation_id: str) -> Live | None:
        """The conversation, if it is in memory."""
        return self._live.get(conversation_id)

    def __len__(self) -> int:
        return len(self._live)

    def forget(self, conversation_id: str) -> None:
        """It is deleted."""
        self._live.pop(conversation_id, None)

    @asynccontextmanager
    async def held(self, application_id: str, conversation_id: str) -> AsyncIterator[Live]:
        """The conversation, with nobody else changing it. Raises NotFound."""
        live = await self._load(application_id, conversation_id)
        live.users += 1
        try:
            async with live.lock:
                yield live
        finally:
            live.users -= 1

    async def _load(self, application_id: str, conversation_id: str) -> Live:
        live = self._live.get(conversation_id)
        if live is None:
            async with self._loading:
                live = self._live.get(conversation_id) or await self._read(application_id, conversation_id)
        if live.conversation.record.application_id != application_id:
            raise no_conversation()
        return self.keep(live)

    def keep(self, fresh: Live) -> Live:
        """The conversation as memory has it; this one, when it has none."""
        conversation_id = fresh.conversation.record.id
        # Whoever created it and whoever found it in the store must come to share one lock.
        live = self._live.setdefault(conversation_id, fresh)
        self._live.move_to_end(conversation_id)
        self._forget_idle()
        return live

    async def _read(self, application_id: str, conversation_id: str) -> Live:
        record = await self._store.conversation(application_id, conversation_id)
        if record is None:
            raise no_conversation()
        members: dict[str, MemberRecord] = {}
        window: Window | None = Window(limit=MAX_PAGE)
        while window is not None:
            page = await self._store.members(conversation_id, window, present=True)
            members |= {member.id: member for member in page.rows}
            window = Window(limit=MAX_PAGE, after=page.last_key) if page.has_more else None
        legs = await self.legs_of(application_id, conversation_id, open_only=True)
        return Live(Conversation(record, members, {leg.id: leg for leg in legs}))

    async def legs_of(
        self, application_id: str, conversation_id: str, *, open_only: bool = False
    ) -> list[LegRecord]:
        """The rows of a conversation's legs."""
        legs: list[LegRecord] = []
        here = LegFilter(conversation_id=conversation_id, open_only=open_only)
        window: Window | None = Window(limit=MAX_PAGE)
        while window is not None:
            found = await self._store.legs(application_id, window, here)
            legs += found.rows
            window = Window(limit=MAX_PAGE, after=found.last_key) if found.has_more else None
        return legs

    def _forget_idle(self) -> None:
        for conversation_id in list(islice(self._live, max(0, len(self._live) - MAX_IDLE))):
            live = self._live[conversation_id]
            if not live.conversation.legs and not live.users:
                del self._live[conversation_id]
