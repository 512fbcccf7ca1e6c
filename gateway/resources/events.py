"""Events: posted by clients, and deleted."""

from functools import partial

from gateway.conversation.client_events import UNKEPT, body_type, stored
from gateway.conversation.client_events.body import Reference, wrong
from gateway.conversation.commands import Note
from gateway.conversation.conversation import require_joined
from gateway.conversation.event_states import emptied, refer
from gateway.ports import NewEvent
from gateway.resources.live_audio import Acting, LiveAudio
from gateway.resources.lookups import application_of, known_conversation, known_member
from gateway.store.base import Store
from gateway.store.records import ApplicationRecord, EventRecord
from gateway.switchboard import Switchboard


class EventResource:
    """`gateway.ports.Events`."""

    def __init__(self, store: Store, switchboard: Switchboard, audio: LiveAudio) -> None:
        self._store = store
        self._switchboard = switchboard
        self._audio = audio

    async def post_event(self, application_id: str, conversation_id: str, new: NewEvent) -> EventRecord:
        """What a client posts, in the name of a member who has joined, or of nobody.

        Raises NotFound (conversation, member, leg, event), Invalid (not a client's to post) and Forbidden
        (a member who has not joined).
        """
        body_type(new.type)
        # Who was invited has got what was said, and client SDKs say so at once.
        posted = not new.type.endswith(":delivered")
        note = Note(type=new.type, from_=new.from_, to=new.to, body=stored(new.body), posted=posted)
        application = await application_of(self._store, application_id)
        known_conversation(await self._store.conversation(application_id, conversation_id))
        if posted and new.from_ is not None:
            await self._check_sender(conversation_id, new.from_)
        if isinstance(new.body, Acting) and new.type.startswith("audio:"):
            await self._check_people(conversation_id, new)
            return await self._audio.act(application, conversation_id, new, new.body)
        if isinstance(new.body, Reference):
            return await self._refer(application, conversation_id, note, new.body)
        if new.type in UNKEPT:
            return await self._switchboard.tell(application, conversation_id, note)
        (fact,) = await self._switchboard.do(application, conversation_id, note)
        return fact

    async def delete_event(
        self, application_id: str, conversation_id: str, event_id: int, by_member: str | None
    ) -> None:
        """Empty an event's body; the event keeps its id, and once is enough.

        Raises NotFound, and Forbidden for an event that no client posted.
        """
        application = await application_of(self._store, application_id)
        note = Note(type="event:delete", from_=by_member, body={"event_id": event_id})
        await self._switchboard.rewrite(application, conversation_id, event_id, emptied, note)

    async def _refer(
        self, application: ApplicationRecord, conversation_id: str, note: Note, body: Reference
    ) -> EventRecord:
        """Write into the event that is referred to what has become of it, and that this was said."""
        if note.from_ is None:
            raise wrong("from", "is required: whose view of the event is it?")
        change = partial(refer, kind=note.type, member_id=note.from_)
        (fact,) = await self._switchboard.rewrite(application, conversation_id, body.event_id, change, note)
        return fact

    async def _check_sender(self, conversation_id: str, member_id: str) -> None:
        """Raises Forbidden for who is invited or has left; of others the conversation itself knows more."""
        member = await self._store.member(conversation_id, member_id)
        if member is not None:
            require_joined(member)

    async def _check_people(self, conversation_id: str, new: NewEvent) -> None:
        """Raises NotFound for a member that is not there: before anything is done."""
        legs = self._switchboard.legs(conversation_id)
        for member_id in (new.from_, new.to):
            if member_id is None or any(leg.member_id == member_id for leg in legs):
                continue
            known_member(await self._store.member(conversation_id, member_id))
