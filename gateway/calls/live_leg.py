"""A leg while it lives: one task that takes one message at a time.

Whatever a leg is told comes through its inbox, in order: what its line does, what its script waits for, what
REST wants of it. Each message is made a fact first (`Switchboard.do`) and acted upon afterwards. What takes
long (speech, webhooks) runs beside it and comes back as a message.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Protocol

import msgspec

from gateway.api.ports import NewConversation
from gateway.calls.effects import carry_out
from gateway.calls.equipment import Equipment
from gateway.calls.messages import (
    Connected,
    Fetch,
    Given,
    HearEarly,
    Message,
    NoNcco,
    Over,
    Pressed,
    Rang,
    SwitchAudio,
    Transfer,
)
from gateway.calls.prompts import Prompts
from gateway.calls.scripting import NoScript, fetch_ncco, report
from gateway.conversation.commands import AnswerLeg, AnyCommand, EndLeg, PressDigit, RingLeg, SetAudio
from gateway.conversation.quality import quality_of
from gateway.errors import GatewayError
from gateway.legs.line import End, Line, Summons
from gateway.ncco.script import Script
from gateway.ncco.stage import (
    Answered,
    Dial,
    DigitPressed,
    Effect,
    Happening,
    LegAnswered,
    LegEnded,
    TimerFired,
)
from gateway.states import IllegalTransition
from gateway.store.records import ApplicationRecord, Json, LegRecord, Webhook
from media.control import Join, LegQuality, SendDtmf
from media.control import SetAudio as SetMediaAudio

log = logging.getLogger(__name__)

MAX_INBOX = 1000
"""Messages that wait for one leg; further ones are dropped and its end is not."""

CALL_CONVERSATION = NewConversation(properties={"ttl": 172_800})
"""The conversation that a call begins in: it may be forgotten two days after its last member left."""

RINGING = "ringing"
LENGTH = "length"


class Legs(Protocol):
    """The other legs, as one leg sees them."""

    def find(self, leg_id: str) -> "LiveLeg | None":
        """A leg that lives."""
        ...

    async def dial(self, parent: "LiveLeg", effect: Dial) -> None:
        """Call an endpoint into the parent's conversation."""
        ...

    def gone(self, leg: "LiveLeg") -> None:
        """The leg is over."""
        ...


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a leg is to do from the start."""

    summons: Summons | None = None
    """Whom to dial; None for an inbound leg."""
    first: Given | Fetch | None = None
    """What its script begins with once it is answered (outbound) or at once (inbound)."""
    headers: Json = {}
    """X- headers of an inbound INVITE, for the answer webhook."""
    ringing_s: float = 60
    length_s: float = 7200
    digits_on_answer: str = ""
    """Keys to press once it answers; p is a pause."""
    webhook: Webhook | None = None
    """Where its events go, when not to the application's event_url."""


