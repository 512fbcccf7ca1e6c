"""Conversations: created, changed, deleted and followed."""

from collections.abc import AsyncIterator

from gateway.ports import ConversationChange, NewConversation
from gateway.resources.lookups import application_of
from gateway.store.base import Store
from gateway.store.records import ConversationRecord, EventRecord
from gateway.switchboard import Switchboard


class ConversationResource:
    """`gateway.ports.Conversations`."""

    def __init__(self, store: Store, switchboard: Switchboard) -> None:
        self._store = store
        self._switchboard = switchboard

    async def create_conversation(self, application_id: str, new: NewConversation) -> ConversationRecord:
        """Raises Conflict for a name that is taken."""
        return await self._switchboard.open(await application_of(self._store, application_id), new)

    async def update_conversation(
        self, application_id: str, conversation_id: str, change: ConversationChange
    ) -> ConversationRecord:
        """Raises NotFound, and Conflict for a name that is taken."""
        raise NotImplementedError

    async def delete_conversation(self, application_id: str, conversation_id: str) -> None:
        """Every member leaves, live legs are hung up, the name is free again. Raises NotFound."""
        raise NotImplementedError

    def follow(self, application_id: str, conversation_id: str | None) -> AsyncIterator[EventRecord]:
        """The application's facts, or one conversation's, as they become true. See `Followers.follow`."""
        return self._switchboard.follow(application_id, conversation_id)
