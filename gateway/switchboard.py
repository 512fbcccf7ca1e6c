"""The switchboard: append, then act.

Everything that happens in conversations comes through here. A command is decided by the pure core; its facts,
the rows that they change and the webhooks that they owe are committed in one transaction; only then are the
facts told to anybody. A conversation is changed by one command at a time.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, suppress
from typing import Protocol

from gateway.clock import Clock, iso
from gateway.conversation import events
from gateway.conversation.commands import AnyCommand, ArriveLeg, DepartLeg, Note, SetAudio
from gateway.conversation.conversation import decide
from gateway.conversation.projections import Conversation, place, replay
from gateway.conversation.redaction import Veil
from gateway.errors import Conflict, NotFound
from gateway.followers import Followers
from gateway.ids import Ids
from gateway.lifetimes import named_properties
from gateway.live_conversations import Live, LiveConversations
from gateway.ports import NewConversation
from gateway.store.base import Store
from gateway.store.records import (
    ApplicationRecord,
    Batch,
    ConversationRecord,
    Delivery,
    EventRecord,
    Json,
    LegRecord,
    RecordingRecord,
    UserRecord,
    Webhook,
)
from gateway.webhooks.owed import Owed, owed, retold, voice_owed


class Deliveries(Protocol):
    """Where owed webhooks go once they are durable."""

    def submit(self, deliveries: Iterable[Delivery]) -> None:
        """Send them, in order within a stream."""
        ...

    def mention(self, deliveries: Iterable[Delivery]) -> None:
        """Try each once; they are kept nowhere."""
        ...

    def revise(self, deliveries: Iterable[Delivery]) -> None:
        """Say what these say from now on, where the ones with the same ids are not sent yet."""
        ...


class Switchboard:
    """Conversations, as everybody else changes and follows them."""

    def __init__(
        self, store: Store, outbox: Deliveries, clock: Clock, ids: Ids, newest_order: int = 0
    ) -> None:
        """`newest_order`: of the deliveries that an earlier run still owes; new ones come after them."""
        self._store = store
        self._outbox = outbox
        self._clock = clock
        self._ids = ids
        self._live = LiveConversations(store)
        self._followers = Followers()
        # The clock alone would not do: it may have been set back since.
        self._order = max(newest_order, int(clock.wall() * 1_000_000))

    def now(self) -> str:
        """The wall clock, as records have it."""
        return iso(self._clock.wall())

    # Commands

    async def do(
        self,
        application: ApplicationRecord,
        conversation_id: str,
        *commands: AnyCommand,
        users: Sequence[UserRecord] = (),
        recordings: Sequence[RecordingRecord] = (),
        deliveries: Sequence[Delivery] = (),
    ) -> list[EventRecord]:
        """Decide the commands one after the other and make all their facts true together.

        Raises what deciding raises; nothing has happened then.
        """
        async with self._live.held(application.id, conversation_id) as live:
            batch = Batch(users=list(users), recordings=list(recordings), deliveries=list(deliveries))
            after = live.conversation.fork()
            for command in commands:
                self._decide(after, command, application, batch)
            await self._commit(batch, (live, after))
        return batch.events

    async def keep(self, recordings: Sequence[RecordingRecord], deliveries: Sequence[Delivery]) -> None:
        """Make rows and webhooks true without a fact: what outlives a conversation that is deleted."""
        await self._store.commit(Batch(recordings=list(recordings), deliveries=list(deliveries)))
        self._outbox.submit(deliveries)

    async def rewrite(
        self,
        application: ApplicationRecord,
        conversation_id: str,
        event_id: int,
        change: Callable[[EventRecord, str], EventRecord | None],
        command: AnyCommand,
    ) -> list[EventRecord]:
        """Change a fact that stands, and make true in the same transaction what the command says of it.

        What is owed because of the fact and not sent yet says from now on what the fact says.
        `change` gets the fact and the time; None is for a fact that is so already, and nothing happens then.
        Raises NotFound for an event that is not there, what `change` raises, and what deciding raises.
        """
        async with self._live.held(application.id, conversation_id) as live:
            fact = await self._store.event(conversation_id, event_id)
            if fact is None:
                raise NotFound(
                    "Event does not exist, or you do not have access.", code="event:error:not-found"
                )
            changed = change(fact, self.now())
            if changed is None:
                return []
            batch = Batch(rewritten=[changed])
            if changed.body != fact.body:
                told = await self._store.owed_for(application.id, conversation_id, event_id)
                batch.revised.extend(retold(delivery, changed) for delivery in told)
            after = live.conversation.fork()
            self._decide(after, command, application, batch)
            await self._commit(batch, (live, after))
        return batch.events

    async def redact(
        self, application: ApplicationRecord, conversation_id: str, leg_id: str, veil: Veil
    ) -> None:
        """Hide a leg that is over in every fact of a conversation, and in the rows; the last fact says so.

        The rows are what the log tells then. Of a conversation that is deleted, too.
        """
        async with AsyncExitStack() as stack:
            with suppress(NotFound):
                await stack.enter_async_context(self._live.held(application.id, conversation_id))
            log, now = await self._store.log(conversation_id), self.now()
            hidden = await asyncio.to_thread(lambda: [veil.fact(fact, now) for fact in log])
            after = replay(hidden)
            # Legs that are kept no more do not come back.
            kept = {leg.id for leg in await self._live.legs_of(application.id, conversation_id)}
            after.changed_legs = {id_: leg for id_, leg in after.changed_legs.items() if id_ in kept}
            rewritten = [fact for fact, before in zip(hidden, log, strict=True) if fact is not before]
            batch = Batch(rewritten=rewritten)
            facts = place(after, [events.leg_redacted(leg_id)], now)
            self._enter(facts, after, application, batch)
            await self._commit(batch, (self._live.find(conversation_id) or Live(after), after))

    async def tell(self, application: ApplicationRecord, conversation_id: str, note: Note) -> EventRecord:
        """Tell those who follow an event that is kept nowhere: it has no number and no place in the log.

        Raises what deciding raises.
        """
        async with self._live.held(application.id, conversation_id) as live:
            now = self.now()
            (draft,) = decide(live.conversation, note, now)
            event = EventRecord(
                conversation_id=conversation_id,
                application_id=application.id,
                position=0,
                id=None,
                type=draft.type,
                from_=draft.from_,
                to=draft.to,
                timestamp=now,
                body=draft.body,
            )
            self._followers.tell([event])
            made = owed(event, live.conversation, application)
            self._outbox.mention([self._delivery(application, each) for each in made])
        return event

    async def move(
        self,
        application: ApplicationRecord,
        leg: LegRecord,
        target_id: str,
        *,
        muted: bool = False,
        user: UserRecord | None = None,
    ) -> LegRecord:
        """Take a leg out of its conversation and into another, in one transaction. The leg as it is there.

        It is `user`'s from then on; the one's whose it was when None.
        """
        if target_id == leg.conversation_id:
            await self.do(application, target_id, SetAudio(leg_id=leg.id, muted=muted))
            return self.leg(target_id, leg.id)
        user = user or await self._store.user(application.id, leg.user_id)
        if user is None:
            raise NotFound("User does not exist, or you do not have access.", code="user:error:not-found")
        async with AsyncExitStack() as stack:
            # In one order, so that two legs that change places do not wait for each other.
            held = {
                each: await stack.enter_async_context(self._live.held(application.id, each))
                for each in sorted((leg.conversation_id, target_id))
            }
            source, target = held[leg.conversation_id], held[target_id]
            batch = Batch()
            left, joined = source.conversation.fork(), target.conversation.fork()
            departing = left.leg(leg.id)
            depart = DepartLeg(leg_id=leg.id, to_conversation=target_id)
            arrive = ArriveLeg(leg=departing, user=user, member_id=self._ids.member(), muted=muted)
            self._decide(left, depart, application, batch, departing=departing)
            self._decide(joined, arrive, application, batch)
            await self._commit(batch, (source, left), (target, joined))
            return joined.leg(leg.id)

    async def open(
        self,
        application: ApplicationRecord,
        new: NewConversation,
        *commands: AnyCommand,
        conversation_id: str | None = None,
        users: Sequence[UserRecord] = (),
    ) -> ConversationRecord:
        """Create a conversation, and do what comes first in it. Raises Conflict for a name that is taken."""
        record = ConversationRecord(
            id=conversation_id or self._ids.conversation(),
            application_id=application.id,
            name=new.name or self._ids.name(),
            display_name=new.display_name,
            image_url=new.image_url,
            properties=new.properties,
            numbers=new.numbers,
            callback=new.callback,
            created=self.now(),
        )
        live = Live(Conversation(record))
        after = live.conversation.fork()
        batch = Batch(users=list(users))
        created = place(after, [events.conversation_created(record)], record.created)
        self._enter(created, after, application, batch)
        for command in commands:
            self._decide(after, command, application, batch)
        await self._commit(batch, (live, after))
        self._live.keep(live)
        return after.record

    async def named(self, application: ApplicationRecord, name: str) -> ConversationRecord:
        """The conversation of that name, created when there is none."""
        found = await self._store.conversation_by_name(application.id, name)
        if found is not None:
            return found
        try:
            new = NewConversation(name=name, properties=named_properties(application))
            return await self.open(application, new)
        except Conflict:
            # Somebody else entered first.
            found = await self._store.conversation_by_name(application.id, name)
            if found is None:
                raise
            return found

    def leg(self, conversation_id: str, leg_id: str) -> LegRecord:
        """A leg of a conversation that is live, or ended with its last command. Raises NotFound."""
        live = self._live.find(conversation_id)
        if live is None:
            raise NotFound(f"conversation {conversation_id} is not live")
        return live.conversation.leg(leg_id)

    def legs(self, conversation_id: str) -> list[LegRecord]:
        """The legs that live in a conversation."""
        live = self._live.find(conversation_id)
        return list(live.conversation.legs.values()) if live else []

    def speaking_level(self, conversation_id: str) -> int:
        """How loud somebody has to be to be told of as speaking; 0 where nobody wants to know."""
        live = self._live.find(conversation_id)
        properties = live.conversation.record.properties if live else {}
        return int(properties.get("speaking_detection_level") or 0)

    def delivery(
        self,
        application: ApplicationRecord,
        stream: str,
        webhook: Webhook | None,
        payload: Json,
        *,
        wants_reply: bool = False,
    ) -> Delivery | None:
        """A webhook owed to the application; to its event_url when `webhook` is None. None without either."""
        made = voice_owed(application, stream, webhook, payload, wants_reply=wants_reply)
        return self._delivery(application, made) if made is not None else None

    def follow(self, application_id: str, conversation_id: str | None) -> AsyncIterator[EventRecord]:
        """The application's facts, or one conversation's, as they become true. See `Followers.follow`."""
        return self._followers.follow(application_id, conversation_id)

    def expect(
        self, wanted: Callable[[EventRecord], bool]
    ) -> AbstractContextManager["asyncio.Future[EventRecord]"]:
        """The first fact from now on that is wanted, of any application. See `Followers.expect`."""
        return self._followers.expect(wanted)

    # Inside

    def _decide(
        self,
        conversation: Conversation,
        command: AnyCommand,
        application: ApplicationRecord,
        batch: Batch,
        departing: LegRecord | None = None,
    ) -> None:
        now = self.now()
        facts = place(conversation, decide(conversation, command, now), now)
        self._enter(facts, conversation, application, batch, departing)

    def _enter(
        self,
        facts: list[EventRecord],
        conversation: Conversation,
        application: ApplicationRecord,
        batch: Batch,
        departing: LegRecord | None = None,
    ) -> None:
        """Enter the facts, and what they owe, into the batch."""
        for fact in facts:
            batch.events.append(fact)
            made = owed(fact, conversation, application, departing)
            batch.deliveries.extend(self._delivery(application, each) for each in made)

    def _delivery(self, application: ApplicationRecord, made: Owed) -> Delivery:
        self._order += 1
        return made.delivery(application, id_=self._ids.uuid(), order=self._order, now=self.now())

    async def _commit(self, batch: Batch, *changes: tuple[Live, Conversation]) -> None:
        for _, after in changes:
            batch.conversations.append(after.record)
            batch.members.extend(after.changed_members.values())
            batch.legs.extend(after.changed_legs.values())
        await _unbroken(self._make_true(batch, changes))

    async def _make_true(self, batch: Batch, changes: tuple[tuple[Live, Conversation], ...]) -> None:
        # Now, since the outcome of an attempt that is written meanwhile would bring the old words back; and
        # again afterwards, for what was read from the store meanwhile.
        self._outbox.revise(batch.revised)
        await self._store.commit(batch)
        self._outbox.revise(batch.revised)
        for live, after in changes:
            live.conversation = after
            if after.record.state == "DELETED":
                self._live.forget(after.record.id)
        self._followers.tell(batch.events)
        self._outbox.submit(batch.deliveries)


async def _unbroken(work: Coroutine[object, object, None]) -> None:
    """Do it to its end: a cancellation that comes meanwhile takes effect afterwards.

    Otherwise a caller who is cancelled would let go of the lock with the log ahead of memory.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        if not task.cancelled():
            task.exception()  # nobody is left to be told
        raise cancelled
