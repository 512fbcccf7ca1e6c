"""A leg while it lives: one task that takes one message at a time.

Whatever a leg is told comes through its inbox, in order: what its line does, what its script waits for, what
REST wants of it. Each message is made a fact first (`Switchboard.do`) and acted upon afterwards. What takes
long (speech, webhooks) runs beside it and comes back as a message.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from typing import Protocol

from gateway.calls import rooms, transfers
from gateway.calls.detection import Watch
from gateway.calls.effects import carry_out
from gateway.calls.endings import ending, failure, settled
from gateway.calls.equipment import Equipment
from gateway.calls.going_on import Memo, Remembering, go_on
from gateway.calls.handlers import take
from gateway.calls.keys import Keys
from gateway.calls.messages import (
    Given,
    HearEarly,
    Joined,
    LastedTooLong,
    Message,
    NoNcco,
    Over,
    Pressed,
    Rang,
    RangTooLong,
    Referred,
    Replaced,
    Spoke,
    SubscribeDigits,
    SwitchAudio,
    Transfer,
)
from gateway.calls.pending import Pending
from gateway.calls.plan import Plan
from gateway.calls.scripting import report
from gateway.conversation.commands import AnswerLeg, AnyCommand
from gateway.errors import GatewayError, Unavailable
from gateway.legs import sip_status
from gateway.legs.line import End, Referral
from gateway.ncco.effects import Dial, Effect, Enter
from gateway.ncco.happenings import Answered, Happening, LegAnswered, LegEnded
from gateway.ncco.schema import Ncco
from gateway.ncco.script import KeptScript, Script
from gateway.routing.endpoints import Endpoint
from gateway.states import IllegalTransition
from gateway.store.records import ApplicationRecord, Json, LegRecord, LegStatus, Webhook
from media.control import Join, Leave, LegQuality
from media.control import SetAudio as SetMediaAudio

log = logging.getLogger(__name__)

MAX_INBOX = 1000
"""Messages that wait for one leg. Past that, those that others can send without end are dropped."""

ENDLESS = (Rang, HearEarly, Pressed, Spoke, SwitchAudio, SubscribeDigits, Transfer, Referred, Joined)
"""Messages that others can send without end. Each of the rest answers something that the leg began."""

MAX_TRANSFERS = 20
"""Transfers that wait for one leg: each is carried out in a moment, and all are kept with it."""

ABOUT_SCRIPT = (Happening, Given, NoNcco)
"""Messages that are for the script, whoever has it by now."""

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

    async def call_successor(self, leg: "LiveLeg", endpoint: Endpoint) -> "LiveLeg":
        """Call who is to take the leg's place."""
        ...

    def gone(self, leg: "LiveLeg") -> None:
        """The leg is over."""
        ...


