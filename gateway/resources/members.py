"""Members: invited, joined, left."""

from gateway.conversation.commands import AddMember, AnyCommand, JoinMember, LeaveMember
from gateway.conversation.projections import member_of
from gateway.errors import Invalid
from gateway.ids import Ids
from gateway.ports import Admission, MemberChange, NewMember
from gateway.resources.conversations import Legs
from gateway.resources.lookups import application_of, known_conversation, known_member, known_user
from gateway.store.base import Store
from gateway.store.records import MemberRecord, UserRecord
from gateway.switchboard import Switchboard


class MemberResource:
    """`gateway.ports.Members`."""

    def __init__(self, store: Store, switchboard: Switchboard, legs: Legs, ids: Ids) -> None:
        self._store = store
        self._switchboard = switchboard
        self._legs = legs
        self._ids = ids

    async def add_member(self, application_id: str, conversation_id: str, new: NewMember) -> MemberRecord:
        """Raises NotFound (conversation, user, knocking) and Invalid (already joined, too many)."""
        user = await self._user(application_id, new)
        if new.knocking_id is not None and new.state == "JOINED":
            known_conversation(await self._store.conversation(application_id, conversation_id))
            settings = new.media.get("audio_settings")
            muted = isinstance(settings, dict) and settings.get("muted") is True
            admission = Admission(conversation_id=conversation_id, user=user, muted=muted)
            member_id = await self._legs.admit(application_id, new.knocking_id, admission)
            return known_member(await self._store.member(conversation_id, member_id))
        member = MemberRecord(
            id=self._ids.member(),
            application_id=application_id,
            conversation_id=conversation_id,
            user_id=user.id,
            user_name=user.name,
            user_display_name=user.display_name,
            state=new.state,
            channel=new.channel,
            media=new.media,
            invited_by=new.invited_by,
            knocking_id=new.knocking_id,
        )
        by = member.id if new.by_user else new.invited_by
        return await self._do(application_id, conversation_id, AddMember(member=member, by=by))

    async def update_member(
        self, application_id: str, conversation_id: str, member_id: str, change: MemberChange
    ) -> MemberRecord:
        """Raises NotFound, and Invalid for a member that has left or joined already.

        With a member that leaves, its leg ends.
        """
        known_conversation(await self._store.conversation(application_id, conversation_id))
        known_member(await self._store.member(conversation_id, member_id))
        if change.state == "LEFT":
            leave = LeaveMember(member_id=member_id, reason=change.reason, by=change.by_member)
            member = await self._do(application_id, conversation_id, leave)
            await self._legs.clear(conversation_id, member_id)
            return member
        join = JoinMember(
            member_id=member_id, channel=change.channel, media=change.media, by=change.by_member
        )
        return await self._do(application_id, conversation_id, join)

    async def _do(self, application_id: str, conversation_id: str, command: AnyCommand) -> MemberRecord:
        """The member as the command leaves it."""
        application = await application_of(self._store, application_id)
        (fact,) = await self._switchboard.do(application, conversation_id, command)
        return member_of(fact)

    async def _user(self, application_id: str, new: NewMember) -> UserRecord:
        if new.user_id is not None:
            user = known_user(await self._store.user(application_id, new.user_id))
            if new.user_name not in (None, user.name):
                raise _two_users()
            return user
        if new.user_name is not None:
            return known_user(await self._store.user_by_name(application_id, new.user_name))
        raise Invalid("a member needs a user", code="http:error:validation-fail", user='"user" is required')


def _two_users() -> Invalid:
    return Invalid(
        "Input validation failure.",
        code="http:error:validation-fail",
        user='"user" must not be one user by id and another by name',
    )
