"""App legs: users of the application, called over the App channel (Client SDK; Conversation API, members).

The invitation is a fact of the conversation that comes with the leg, and everybody who follows it rings the
user's devices. Whoever joins with it answers the leg; whoever leaves instead declines. The leg has no audio
of its own: that comes with a session's WebRTC.
"""

from asyncio import Future
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from typing import Protocol

from gateway.conversation.events import MEMBER_JOINED, MEMBER_LEFT
from gateway.legs.line import End, LineListener, Summons
from gateway.store.records import EventRecord, Json

Expectation = AbstractContextManager["Future[EventRecord]"]


class Facts(Protocol):
    """Where the line hears what becomes of invitations."""

    def expect(self, wanted: Callable[[EventRecord], bool]) -> Expectation:
        """The first fact from now on that is wanted."""
        ...


class AppLine:
    """Legs that are users of the App channel."""

    def __init__(self, facts: Facts) -> None:
        self.listener: LineListener | None = None
        self._facts = facts
        self._waiting: dict[str, ExitStack] = {}
        """What is waited for, by leg: as many as legs live."""

    async def dial(self, summons: Summons) -> None:
        """Wait for the user, who has been invited: the devices ring."""

        def decides(fact: EventRecord) -> bool:
            return fact.from_ == summons.member_id and fact.type in (MEMBER_JOINED, MEMBER_LEFT)

        waiting = self._waiting[summons.leg_id] = ExitStack()
        fact = waiting.enter_context(self._facts.expect(decides))
        fact.add_done_callback(partial(self._decided, summons.leg_id))
        if self.listener is not None:
            self.listener.ringing(summons.leg_id)

    async def ring(self, leg_id: str) -> None:
        """App legs are never inbound yet."""

    async def progress(self, leg_id: str) -> None:
        """App legs are never inbound yet."""

    async def answer(self, leg_id: str) -> Json | None:
        """App legs are never inbound yet."""
        return None

    async def hang_up(self, leg_id: str, sip_code: int | None = None) -> None:
        """Wait no more; the member leaves with its leg."""
        self.withdraw(leg_id)

    def keep(self, leg_id: str) -> Json | None:
        """Nothing: there is no audio to go on with."""
        return None

    def has(self, leg_id: str) -> bool:
        """None is kept."""
        return False

    def withdraw(self, leg_id: str) -> None:
        """Wait no more: somebody else answered."""
        waiting = self._waiting.pop(leg_id, None)
        if waiting is not None:
            waiting.close()

    def _decided(self, leg_id: str, decision: "Future[EventRecord]") -> None:
        waiting = self._waiting.pop(leg_id, None)
        if decision.cancelled() or waiting is None or self.listener is None:
            return
        waiting.close()
        if decision.result().type == MEMBER_JOINED:
            self.listener.answered(leg_id, None)
        else:
            self.listener.ended(leg_id, End(status="rejected", reason="rejected", by_peer=True))
