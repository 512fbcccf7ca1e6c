"""Memberships: where a user is a member, and as whom."""

from sqlalchemy import ColumnElement, case, exists, func, literal, tuple_

from gateway.store.queries import Membership, MembershipFilter, Page, Window
from gateway.store.reader import Condition
from gateway.store.records import MemberRecord
from gateway.store.rows import CONVERSATIONS, MEMBERS
from gateway.store.sqlite.part import Part, created_between
from gateway.store.tables import PRESENT_MEMBER, conversations, members

_other = members.alias("other")
_RANK = {"JOINED": 2, "INVITED": 1, "LEFT": 0}
_BETTER = tuple_(case(_RANK, value=_other.c.state), _other.c.serial) > tuple_(
    case(_RANK, value=members.c.state), members.c.serial
)
_SAME_SEAT = (_other.c.conversation_id == members.c.conversation_id, _other.c.user_id == members.c.user_id)
_COUNTS = ~exists().where(*_SAME_SEAT, _BETTER)
"""The member is the one that counts of all that its user has in the conversation."""

_SORT_KEY: ColumnElement[str] = (
    func.coalesce(conversations.c.document.op("->>")("$.properties.custom_sort_key"), "")
    + literal("\x01")
    + func.printf("%019d", conversations.c.serial)
)
"""One text that sorts as the key does, and after it by creation; no two conversations share it."""


class Memberships(Part):
    """Reads of where users are."""

    async def own_members(
        self, conversation_id: str, user_id: str, *, left_too: bool = False
    ) -> list[MemberRecord]:
        """A user's members in one conversation. See `Store.own_members`."""
        own = (members.c.conversation_id == conversation_id, members.c.user_id == user_id)
        where = own if left_too else (*own, PRESENT_MEMBER)
        return await self._reader.all(MEMBERS, members.c.serial, *where)

    async def presences(self, user_id: str, window: Window) -> Page[MemberRecord]:
        """A user's members that have not left, over all conversations."""
        of_user = members.c.user_id == user_id
        return await self._reader.page(MEMBERS, members.c.serial, window, of_user, PRESENT_MEMBER)

    async def memberships(
        self, application_id: str, user_id: str, window: Window, membership_filter: MembershipFilter
    ) -> Page[Membership]:
        """The conversations where a user is or was a member, each once. See `Store.memberships`."""
        where: list[Condition] = [
            members.c.user_id == user_id,
            _COUNTS,
            conversations.c.id == members.c.conversation_id,
            conversations.c.application_id == application_id,
            conversations.c.state != "DELETED",
            *created_between(conversations.c.created, membership_filter.date_start, None),
        ]
        if membership_filter.state is not None:
            where.append(members.c.state == membership_filter.state)
        if membership_filter.by_sort_key:
            page = await self._reader.page_by_text(MEMBERS, _SORT_KEY, window, *where)
        else:
            page = await self._reader.page(MEMBERS, conversations.c.serial, window, *where)
        ids = [member.conversation_id for member in page.rows]
        found = await self._reader.all(CONVERSATIONS, conversations.c.serial, conversations.c.id.in_(ids))
        known = {conversation.id: conversation for conversation in found}
        return Page(
            rows=[
                Membership(conversation=known[member.conversation_id], member=member) for member in page.rows
            ],
            total=page.total,
            has_more=page.has_more,
            last_key=page.last_key,
            first_key=page.first_key,
        )