class LiveLeg:
    """One leg, its line, its script."""

    def __init__(
        self,
        equipment: Equipment,
        legs: Legs,
        application: ApplicationRecord,
        record: LegRecord,
        plan: Plan,
    ) -> None:
        self.equipment = equipment
        self.legs = legs
        self.application = application
        self.record = record
        self.plan = plan
        self.line = plan.line
        self.hops = plan.hops
        self.parent = plan.parent
        self.entered: Enter | None = None
        """How its script has brought it to where it is, if it has."""
        self.digits_to: Webhook | None = None
        """Where each digit goes as it is pressed; nowhere when None."""
        self.keys = Keys()
        self.speaks: bool | None = None
        """Whether the others of its conversation have been told that it speaks; unknown after a restart."""
        self.until = 0.0
        """Seconds since 1970, when it has lasted too long; as soon as it is answered."""
        self.begins = plan.first if record.direction == "outbound" else None
        """What its script begins with, until it does."""
        self.asked: Webhook | None = None
        """Where the NCCO comes from that is on its way."""
        self.transfers: deque[Transfer] = deque()
        """Those that it has been told of and has not carried out."""
        self.concealed = False
        """Its digits are its script's alone: a card may be keyed in."""
        self.apart = plan.parent is not None and plan.first is not None
        """It hears an NCCO of its own, and nobody of its conversation hears it."""
        self.predecessor = plan.predecessor
        """Whose place it takes as soon as it is answered."""
        self.successor: LiveLeg | None = None
        """Who is being called to take its place."""
        self.referral: Referral | None = None
        """Who wanted that."""
        self.watch: Watch | None = None
        """Finds out who answered, where that is asked for."""
        self.script = Script(equipment.ids.uuid, answered=False)
        self.script_number = 0
        """Which of its scripts runs; an NCCO that was asked for an earlier one comes too late."""
        self.pending = Pending(record.id, self.tell)
        self._inbox: asyncio.Queue[Message | Happening] = asyncio.Queue()
        self._told_end: End | None = None
        """How the leg ended, from the moment when its line says so."""
        self._over = False
        self._remembering = Remembering()
        self._heir: LiveLeg | None = None
        """Who has its script now."""
        self.task: asyncio.Task[None] | None = None

    # From outside

    def start(self, memo: Memo | None = None) -> None:
        """Begin to live, or go on as an earlier run of the gateway left it."""
        self._remembering.kept = memo
        self.equipment.media.expect(self.record.id, self.record.conversation_id)
        if self.plan.detection is not None:
            self.equipment.media.will_listen()
        beginning = self._begin() if memo is None else go_on(self, memo)
        self.task = asyncio.create_task(self._live(beginning), name=f"leg {self.record.id}")

    def tell(self, message: Message | Happening) -> None:
        """Put a message into the inbox."""
        if self._heir is not None and isinstance(message, ABOUT_SCRIPT):
            self._heir.tell(message)
            return
        if not self.can_be_told(message):
            log.warning("leg %s is behind: %s is dropped", self.record.id, type(message).__name__)
            return
        if isinstance(message, Transfer):
            self.transfers.append(message)
            self._remembering.owes(self)
        if isinstance(message, Over) and self._told_end is None:
            self._told_end = message.end
        self._inbox.put_nowait(message)

    def can_be_told(self, message: Message | Happening) -> bool:
        """Whether it is not so far behind that it drops the message."""
        if isinstance(message, Transfer) and len(self.transfers) >= MAX_TRANSFERS:
            return False
        return not isinstance(message, ENDLESS) or self._inbox.qsize() < MAX_INBOX

    def hang_up(self, end: End | None = None) -> None:
        """End the leg; without `end` as completed when it is answered by then, otherwise as given up."""
        self.tell(Over(end=end))

    def pass_on(self, heir: "LiveLeg") -> None:
        """What is under way for the script is another leg's from now on, and what comes of it."""
        self._heir = heir
        self.pending.pass_on(heir.pending, keeps={RINGING, LENGTH})

    @property
    def heir(self) -> "LiveLeg":
        """Who has its script: itself, unless another leg has taken its place."""
        return self if self._heir is None else self._heir.heir

    @property
    def is_ending(self) -> bool:
        """Whether it is over, or about to be."""
        return self._over

    # For effects

    async def do(self, *commands: AnyCommand) -> None:
        """Make commands facts, and keep the leg's record as they leave it."""
        switchboard = self.equipment.switchboard
        await switchboard.do(self.application, self.record.conversation_id, *commands)
        self.record = switchboard.leg(self.record.conversation_id, self.record.id)

    async def perform(self, effects: list[Effect]) -> None:
        """Carry out what the script wants."""
        for effect in effects:
            await carry_out(effect, self)

    def enter_room(self) -> None:
        """Mix the leg with the others of its conversation, unless it is apart from them or waits."""
        media, room = self.equipment.media, self.record.conversation_id
        held = self.watch is not None and self.watch.holds
        if self.apart or held or self.equipment.lobby.waits(room, self.record.id):
            media.send(Leave(leg=self.record.id))
        else:
            media.send(Join(leg=self.record.id, room=room))
        answered = self.record.status == "answered"
        audio = SetMediaAudio(
            leg=self.record.id,
            muted=self.record.muted,
            earmuffed=self.record.earmuffed,
            voice_level=self.equipment.switchboard.speaking_level(room) if answered else 0,
        )
        media.send(audio)

    async def connected(self, dialog: Json | None) -> None:
        """The leg is answered: make it a fact, and go ahead unless it has to be known first by whom."""
        self.pending.clear_timer(RINGING)
        self.until = self.equipment.clock.wall() + self.plan.length_s
        self._remembering.update(self, self.line)
        await self.do(AnswerLeg(leg_id=self.record.id, dialog=dialog))
        self.pending.set_timer(LENGTH, self.plan.length_s, LastedTooLong())
        if self.plan.digits_on_answer:
            keypads, digits = self.equipment.keypads, self.plan.digits_on_answer
            keypads.press(self.equipment.media, self.record.id, digits)
        if self.plan.detection is not None:
            self.watch = Watch(self, self.plan.detection)
        self.enter_room()
        await self.perform(self.script.feed(Answered()))
        if self.watch is None or not self.watch.holds:
            await self.go_ahead()

    async def go_ahead(self) -> None:
        """Let who dialled the answered leg know, and begin what it is to do."""
        if self.predecessor is not None:
            self.predecessor.tell(Replaced(by=self))
        elif self.parent is not None and not self.apart:
            self.parent.tell(LegAnswered(leg=self.record.id))
        first, self.begins = self.begins, None
        if first is not None:
            await take(first, self)

    def join_parent(self) -> None:
        """The NCCO of its own is over: go to who dialled it."""
        self.apart = False
        self.script = Script(self.equipment.ids.uuid, answered=True)
        self.enter_room()
        if self.parent is not None:
            self.parent.tell(LegAnswered(leg=self.record.id))

    # The inbox

    async def _live(self, beginning: Coroutine[object, object, None]) -> None:
        try:
            await beginning
            while not self._over:
                if self.record.status == "answered":
                    self._remembering.update(self, self.line)
                await take(await self._inbox.get(), self)
        except (GatewayError, IllegalTransition) as error:
            log.warning("leg %s cannot go on: %s", self.record.id, error)
            later = isinstance(error, Unavailable)
            sip_code = sip_status.SERVICE_UNAVAILABLE if later else sip_status.TEMPORARILY_UNAVAILABLE
            await self.end(self._told_end or failure(self.record, str(error), sip_code))
        except Exception:
            log.exception("leg %s broke", self.record.id)
            await self.end(failure(self.record, "internal error"))
        finally:
            self.legs.gone(self)

    async def _begin(self) -> None:
        if self.plan.summons is None and self.predecessor is not None:
            await self.connected(await self.line.answer(self.record.id))
            return
        if self.plan.summons is None:
            await self.line.ring(self.record.id)
            if self.plan.first is not None:
                await take(self.plan.first, self)
            else:
                self.pending.set_timer(RINGING, self.plan.ringing_s, RangTooLong())
            return
        self.pending.set_timer(RINGING, self.plan.ringing_s, RangTooLong())
        try:
            await self.line.dial(self.plan.summons)
        except GatewayError as error:
            await report(self.equipment, self.application, self.record, error.detail)
            status: LegStatus = "failed" if isinstance(error, Unavailable) else "rejected"
            await self.end(End(status=status, reason=error.detail))

    # Verbs of messages and effects

    async def recall_script(self) -> None:
        """Leave what the script does; it waits for another NCCO, and for no earlier one."""
        self.begins = self.asked = None
        await self.perform(self.script.recall())
        self.script_number += 1

    async def begin(self, ncco: Ncco) -> None:
        """Run an NCCO. What it makes a fact of is not to be found by one that goes on with another NCCO."""
        effects = self.script.run(ncco)
        if self.record.status == "answered":
            self._remembering.update(self, self.line, KeptScript(actions=ncco))
        await self.perform(effects)

    def companions(self) -> list["LiveLeg"]:
        """The other legs that live in its conversation."""
        here = self.equipment.switchboard.legs(self.record.conversation_id)
        found = [self.legs.find(each.id) for each in here if each.id != self.record.id]
        return [each for each in found if each is not None]

    async def end(self, end: End) -> None:
        """Be over, once: the line, the prompts and the media first, then the facts, then the others."""
        if self._over:
            return
        self._over = True
        self.pending.clear_timers()
        end = settled(end, self.record)
        transfers.settle(self, end)
        try:
            await self.perform(self.script.stop())
            quality = await self._put_down(end)
            await self.do(ending(self.record, end, quality))
        except Exception:
            # Others wait for this end; the next start of the gateway writes it.
            log.exception("the end of leg %s is not written", self.record.id)
        self.tell_parent(end.status, end.sip_code)
        if self.entered is not None and self.entered.end_on_exit:
            for other in self.companions():
                other.hang_up()
        rooms.leave(self, self.record.conversation_id)

    async def _put_down(self, end: End) -> LegQuality | None:
        """End the line, the prompts, the media and whatever runs beside. What the media counted."""
        if self.watch is not None:
            self.watch.close()
        refused = self.record.direction == "inbound" and self.record.status != "answered"
        await self.line.hang_up(self.record.id, end.sip_code if refused else None)
        await self.pending.cancel()
        await self.equipment.prompts.close_leg(self.record.id)
        return await self.equipment.media.close_leg(self.record.id)

    def tell_parent(self, status: str, sip_code: int | None = None) -> None:
        """Who dialled it goes on without it."""
        if self.parent is not None:
            self.parent.tell(LegEnded(leg=self.record.id, status=status, sip_code=sip_code))
            self.parent = None
