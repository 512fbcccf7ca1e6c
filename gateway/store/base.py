"""The store: an append-only event log, its outbox and the read models, behind one seam.

`commit` is the only way in for what happens in conversations: a batch is in the log, in the read models and
in the outbox, or it is nowhere. Reads always name the tenant; a row of another tenant is an absent row
(None).
"""

from collections.abc import Collection
from typing import Literal, Protocol

from gateway.store.property import PropertyStore
from gateway.store.queries import EventFilter, LegFilter, Membership, MembershipFilter, Page, Window
from gateway.store.records import (
    ApplicationRecord,
    Batch,
    ConversationRecord,
    Delivery,
    EventRecord,
    LegRecord,
    MemberRecord,
    RecordingRecord,
    UserRecord,
)
from gateway.store.sip import SipStore


class Store(PropertyStore, SipStore, Protocol):
    """What the gateway needs of a database. One implementation per engine."""

    async def commit(self, batch: Batch) -> None:
        """Write the batch durably, in one transaction (group commit with others).

        Raises Conflict when a user's name, or an ACTIVE conversation's name, is taken in its application, and
        LogConflict when a position of the log exists already, or when a row's id is another application's:
        nothing of the batch is written then.
        """
        ...

    async def close(self) -> None:
        """Finish what was accepted and let go of the files."""
        ...

    async def wipe(self) -> None:
        """Leave nothing on the disk of what was overwritten or deleted, as far as nobody is reading it."""
        ...

    # The log

    async def log(self, conversation_id: str) -> list[EventRecord]:
        """Every fact of a conversation by position: what `replay` folds."""
        ...

    async def events(
        self, conversation_id: str, window: Window, event_filter: EventFilter
    ) -> Page[EventRecord]:
        """The numbered events by id."""
        ...

    async def leg_facts(self, leg_id: str) -> list[EventRecord]:
        """The facts that a leg came into a conversation, of any application: the caller checks which."""
        ...

    async def event(self, conversation_id: str, event_id: int) -> EventRecord | None:
        """One numbered event."""
        ...

    # The read models

    async def conversation(self, application_id: str, conversation_id: str) -> ConversationRecord | None:
        """One conversation that is not DELETED."""
        ...

    async def conversation_by_name(self, application_id: str, name: str) -> ConversationRecord | None:
        """The ACTIVE conversation of that name."""
        ...

    async def conversations(
        self,
        application_id: str,
        window: Window,
        *,
        date_start: str | None = None,
        date_end: str | None = None,
    ) -> Page[ConversationRecord]:
        """Conversations by creation time."""
        ...

    async def member(self, conversation_id: str, member_id: str) -> MemberRecord | None:
        """One member."""
        ...

    async def members(
        self, conversation_id: str, window: Window, *, present: bool = False
    ) -> Page[MemberRecord]:
        """Members by the time of their first event; only those that have not left when `present`."""
        ...

    async def own_members(
        self, conversation_id: str, user_id: str, *, left_too: bool = False
    ) -> list[MemberRecord]:
        """A user's members in one conversation: those that have not left, or all."""
        ...

    async def presences(self, user_id: str, window: Window) -> Page[MemberRecord]:
        """A user's members that have not left, over all conversations."""
        ...

    async def memberships(
        self, application_id: str, user_id: str, window: Window, membership_filter: MembershipFilter
    ) -> Page[Membership]:
        """The conversations where a user is or was a member, each once.

        With the member that counts: joined before invited before left, the latest of those.
        """
        ...

    async def leg(self, application_id: str, leg_id: str) -> LegRecord | None:
        """One leg that is not removed."""
        ...

    async def remove_leg(self, application_id: str, leg_id: str) -> None:
        """Show a leg no more, neither alone nor in lists; whether it is over or not, it stays a leg."""
        ...

    async def legs(self, application_id: str, window: Window, leg_filter: LegFilter) -> Page[LegRecord]:
        """Legs by creation time."""
        ...

    async def account_leg(self, account: str, leg_id: str) -> LegRecord | None:
        """One leg of any of the account's applications."""
        ...

    async def legs_after(
        self, application_id: str, after: str | None, date_start: str, date_end: str
    ) -> Page[LegRecord]:
        """At most MAX_PAGE legs by creation time, after the key `after`; `date_end` is excluded.

        Nothing is counted (`total` is 0), so that a long walk costs each page the same.
        """
        ...

    async def open_legs(self) -> list[LegRecord]:
        """The legs of all tenants whose status is not final: what a restart has to end."""
        ...

    async def user(self, application_id: str, user_id: str) -> UserRecord | None:
        """One user."""
        ...

    async def user_by_name(self, application_id: str, name: str) -> UserRecord | None:
        """The user of that name."""
        ...

    async def users(
        self, application_id: str, window: Window, *, name: str | None = None
    ) -> Page[UserRecord]:
        """Users by creation time."""
        ...

    async def delete_user(self, application_id: str, user_id: str) -> None:
        """Delete; the name is free again."""
        ...

    async def recording(self, application_id: str, recording_id: str) -> RecordingRecord | None:
        """One recording."""
        ...

    async def open_recordings(self) -> list[RecordingRecord]:
        """The recordings of all tenants that have no end: what a restart has to salvage."""
        ...

    # The outbox

    async def pending_deliveries(
        self, *, application_id: str | None = None, after: int | None = None, limit: int | None = None
    ) -> list[Delivery]:
        """The deliveries that are still owed, in order: what a start takes up again.

        Of one application when it is named; those whose `order` is above `after`; the first `limit` of them.
        """
        ...

    async def deliveries_with(self, application_id: str, texts: Collection[str]) -> list[Delivery]:
        """The application's deliveries, whatever their state, in which one of the texts stands."""
        ...

    async def owed_for(self, application_id: str, conversation_id: str, event_id: int) -> list[Delivery]:
        """The deliveries that are still owed and tell of one numbered event of a conversation."""
        ...

    async def newest_order(self) -> int:
        """The highest `order` among the deliveries that are owed; 0 without any."""
        ...

    async def save_delivery(self, delivery: Delivery) -> None:
        """Write an attempt's outcome, with the next commit or within a fraction of a second, and at `close`.

        It is not waited for: an outcome that dies with the process is known again when the delivery has been
        repeated. `pending_deliveries` knows of it at once.
        """
        ...

    # What falls due

    async def due_members(self, after: str, now: str, limit: int) -> list[MemberRecord]:
        """Invitations of all tenants that became due after one time and by another, the oldest first."""
        ...

    async def due_conversations(self, after: str, now: str, limit: int) -> list[ConversationRecord]:
        """The same of conversations that have been empty for their ttl."""
        ...

    async def due_recordings(self, now: str, kept_since: str, limit: int) -> list[RecordingRecord]:
        """Recordings whose files may go: their own time is over, or they have none and ended so long ago."""
        ...

    async def every_application(self, window: Window) -> Page[ApplicationRecord]:
        """The applications of all accounts by creation time, deleted ones too; `total` is 0."""
        ...

    async def forget_legs(self, application_id: str, before: str, limit: int) -> int:
        """Remove an application's legs that ended before, at most `limit`; how many there were."""
        ...

    async def forget_deliveries(self, state: Literal["delivered", "dead"], before: str, limit: int) -> int:
        """Remove deliveries of that state that were made before, at most `limit`; how many there were."""
        ...


class LogConflict(Exception):
    """A position of the log, or a row, is there already and somebody else's."""
