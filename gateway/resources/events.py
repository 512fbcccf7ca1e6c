"""Events: posted by clients, and deleted."""

from gateway.conversation.client_events import check_client_event
from gateway.conversation.commands import Note
from gateway.ports import NewEvent
from gateway.resources.lookups import application_of
from gateway.store.base import Store
from gateway.store.records import EventRecord
from gateway.switchboard import Switchboard


class EventResource:
    """`gateway.ports.Events`."""

    def __init__(self, store: Store, switchboard: Switchboard) -> None:
        self._store = store
        self._switchboard = switchboard

    async def post_event(self, application_id: str, conversation_id: str, new: NewEvent) -> EventRecord:
        """Raises NotFound (conversation, member) and Invalid (not a client's to post, wrong body)."""
        check_client_event(new.type, new.body)
        application = await application_of(self._store, application_id)
        note = Note(type=new.type, from_=new.from_, to=new.to, body=new.body)
        (fact,) = await self._switchboard.do(application, conversation_id, note)
        return fact

    async def delete_event(
        self, application_id: str, conversation_id: str, event_id: int, by_member: str | None
    ) -> None:
        """Empty an event's body; the event keeps its id. Raises NotFound and Forbidden."""
        raise NotImplementedError
