"""Conversations: created, changed, deleted and followed."""

from collections.abc import AsyncIterator
from typing import Protocol

from gateway.conversation.commands import DeleteConversation, UpdateConversation
from gateway.ports import Admission, ConversationChange, NewConversation
from gateway.resources.lookups import application_of, changed_fields, known_conversation
from gateway.store.base import Store
from gateway.store.records import ConversationRecord, EventRecord
from gateway.switchboard import Switchboard


class Legs(Protocol):
    """The legs that live, as far as conversations and members begin and end with them."""

    async def clear(self, conversation_id: str, member_id: str | None = None) -> None:
        """Hang up what is in a conversation, or one member's leg, and wait a while for it to be over."""
        ...

    def tune(self, conversation_id: str) -> None:
        """What is to be told of the voices in a conversation may have changed."""
        ...

    async def admit(self, application_id: str, knocking_id: str, admission: Admission) -> str:
        """Let who knocks into a conversation, and answer: the id of the member.

        Raises NotFound when nobody knocks so.
        """
        ...


class ConversationResource:
    """`gateway.ports.Conversations`."""

    def __init__(self, store: Store, switchboard: Switchboard, legs: Legs) -> None:
        self._store = store
        self._switchboard = switchboard
        self._legs = legs

    async def create_conversation(self, application_id: str, new: NewConversation) -> ConversationRecord:
        """Raises Conflict for a name that is taken."""
        return await self._switchboard.open(await application_of(self._store, application_id), new)

    async def update_conversation(
        self, application_id: str, conversation_id: str, change: ConversationChange
    ) -> ConversationRecord:
        """Raises NotFound, and Conflict for a name that is taken."""
        application = await application_of(self._store, application_id)
        command = UpdateConversation(changes=dict(changed_fields(change)))
        await self._switchboard.do(application, conversation_id, command)
        if "properties" in command.changes:
            self._legs.tune(conversation_id)
        return known_conversation(await self._store.conversation(application_id, conversation_id))

    async def delete_conversation(self, application_id: str, conversation_id: str) -> None:
        """Every member leaves, live legs are hung up, the name is free again.

        Raises NotFound; Unavailable when a leg does not come to its end soon.
        """
        application = await application_of(self._store, application_id)
        known_conversation(await self._store.conversation(application_id, conversation_id))
        await self._legs.clear(conversation_id)
        await self._switchboard.do(application, conversation_id, DeleteConversation())

    def follow(self, application_id: str, conversation_id: str | None) -> AsyncIterator[EventRecord]:
        """The application's facts, or one conversation's, as they become true. See `Followers.follow`."""
        return self._switchboard.follow(application_id, conversation_id)
