"""Conversations, members and users: the read models of what people have to do with."""

from gateway.store import lookups
from gateway.store.queries import Page, Window
from gateway.store.reader import Condition
from gateway.store.records import ConversationRecord, MemberRecord, UserRecord
from gateway.store.rows import CONVERSATIONS, MEMBERS, USERS
from gateway.store.sqlite.part import Part, created_between
from gateway.store.tables import KEPT_CONVERSATION, PRESENT_MEMBER, conversations, members, users


class Conversations(Part):
    """Reads of conversations, members and users."""

    async def conversation(self, application_id: str, conversation_id: str) -> ConversationRecord | None:
        """One conversation that is not DELETED."""
        return await self._reader.one(lookups.CONVERSATION, conversation_id, application_id)

    async def conversation_by_name(self, application_id: str, name: str) -> ConversationRecord | None:
        """The ACTIVE conversation of that name."""
        return await self._reader.one(lookups.CONVERSATION_BY_NAME, application_id, name)

    async def conversations(
        self,
        application_id: str,
        window: Window,
        *,
        date_start: str | None = None,
        date_end: str | None = None,
    ) -> Page[ConversationRecord]:
        """Conversations that are not DELETED by creation time, both dates included."""
        return await self._reader.page(
            CONVERSATIONS,
            conversations.c.serial,
            window,
            conversations.c.application_id == application_id,
            KEPT_CONVERSATION,
            *created_between(conversations.c.created, date_start, date_end),
        )

    async def member(self, conversation_id: str, member_id: str) -> MemberRecord | None:
        """One member."""
        return await self._reader.one(lookups.MEMBER, member_id, conversation_id)

    async def members(
        self, conversation_id: str, window: Window, *, present: bool = False
    ) -> Page[MemberRecord]:
        """Members by the time of their first event; only those that have not left when `present`."""
        where: list[Condition] = [members.c.conversation_id == conversation_id]
        if present:
            where.append(PRESENT_MEMBER)
        return await self._reader.page(MEMBERS, members.c.serial, window, *where)

    async def user(self, application_id: str, user_id: str) -> UserRecord | None:
        """One user."""
        return await self._reader.one(lookups.USER, user_id, application_id)

    async def user_by_name(self, application_id: str, name: str) -> UserRecord | None:
        """The user of that name."""
        return await self._reader.one(lookups.USER_BY_NAME, application_id, name)

    async def users(
        self, application_id: str, window: Window, *, name: str | None = None
    ) -> Page[UserRecord]:
        """Users by creation time."""
        where: list[Condition] = [users.c.application_id == application_id]
        if name is not None:
            where.append(users.c.name == name)
        return await self._reader.page(USERS, users.c.serial, window, *where)

    async def delete_user(self, application_id: str, user_id: str) -> None:
        """Delete; the name is free again."""
        await self._write(
            ("DELETE FROM users WHERE id = ? AND application_id = ?", [(user_id, application_id)])
        )