class LiveLeg:
    """One leg, its line, its script."""

    def __init__(
        self,
        equipment: Equipment,
        legs: Legs,
        application: ApplicationRecord,
        record: LegRecord,
        line: Line,
        plan: Plan,
        parent: "LiveLeg | None" = None,
    ) -> None:
        self.equipment = equipment
        self.legs = legs
        self.application = application
        self.record = record
        self.line = line
        self.parent = parent
        self.end_on_exit = False
        self.prompts = Prompts(equipment, application, lambda: self.record, self.tell)
        self.script = Script(equipment.ids.uuid, answered=False)
        self._plan = plan
        self._inbox: asyncio.Queue[Message | Happening] = asyncio.Queue()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._beside: set[asyncio.Task[None]] = set()
        self._over = False
        self.task: asyncio.Task[None] | None = None

    # From outside

    def start(self) -> None:
        """Begin to live."""
        self.task = asyncio.create_task(self._live(), name=f"leg {self.record.id}")

    def tell(self, message: Message | Happening) -> None:
        """Put a message into the inbox."""
        if self._inbox.qsize() < MAX_INBOX or isinstance(message, Over):
            self._inbox.put_nowait(message)
        else:
            log.warning("leg %s is behind by %d messages; one is dropped", self.record.id, MAX_INBOX)

    def hang_up(self, end: End | None = None) -> None:
        """End the leg; as completed when it is answered, otherwise as cancelled."""
        self.tell(Over(end=end or self.own_end()))

    def own_end(self) -> End:
        """How the leg ends when the gateway ends it now."""
        if self.record.status == "answered":
            return End(status="completed", reason="ok", sip_code=200)
        if self.record.direction == "inbound":
            return End(status="rejected", reason="rejected", sip_code=603)
        return End(status="cancelled", reason="cancelled", sip_code=487)

    # For effects

    async def do(self, *commands: AnyCommand) -> None:
        """Make commands facts, and keep the leg's record as they leave it."""
        switchboard = self.equipment.switchboard
        await switchboard.do(self.application, self.record.conversation_id, *commands)
        self.record = switchboard.leg(self.record.conversation_id, self.record.id)

    def beside(self, work: Coroutine[object, object, None]) -> None:
        """Do something that takes long while the leg goes on."""
        task = asyncio.create_task(work, name=f"beside leg {self.record.id}")
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    def set_timer(self, timer: str, seconds: float) -> None:
        """TimerFired after so many seconds."""
        self.clear_timer(timer)
        loop = asyncio.get_running_loop()
        self._timers[timer] = loop.call_later(seconds, self.tell, TimerFired(timer=timer))

    def clear_timer(self, timer: str) -> None:
        """No TimerFired any more."""
        handle = self._timers.pop(timer, None)
        if handle is not None:
            handle.cancel()

    async def perform(self, effects: list[Effect]) -> None:
        """Carry out what the script wants."""
        for effect in effects:
            await carry_out(effect, self)

    def enter_room(self) -> None:
        """Mix the leg with the others of its conversation."""
        media = self.equipment.media
        media.send(Join(leg=self.record.id, room=self.record.conversation_id))
        media.send(
            SetMediaAudio(leg=self.record.id, muted=self.record.muted, earmuffed=self.record.earmuffed)
        )

    async def connected(self, dialog: Json | None) -> None:
        """The leg is answered: make it a fact, open its ears, let the script know."""
        self.clear_timer(RINGING)
        await self.do(AnswerLeg(leg_id=self.record.id, dialog=dialog))
        self.enter_room()
        self.set_timer(LENGTH, self._plan.length_s)
        if self._plan.digits_on_answer:
            self.equipment.media.send(SendDtmf(leg=self.record.id, digits=self._plan.digits_on_answer))
        if self.parent is not None:
            self.parent.tell(LegAnswered(leg=self.record.id))
        await self.perform(self.script.feed(Answered()))
        if self.record.direction == "outbound" and self._plan.first is not None:
            await self._take(self._plan.first)

    # The inbox

    async def _live(self) -> None:
        try:
            await self._begin()
            while not self._over:
                message = await self._inbox.get()
                try:
                    await self._take(message)
                except (GatewayError, IllegalTransition) as error:
                    log.warning("leg %s cannot go on: %s", self.record.id, error)
                    await self._end(self._failure(str(error)))
        except Exception:
            log.exception("leg %s broke", self.record.id)
            await self._end(self._failure("internal error"))
        finally:
            self.legs.gone(self)

    async def _begin(self) -> None:
        if self._plan.summons is None:
            await self.line.ring(self.record.id)
            if self._plan.first is not None:
                await self._take(self._plan.first)
            return
        self.set_timer(RINGING, self._plan.ringing_s)
        try:
            await self.line.dial(self._plan.summons)
        except GatewayError as error:
            await report(self.equipment, self.application, self.record, error.detail)
            await self._end(End(status="rejected", reason=error.detail))

    async def _take(self, message: Message | Happening) -> None:  # noqa: C901 - a table
        match message:
            case Rang(early_media=early_media):
                await self._ring(early_media=early_media)
            case HearEarly():
                if self.record.status == "ringing":
                    await self.line.progress(self.record.id)
                    self.enter_room()
            case Connected(dialog=dialog):
                await self.connected(dialog)
            case Over(end=end):
                await self._end(end)
            case Pressed():
                await self._press(message)
            case Given(ncco=ncco):
                await self.perform(self.script.run(ncco))
            case NoNcco(reason=reason):
                await report(self.equipment, self.application, self.record, reason)
                await self._end(self._failure(reason))
            case Fetch(webhook=webhook):
                self.beside(self._fetch(webhook))
            case Transfer():
                await self._transfer(message)
            case SwitchAudio():
                await self._switch(message)
            case TimerFired(timer="ringing"):
                await self._end(End(status="timeout", reason="timeout", sip_code=487))
            case TimerFired(timer="length"):
                await self._end(self.own_end())
            case Happening():
                await self.perform(self.script.feed(message))
            case _:
                raise TypeError(f"a leg knows no {type(message).__name__}")

    async def _ring(self, *, early_media: bool) -> None:
        if self.record.status == "started":
            await self.do(RingLeg(leg_id=self.record.id))
        if early_media:
            self.enter_room()
            if self.parent is not None:
                self.parent.tell(HearEarly())

    async def _press(self, pressed: Pressed) -> None:
        command = PressDigit(
            leg_id=self.record.id,
            digit=pressed.digit,
            duration_ms=pressed.duration_ms,
            dtmf_id=self.equipment.ids.uuid(),
        )
        await self.do(command)
        await self.perform(self.script.feed(DigitPressed(digit=pressed.digit)))

    async def _switch(self, switch: SwitchAudio) -> None:
        await self.do(SetAudio(leg_id=self.record.id, muted=switch.muted, earmuffed=switch.earmuffed))
        self.enter_room()

    async def _transfer(self, transfer: Transfer) -> None:
        await self.perform(self.script.recall())
        record = await self.equipment.switchboard.open(self.application, CALL_CONVERSATION)
        await self.go_to(record.id)
        if transfer.ncco is not None:
            await self._take(Given(ncco=transfer.ncco))
        elif transfer.answer is not None:
            self.beside(self._fetch(transfer.answer))

    async def go_to(self, conversation_id: str, *, muted: bool = False) -> None:
        """Move the leg to another conversation."""
        left = self.record.conversation_id
        self.record = await self.equipment.switchboard.move(
            self.application, self.record, conversation_id, muted=muted
        )
        self.enter_room()
        if self.parent is not None:
            self.parent.tell(LegEnded(leg=self.record.id, status="transferred"))
            self.parent = None
        self._left(left)

    async def _fetch(self, webhook: Webhook) -> None:
        record = self.record
        try:
            ncco = await fetch_ncco(self.equipment, self.application, record, webhook, self._plan.headers)
        except NoScript as error:
            self.tell(NoNcco(reason=str(error)))
        else:
            self.tell(Given(ncco=ncco))

    async def _end(self, end: End) -> None:
        if self._over:
            return
        self._over = True
        for timer in list(self._timers):
            self.clear_timer(timer)
        await self.perform(self.script.stop())
        refused = self.record.direction == "inbound" and self.record.status != "answered"
        await self.line.hang_up(self.record.id, end.sip_code if refused else None)
        for task in self._beside:
            task.cancel()
        await self.prompts.close()
        quality = await self.equipment.media.close_leg(self.record.id)
        await self.do(_end_leg(self.record, end, quality))
        if self.parent is not None:
            self.parent.tell(LegEnded(leg=self.record.id, status=end.status))
        if self.end_on_exit:
            self._empty_room()
        self._left(self.record.conversation_id)

    def _left(self, conversation_id: str) -> None:
        """The leg is not in the conversation any more; with the last one its recordings end."""
        if not self.equipment.switchboard.legs(conversation_id):
            self.equipment.recordings.stop_all(conversation_id)

    def _empty_room(self) -> None:
        for other in self.equipment.switchboard.legs(self.record.conversation_id):
            leg = self.legs.find(other.id)
            if leg is not None:
                leg.hang_up()

    def _failure(self, reason: str) -> End:
        if self.record.status == "answered":
            return End(status="completed", reason=reason, sip_code=200)
        return End(status="failed", reason=reason, sip_code=480)


def _end_leg(record: LegRecord, end: End, quality: LegQuality | None) -> EndLeg:
    command = EndLeg(
        leg_id=record.id,
        status=end.status,
        reason=end.reason,
        sip_code=end.sip_code,
        disconnected_by="user" if end.by_peer else "platform",
    )
    if quality is None:
        return command
    measured = quality_of(
        received=quality.packets_received,
        lost=quality.packets_lost,
        jitter_ms=quality.jitter_ms,
        round_trip_ms=quality.round_trip_ms,
    )
    bandwidth = {"byte_in": quality.octets_received, "byte_out": quality.octets_sent}
    return msgspec.structs.replace(command, quality=measured, bandwidth=bandwidth)
