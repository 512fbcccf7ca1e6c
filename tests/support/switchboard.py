"""A switchboard on a real store, with what a test wants to do to the store and to see of the outbox."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from gateway.clock import SystemClock
from gateway.conversation.leg import is_over
from gateway.conversation.member import is_in
from gateway.conversation.projections import Conversation, replay
from gateway.errors import GatewayError
from gateway.ids import Ids
from gateway.store.queries import MAX_PAGE, LegFilter, Window
from gateway.store.reader import Reader
from gateway.store.records import ApplicationRecord, Batch, Delivery, LegRecord, UserRecord, Webhook
from gateway.store.sqlite import SqliteStore
from gateway.store.writer import Writer
from gateway.switchboard import Switchboard
from tests.support import records

EVENT_URL = "http://shop.example/event"
WINDOW = Window(limit=MAX_PAGE)


class WilfulStore(SqliteStore):
    """The store, which can be made to wait before it writes, or to refuse."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        super().__init__(reader, writer)
        self.may_write = asyncio.Event()
        self.may_write.set()
        self.asked = asyncio.Event()
        self.refusal: GatewayError | None = None

    async def commit(self, batch: Batch) -> None:
        """See `Store.commit`."""
        self.asked.set()
        await self.may_write.wait()
        if self.refusal is not None:
            raise self.refusal
        await super().commit(batch)


class Tray:
    """An outbox that keeps what it gets, and whether the store had it by then."""

    def __init__(self) -> None:
        self.submitted: list[Delivery] = []
        self.mentioned: list[Delivery] = []

    def submit(self, deliveries: Iterable[Delivery]) -> None:
        """Keep them."""
        self.submitted += deliveries

    def mention(self, deliveries: Iterable[Delivery]) -> None:
        """Keep them apart."""
        self.mentioned += deliveries

    def revise(self, deliveries: Iterable[Delivery]) -> None:
        """Nothing is held."""

    def statuses(self) -> list[str]:
        """The statuses that the webhooks tell."""
        return [delivery.payload["status"] for delivery in self.submitted if "status" in delivery.payload]


class Board:
    """A switchboard, its store, its tray, and an application."""

    def __init__(self, store: WilfulStore, application: ApplicationRecord, tray: Tray) -> None:
        self.store = store
        self.tray = tray
        self.ids = Ids()
        self.application = application
        self.switchboard = Switchboard(store, tray, SystemClock(), self.ids)

    def another(self) -> Switchboard:
        """A switchboard that begins with empty memory, as after a restart."""
        return Switchboard(self.store, self.tray, SystemClock(), self.ids)

    def user(self) -> UserRecord:
        """A new user."""
        return records.user(self.ids.user(), self.ids.caller_name(), self.application.id)

    def leg(self, conversation_id: str, user: UserRecord, **fields: object) -> LegRecord:
        """A new leg of a user."""
        leg = records.leg(self.ids.uuid(), application_id=self.application.id)
        return msgspec.structs.replace(
            leg,
            conversation_id=conversation_id,
            member_id=self.ids.member(),
            user_id=user.id,
            user_name=user.name,
            **fields,
        )

    def members(self, conversation_id: str) -> list[str]:
        """The ids of the members that memory has."""
        live = self.switchboard._live.find(conversation_id)
        return list(live.conversation.members) if live is not None else []

    async def in_store(self, conversation_id: str) -> Conversation:
        """The conversation as the rows of the database have it."""
        record = await self.store.conversation(self.application.id, conversation_id)
        assert record is not None
        members = await self.store.members(conversation_id, WINDOW)
        legs = await self.store.legs(self.application.id, WINDOW, LegFilter(conversation_id=conversation_id))
        return Conversation(record, {row.id: row for row in members.rows}, {row.id: row for row in legs.rows})

    async def in_log(self, conversation_id: str) -> Conversation:
        """The conversation as its log has it."""
        return replay(await self.store.log(conversation_id))


def state(conversation: Conversation) -> tuple[object, object, object]:
    """Everything that rows and a whole replayed log both tell of a conversation, what has ended too."""
    members = {**conversation.members, **conversation.changed_members}
    return conversation.record, members, {**conversation.legs, **conversation.changed_legs}


def living(conversation: Conversation) -> tuple[object, object, object]:
    """What of it memory has to hold: who is in it."""
    members = {id_: member for id_, member in conversation.members.items() if is_in(member)}
    return (
        conversation.record,
        members,
        {id_: leg for id_, leg in conversation.legs.items() if not is_over(leg)},
    )


@asynccontextmanager
async def open_board(directory: Path) -> AsyncIterator[Board]:
    """A board with an application that has an event_url."""
    store = await WilfulStore.open(directory / "store.db", synchronous="NORMAL")
    assert isinstance(store, WilfulStore)
    event_url = {"address": EVENT_URL}
    application = msgspec.structs.replace(
        records.application(), capabilities={"voice": {"webhooks": {"event_url": event_url}}}
    )
    await store.save_application(application)
    try:
        yield Board(store, application, Tray())
    finally:
        await store.close()


def to_event_url() -> Webhook:
    """Where status webhooks go."""
    return Webhook(address=EVENT_URL, socket_timeout_ms=10_000)
