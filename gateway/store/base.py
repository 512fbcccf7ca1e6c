"""The store: an append-only event log, its outbox and the read models, behind one seam.

`commit` is the only way in for what happens in conversations: a batch is in the log, in the read models and
in the outbox, or it is nowhere. Reads always name the tenant; a row of another tenant is an absent row
(None).
"""

from collections.abc import Collection, Sequence
from typing import Literal, Protocol

from gateway.store.queries import (
    EventFilter,
    LegFilter,
    Membership,
    MembershipFilter,
    NumberFilter,
    Page,
    PoolFilter,
    Window,
)
from gateway.store.records import (
    AccountRecord,
    AddressRecord,
    ApplicationRecord,
    Batch,
    ConversationRecord,
    Delivery,
    EventRecord,
    LegRecord,
    LegTraceRecord,
    MediaRecord,
    MemberRecord,
    NumberRecord,
    PoolNumber,
    RecordingRecord,
    ReportRecord,
    ReportStatus,
    SipContactsRecord,
    SipDomainRecord,
    TrunkRecord,
    UserRecord,
)


class Store(Protocol):
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

    # Accounts, and what they own

    # Files

    async def medium(self, media_id: str) -> MediaRecord | None:
        """One file, of any account: the caller checks `account`."""
        ...

    async def media(
        self,
        account: str,
        window: Window,
        *,
        application_id: str | None = None,
        date_start: str | None = None,
        date_end: str | None = None,
    ) -> Page[MediaRecord]:
        """An account's files by creation time, both dates included; of one application when it is named."""
        ...

    async def save_media(self, record: MediaRecord) -> None:
        """Create or replace."""
        ...

    async def delete_media(self, media_id: str) -> None:
        """Forget a file, which is gone by then."""
        ...

    async def report(self, account: str, report_id: str) -> ReportRecord | None:
        """One report."""
        ...

    async def reports(
        self,
        account: str,
        *,
        statuses: Collection[ReportStatus] = (),
        date_start: str | None = None,
        date_end: str | None = None,
    ) -> list[ReportRecord]:
        """An account's newest reports, at most MAX_PAGE, newest first; both dates are included."""
        ...

    async def reports_since(self, account: str, since: str) -> list[ReportRecord]:
        """All reports of an account that were ordered since then."""
        ...

    async def open_reports(self) -> list[ReportRecord]:
        """The reports of all accounts that are neither finished nor given up."""
        ...

    async def save_report(self, report: ReportRecord) -> None:
        """Create or replace."""
        ...

    async def account(self, api_key: str) -> AccountRecord | None:
        """One account."""
        ...

    async def accounts(self, window: Window) -> Page[AccountRecord]:
        """Accounts by creation time."""
        ...

    async def create_account(self, account: AccountRecord) -> None:
        """Create. Raises Conflict when there is one of this key."""
        ...

    async def save_account(self, account: AccountRecord) -> None:
        """Replace; an account that is gone stays gone."""
        ...

    async def delete_account(self, api_key: str) -> None:
        """Delete, with the reports that it ordered; their files are media.

        Raises Conflict, which says what there is, and leaves it, when it still has applications (deleted ones
        that are not forgotten, too), numbers, SIP domains, media, or reports that are being made.
        """
        ...

    async def application(self, application_id: str) -> ApplicationRecord | None:
        """One application that is not deleted, of any account: the caller checks `account`."""
        ...

    async def any_application(self, application_id: str) -> ApplicationRecord | None:
        """One application, deleted or not: for what is done to what it left behind."""
        ...

    async def applications(
        self, account: str, window: Window, *, deleted: bool = False
    ) -> Page[ApplicationRecord]:
        """An account's applications by creation time; with the `deleted` ones that are not forgotten yet."""
        ...

    async def save_application(self, application: ApplicationRecord) -> None:
        """Create or replace; one that is deleted stays so."""
        ...

    async def delete_application(self, application_id: str) -> None:
        """Hide for good, and unlink its numbers: only `any_application` and its account's legs know it."""
        ...

    async def deleted_applications(self, window: Window) -> Page[ApplicationRecord]:
        """The deleted applications of all accounts that are not forgotten yet; `total` is 0."""
        ...

    async def forget_application(self, application_id: str, limit: int) -> bool:
        """Remove some `limit` rows of what a deleted application left, at last itself; whether more is left.

        Nothing, as long as it has legs that are kept or webhooks that are owed. Files stay the account's.
        """
        ...

    # Addresses

    async def address(self, account: str, address_id: str) -> AddressRecord | None:
        """One address of an account."""
        ...

    async def addresses(self, account: str, window: Window) -> Page[AddressRecord]:
        """The addresses of an account, by creation time."""
        ...

    async def save_address(self, address: AddressRecord) -> None:
        """Create."""
        ...

    async def delete_address(self, account: str, address_id: str) -> None:
        """Delete. Raises Conflict, and leaves it, while a number stands for emergencies with it."""
        ...

    # Programmable SIP

    async def sip_domain(self, account: str, name: str) -> SipDomainRecord | None:
        """One domain of an account."""
        ...

    async def sip_domains(self, account: str, window: Window) -> Page[SipDomainRecord]:
        """The domains of an account, by creation time."""
        ...

    async def every_sip_domain(self, window: Window) -> Page[SipDomainRecord]:
        """The domains of all accounts by creation time; `total` is 0."""
        ...

    async def create_sip_domain(self, domain: SipDomainRecord) -> None:
        """Create. Raises Conflict for a name that is taken, by whomever."""
        ...

    async def save_sip_domain(self, domain: SipDomainRecord) -> None:
        """Replace; one that is gone, or another account's, stays so."""
        ...

    async def delete_sip_domain(self, account: str, name: str) -> None:
        """Delete, with its users; the name is free again."""
        ...

    async def every_sip_contact(self) -> list[SipContactsRecord]:
        """Every user that was registered when that was written last: no more than fit into memory anyway."""
        ...

    async def save_sip_contacts(self, saved: Sequence[SipContactsRecord], gone: Collection[str]) -> None:
        """Replace the contacts of some users, and forget those of others, by their `aor`."""
        ...

    # What went over the wire

    async def keep_leg_trace(self, trace: LegTraceRecord) -> None:
        """Create or replace, in vain when there is no such leg or it was removed. Raises Unavailable."""
        ...

    async def leg_trace(self, leg_id: str) -> LegTraceRecord | None:
        """That of a leg; the caller has found out whose leg it is."""
        ...

    async def forget_leg_trace(self, leg_id: str) -> None:
        """Remove it. With a leg it goes anyway."""
        ...

    # Trunks

    async def every_trunk(self) -> list[TrunkRecord]:
        """All trunks that were made while the gateway ran, by creation time."""
        ...

    async def save_trunk(self, trunk: TrunkRecord) -> None:
        """Create or replace."""
        ...

    async def delete_trunk(self, name: str) -> None:
        """Delete; there may be none."""
        ...

    # Numbers

    async def number(self, msisdn: str) -> NumberRecord | None:
        """A rented number, of any account: the caller checks `account`."""
        ...

    async def numbers(self, account: str, window: Window, number_filter: NumberFilter) -> Page[NumberRecord]:
        """The numbers that an account rents, by the time when it rented them."""
        ...

    async def rent_number(self, number: NumberRecord) -> None:
        """Rent. Raises Conflict when somebody rents it already."""
        ...

    async def save_number(self, number: NumberRecord) -> None:
        """Replace a rented number's settings; a number that nobody, or another account, rents stays so."""
        ...

    async def cancel_number(self, account: str, msisdn: str) -> None:
        """Give a number back to the pool; one that another account rents stays rented."""
        ...

    async def free_numbers(self, window: Window, pool_filter: PoolFilter) -> Page[PoolNumber]:
        """The numbers of the pool that nobody rents, in the order in which they came into it."""
        ...

    async def pool_numbers(self, msisdns: Sequence[str]) -> list[PoolNumber]:
        """Those of these numbers that are in the pool, rented or not."""
        ...

    async def save_pool_numbers(self, numbers: Sequence[PoolNumber]) -> None:
        """Put into the pool, or replace there, all or none."""
        ...

    async def configure_pool(self, numbers: Sequence[PoolNumber]) -> None:
        """Make these the numbers of the pool that come from the configuration; imported ones stay."""
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
