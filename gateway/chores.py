"""The chores of the gateway: what each looks for, how often, and what it does about it."""

import logging
from collections.abc import Iterable
from functools import partial
from typing import Literal

from gateway.clock import iso
from gateway.config import RetentionSettings
from gateway.conversation.commands import Expire
from gateway.errors import GatewayError
from gateway.files.door import Files
from gateway.files.forgetting import forget_recording
from gateway.lifetimes import leg_days
from gateway.store.base import Store
from gateway.store.queries import MAX_PAGE, Window
from gateway.store.records import ApplicationRecord
from gateway.switchboard import Switchboard
from gateway.upkeep import BITE, Chore

SOON_S = 2.0
"""For what somebody waits for: invitations, empty conversations."""
HOUR_S = 3600.0
DAY_S = 24 * HOUR_S

_log = logging.getLogger(__name__)


def chores(store: Store, switchboard: Switchboard, files: Files, retention: RetentionSettings) -> list[Chore]:
    """All of them."""
    delivered_s, dead_s = retention.delivered_hours * HOUR_S, retention.dead_days * DAY_S
    return [
        Chore("invitations", SOON_S, Invitations(store, switchboard).bite),
        Chore("empty conversations", SOON_S, EmptyConversations(store, switchboard).bite),
        Chore("legs", HOUR_S, OldLegs(store, retention.leg_days).bite),
        Chore("deleted applications", HOUR_S, DeletedApplications(store).bite),
        Chore("recordings", HOUR_S, OldRecordings(store, files, retention.recording_days).bite),
        Chore("delivered webhooks", HOUR_S, partial(forget_deliveries, store, "delivered", delivered_s)),
        Chore("dead webhooks", HOUR_S, partial(forget_deliveries, store, "dead", dead_s)),
    ]


class _Ends:
    """Tells conversations in which something is due that it is.

    Each decides under its own lock what is due still: who has come in the meantime stays.
    """

    def __init__(self, store: Store, switchboard: Switchboard) -> None:
        self._store = store
        self._switchboard = switchboard
        self._after = ""
        """How far this round has come: what fails is passed over, and has another round."""

    async def _end(self, due: Iterable[tuple[str, str]]) -> None:
        """Of each: the application's id and the conversation's."""
        for application_id, conversation_id in dict.fromkeys(due):
            application = await self._store.application(application_id) or _gone(application_id)
            try:
                await self._switchboard.do(application, conversation_id, Expire())
            except GatewayError as error:
                _log.warning("what is due in %s is left: %s", conversation_id, error)

    def _more(self, dues: list[str | None]) -> bool:
        """Remember where the next bite begins; whether there is one in this round."""
        full = len(dues) == BITE
        self._after = dues[-1] or "" if full else ""
        return full


class Invitations(_Ends):
    """Members leave whose invitations nobody took in time."""

    async def bite(self, now: float) -> bool:
        """See `Chore.bite`."""
        found = await self._store.due_members(self._after, iso(now), BITE)
        await self._end((member.application_id, member.conversation_id) for member in found)
        return self._more([member.due for member in found])


class EmptyConversations(_Ends):
    """Conversations are deleted that have been empty for their ttl."""

    async def bite(self, now: float) -> bool:
        """See `Chore.bite`."""
        found = await self._store.due_conversations(self._after, iso(now), BITE)
        await self._end((conversation.application_id, conversation.id) for conversation in found)
        return self._more([conversation.due for conversation in found])


class OldLegs:
    """Legs go when they have been over for as long as their application wants them kept.

    Their conversation's log tells of them for as long as it stands.
    """

    def __init__(self, store: Store, usual_days: int) -> None:
        self._store = store
        self._usual_days = usual_days
        self._after: str | None = None
        """The application that the last bite ended with."""

    async def bite(self, now: float) -> bool:
        """See `Chore.bite`."""
        page = await self._store.every_application(Window(limit=MAX_PAGE, after=self._after))
        full = False
        for application in page.rows:
            before = iso(now - leg_days(application, self._usual_days) * DAY_S)
            full |= await self._store.forget_legs(application.id, before, BITE) == BITE
        if full:
            return True
        self._after = page.last_key if page.has_more else None
        return page.has_more


class DeletedApplications:
    """What deleted applications left behind is forgotten once all of their legs are."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._after: str | None = None
        """The application before the one that has its turn."""

    async def bite(self, now: float) -> bool:
        """See `Chore.bite`."""
        page = await self._store.deleted_applications(Window(limit=1, after=self._after))
        for application in page.rows:
            if await self._store.forget_application(application.id, BITE):
                return True
        self._after = page.last_key if page.has_more else None
        return page.has_more


class OldRecordings:
    """Files of recordings go when their time is over; that there was a recording stays known."""

    def __init__(self, store: Store, files: Files, usual_days: int) -> None:
        self._store = store
        self._files = files
        self._usual_days = usual_days

    async def bite(self, now: float) -> bool:
        """See `Chore.bite`."""
        usual = iso(now - self._usual_days * DAY_S)
        found = await self._store.due_recordings(iso(now), usual, BITE)
        gone = 0
        for recording in found:
            try:
                await forget_recording(self._store, self._files, recording)
                gone += 1
            except GatewayError as error:
                _log.warning("the file of recording %s is left: %s", recording.id, error)
        return gone > 0 and len(found) == BITE


async def forget_deliveries(
    store: Store, state: Literal["delivered", "dead"], keep_s: float, now: float
) -> bool:
    """Settled deliveries go when they are that old. See `Chore.bite`."""
    return await store.forget_deliveries(state, iso(now - keep_s), BITE) == BITE


def _gone(application_id: str) -> ApplicationRecord:
    """An application that was deleted: what it left behind ends too, and owes nobody a webhook."""
    return ApplicationRecord(id=application_id, account="", name="", public_key="", created="")
