"""Users: created, changed, deleted."""

import asyncio

import msgspec

from gateway.clock import Clock, iso
from gateway.errors import GatewayError
from gateway.ids import Ids
from gateway.ports import MemberChange, Members, NewUser, UserChange
from gateway.resources.lookups import changed_fields, known_user
from gateway.store.base import Store
from gateway.store.queries import MAX_PAGE, Window
from gateway.store.records import Batch, Json, UserRecord

DELETED: Json = {"code": "user-deleted", "text": "the user was deleted"}
"""Why the members of a user who is deleted leave."""


class UserResource:
    """`gateway.ports.Users`."""

    def __init__(self, store: Store, members: Members, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._members = members
        self._clock = clock
        self._ids = ids
        self._changing = asyncio.Lock()
        """Held from reading a user to writing it: a change must not bring back whom a deletion takes."""

    async def create_user(self, application_id: str, new: NewUser) -> UserRecord:
        """Raises Conflict for a name that is taken."""
        user = UserRecord(
            id=self._ids.user(),
            application_id=application_id,
            name=new.name or self._ids.name(),
            display_name=new.display_name,
            image_url=new.image_url,
            properties=new.properties,
            channels=new.channels,
            created=iso(self._clock.wall()),
        )
        await self._store.commit(Batch(users=[user]))
        return user

    async def update_user(self, application_id: str, user_id: str, change: UserChange) -> UserRecord:
        """Raises NotFound, and Conflict for a name that is taken. Members keep the name they came with."""
        changes = changed_fields(change)
        async with self._changing:
            user = known_user(await self._store.user(application_id, user_id))
            if changes:
                user = msgspec.structs.replace(user, **changes, updated=iso(self._clock.wall()))
                await self._store.commit(Batch(users=[user]))
        return user

    async def delete_user(self, application_id: str, user_id: str) -> None:
        """Every member of the user leaves; the name is free again. Raises NotFound."""
        user = known_user(await self._store.user(application_id, user_id))
        await self._leave_everywhere(user)
        async with self._changing:
            await self._store.delete_user(application_id, user_id)
        # Who came in between has no user any more either.
        await self._leave_everywhere(user)

    async def _leave_everywhere(self, user: UserRecord) -> None:
        leave = MemberChange(state="LEFT", reason=DELETED)
        after: str | None = None
        while True:
            page = await self._store.presences(user.id, Window(limit=MAX_PAGE, after=after))
            for member in page.rows:
                try:
                    await self._members.update_member(
                        user.application_id, member.conversation_id, member.id, leave
                    )
                except GatewayError:
                    if await self._is_present(member.conversation_id, member.id):
                        raise
            after = page.last_key
            if not page.has_more:
                return

    async def _is_present(self, conversation_id: str, member_id: str) -> bool:
        member = await self._store.member(conversation_id, member_id)
        return member is not None and member.state != "LEFT"
