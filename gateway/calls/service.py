"""Calls: the legs that live, and everything that starts one or steers one from outside.

Implements the HTTP interface's `Calls` port, takes incoming SIP calls, dials for scripts, and passes on to
each leg what its line and the media plane tell of it.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Mapping

from gateway.calls.equipment import Equipment
from gateway.calls.forwards import forwarding_of
from gateway.calls.going_on import Memo, restore
from gateway.calls.handlers import nobody_knocks
from gateway.calls.keys import KeyWay
from gateway.calls.live_leg import LiveLeg
from gateway.calls.loops import MAX_HOPS, hops_of
from gateway.calls.messages import (
    Admit,
    Changed,
    Connected,
    Message,
    Over,
    Pressed,
    Rang,
    Referred,
    Spoke,
    SubscribeDigits,
    SwitchAudio,
    Transfer,
)
from gateway.calls.plan import CALL_CONVERSATION, Plan
from gateway.calls.planning import Planner
from gateway.calls.replacing import may_replace
from gateway.conversation.commands import StartLeg
from gateway.conversation.leg import is_over
from gateway.errors import GatewayError, Invalid, NotFound, Unavailable
from gateway.legs.line import Arrival, End, Line, Referral
from gateway.legs.sip_codes import LOOP, OVERLOAD, UNKNOWN_NUMBER, Refusal
from gateway.legs.sip_status import NO_SUCH_CALL, OK, SERVICE_UNAVAILABLE
from gateway.ncco.effects import Dial
from gateway.ncco.schema import Ncco
from gateway.ports import Admission, NewCall
from gateway.resources.lookups import application_of
from gateway.routing.arrivals import application_called
from gateway.routing.endpoints import Endpoint
from gateway.store.records import ApplicationRecord, Json, LegRecord, LegStatus, UserRecord, Webhook
from media.control import RecordingDone

log = logging.getLogger(__name__)

Kept = tuple[ApplicationRecord, LegRecord, Memo]
"""Whose leg it is, its facts, and what else it needs to go on."""

MAX_LEGS = 2000
"""Legs that live at once; no more are started."""

CLEARING_S = 5.0
"""How long who ends a conversation, or a member, waits for legs to be over: ending one takes a moment."""


class CallService:
    """The live legs."""

    def __init__(self, equipment: Equipment, lines: Mapping[str, Line]) -> None:
        """`lines` by leg type: phone, sip, websocket."""
        self._equipment = equipment
        self._lines = lines
        self._planner = Planner(equipment, lines)
        self._legs: dict[str, LiveLeg] = {}
        self._arriving: set[asyncio.Task[None]] = set()
        self._closing = False

    # The HTTP interface's port

    async def create(self, application: ApplicationRecord, new: NewCall) -> LegRecord:
        """Start an outbound call. Raises Invalid and Unavailable."""
        self._refuse_overload()
        plan = await self._planner.for_call(application, new)
        record, user = await self._planner.outbound(application, plan)
        leg = LiveLeg(self._equipment, self, application, record, plan)
        await self._bring_up(leg, user)
        return leg.record

    async def hang_up(self, application_id: str, leg_id: str) -> None:
        """Raises NotFound; Invalid when the leg is over."""
        leg = await self._steerable(application_id, leg_id)
        leg.hang_up()

    async def remove(self, application_id: str, leg_id: str) -> None:
        """Take a leg out of lists for good, hanging it up when it lives. Raises NotFound."""
        if await self._equipment.store.leg(application_id, leg_id) is None:
            raise NotFound("Leg does not exist, or you do not have access.", code="leg:error:not-found")
        await self._equipment.store.remove_leg(application_id, leg_id)
        leg = self._legs.get(leg_id)
        if leg is not None:
            leg.hang_up()

    async def set_audio(
        self, application_id: str, leg_id: str, *, muted: bool | None = None, earmuffed: bool | None = None
    ) -> None:
        """Mute or earmuff; None leaves as it is. Raises NotFound; Invalid when the leg is over."""
        leg = await self._steerable(application_id, leg_id)
        leg.tell(SwitchAudio(muted=muted, earmuffed=earmuffed))

    async def transfer(
        self,
        application: ApplicationRecord,
        leg_id: str,
        *,
        ncco: Ncco | None = None,
        answer: Webhook | None = None,
    ) -> None:
        """Move the leg into a conversation of its own that runs a new NCCO.

        It will go there, also if the gateway dies now. Raises NotFound, Invalid and Unavailable.
        """
        leg = await self._steerable(application.id, leg_id)
        if leg.record.status != "answered":
            raise Invalid("only an answered call can be transferred", action="the call is not answered")
        opened = await self._equipment.switchboard.open(application, CALL_CONVERSATION)
        going = Transfer(conversation_id=opened.id, ncco=ncco, answer=answer)
        if not leg.can_be_told(going):
            raise Unavailable("the call has still to carry out what it was asked for before")
        leg.tell(going)

    async def follow_digits(self, application_id: str, leg_id: str, webhook: Webhook | None) -> None:
        """Post each digit there as it is pressed; nowhere when None. Raises NotFound; Invalid when over."""
        leg = await self._steerable(application_id, leg_id)
        leg.tell(SubscribeDigits(webhook=webhook))

    # For conversations and members

    async def clear(self, conversation_id: str, member_id: str | None = None) -> None:
        """Hang up what is in a conversation, or one member's leg, and wait a while for it to be over."""
        if member_id is None:
            self._equipment.prompts.stop_all(conversation_id)
            self._equipment.recordings.stop_all(conversation_id)
        ending = []
        for record in self._equipment.switchboard.legs(conversation_id):
            leg = self._legs.get(record.id)
            if leg is not None and leg.task is not None and member_id in (None, record.member_id):
                leg.hang_up()
                ending.append(leg.task)
        if ending:
            await asyncio.wait(ending, timeout=CLEARING_S)

    def tune(self, conversation_id: str) -> None:
        """What is to be told of the voices in a conversation may have changed."""
        for record in self._equipment.switchboard.legs(conversation_id):
            self._tell(record.id, SwitchAudio(muted=None, earmuffed=None))

    # For applications

    async def drop(self, application_id: str) -> None:
        """Hang up all that an application has live, and wait a while for it to be over."""
        ending = []
        for leg in list(self._legs.values()):
            if leg.record.application_id == application_id:
                leg.hang_up()
                if leg.task is not None:
                    ending.append(leg.task)
        if ending:
            await asyncio.wait(ending, timeout=CLEARING_S)

    # For legs

    def find(self, leg_id: str) -> LiveLeg | None:
        """A leg that lives."""
        return self._legs.get(leg_id)

    async def dial(self, parent: LiveLeg, effect: Dial) -> None:
        """Call an endpoint into the parent's conversation. Raises Throttled, and what else keeps it out."""
        self._refuse_overload(parent.record.conversation_id)
        now = self._equipment.clock.monotonic()
        self._equipment.call_limit.take(parent.application.account, now)
        self._equipment.dial_limit.take(parent.record.conversation_id, now)
        plan = await self._planner.for_connect(parent, effect)
        record, user = await self._planner.outbound(parent.application, plan)
        await self._bring_up(LiveLeg(self._equipment, self, parent.application, record, plan), user)

    async def call_successor(self, leg: LiveLeg, endpoint: Endpoint) -> LiveLeg:
        """Call who is to take the leg's place, as its application. Raises what `dial` does."""
        self._refuse_overload(leg.record.conversation_id)
        self._equipment.call_limit.take(leg.application.account, self._equipment.clock.monotonic())
        plan = await self._planner.for_successor(leg, endpoint)
        record, user = await self._planner.outbound(leg.application, plan)
        successor = LiveLeg(self._equipment, self, leg.application, record, plan)
        await self._bring_up(successor, user)
        return successor

    def gone(self, leg: LiveLeg) -> None:
        """The leg is over."""
        self._legs.pop(leg.record.id, None)

    async def admit(self, application_id: str, knocking_id: str, admission: Admission) -> str:
        """Let who knocks into a conversation, and answer: the id of the member that joins.

        Raises NotFound when nobody knocks so, or no more, and what else keeps the leg out.
        """
        leg = next((each for each in self._legs.values() if each.record.knocking_id == knocking_id), None)
        if leg is None or leg.task is None or leg.record.application_id != application_id:
            raise nobody_knocks()
        outcome: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        leg.task.add_done_callback(lambda _: _give_up(outcome))
        leg.tell(Admit(admission=admission, outcome=outcome))
        return await asyncio.shield(outcome)

    # What lines tell

    def incoming(self, arrival: Arrival) -> None:
        """A SIP call came in."""
        task = asyncio.create_task(self._receive(arrival), name=f"incoming {arrival.leg_id}")
        self._arriving.add(task)
        task.add_done_callback(self._arriving.discard)

    def ringing(self, leg_id: str, *, early_media: bool = False) -> None:
        """The called side rings."""
        self._tell(leg_id, Rang(early_media=early_media))

    def answered(self, leg_id: str, dialog: Json | None) -> None:
        """The called side answered."""
        self._tell(leg_id, Connected(dialog=dialog))

    def changed(self, leg_id: str) -> None:
        """What is kept of the leg is other than it was."""
        self._tell(leg_id, Changed())

    def ended(self, leg_id: str, end: End) -> None:
        """The leg is over."""
        self._tell(leg_id, Over(end=end))

    def referred(self, leg_id: str, referral: Referral) -> None:
        """The leg is to be replaced."""
        self._tell(leg_id, Referred(referral=referral))

    def digit_signalled(self, leg_id: str, digit: str, duration_ms: int) -> None:
        """A leg pressed a key, and told by signalling."""
        self._press(leg_id, Pressed(digit=digit, duration_ms=duration_ms), "signalling")

    # What media tells

    def digit(self, leg_id: str, digit: str, duration_ms: int) -> None:
        """A leg pressed a key, which was heard."""
        self._press(leg_id, Pressed(digit=digit, duration_ms=duration_ms), "audio")

    def speaking(self, leg_id: str, *, speaks: bool, level_dbov: int) -> None:
        """A leg has begun to speak, or has ended; how loud it is at that moment, -127 to 0."""
        self._tell(leg_id, Spoke(speaks=speaks, level_dbov=level_dbov))

    def websocket_closed(self, leg_id: str, code: int, reason: str) -> None:
        """A websocket application went away."""
        log.info("websocket leg %s closed: %d %s", leg_id, code, reason)
        self._tell(leg_id, Over(end=End(status="completed", reason="ok", sip_code=OK, by_peer=True)))

    def recording_done(self, notice: RecordingDone) -> None:
        """A recording is complete on disk."""
        self._equipment.recordings.on_done(notice)
        self._equipment.ears.on_done(notice)

    def media_lost(self, names: frozenset[str]) -> None:
        """The legs of these names end: there is nobody to mix them any more. So do recordings."""
        self._equipment.recordings.media_lost(names)
        self._equipment.ears.media_lost(names)
        for leg in [leg for leg in self._legs.values() if leg.record.id in names]:
            status: LegStatus = "completed" if leg.record.status == "answered" else "failed"
            leg.hang_up(End(status=status, reason="failed", sip_code=SERVICE_UNAVAILABLE))

    # For recovery

    def take_up(self, kept: Iterable[Kept]) -> list[LiveLeg]:
        """The legs that an earlier run has left and that are still there; `LiveLeg.start` lets them go on."""
        taken = []
        for application, record, memo in kept:
            line = self._lines.get(record.type)
            if line is not None and line.has(record.id):
                plan = Plan(line=line, headers=memo.headers, hops=memo.hops)
                leg = self._legs[record.id] = LiveLeg(self._equipment, self, application, record, plan)
                taken.append((leg, memo))
        for leg, memo in taken:
            restore(leg, memo)
        return [leg for leg, _ in taken]

    async def drain(self, patience_s: float) -> None:
        """Take no new conversations, and let those that there are end by themselves, for so long."""
        self._equipment.media.drain()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while living := self._living():
                    await asyncio.wait(living)

    async def close(self) -> None:
        """End all legs, with their events, and wait for that; no more are started."""
        self._closing = True
        while ending := self._living():
            for leg in self._legs.values():
                leg.hang_up()
            await asyncio.wait(ending)

    # Inside

    def _living(self) -> set[asyncio.Task[None]]:
        return {*self._arriving, *(leg.task for leg in self._legs.values() if leg.task is not None)}

    def _tell(self, leg_id: str, message: Message) -> None:
        leg = self._legs.get(leg_id)
        if leg is not None:
            leg.tell(message)

    def _press(self, leg_id: str, pressed: Pressed, way: KeyWay) -> None:
        leg = self._legs.get(leg_id)
        if leg is not None and leg.keys.is_new(pressed.digit, way, self._equipment.clock.monotonic()):
            leg.tell(pressed)

    async def _receive(self, arrival: Arrival) -> None:
        try:
            if arrival.replaces:
                await self._replace(arrival)
                return
            hops = hops_of(arrival.called, self._legs.values())
            if hops > MAX_HOPS:
                await self._refuse(arrival, LOOP)
                return
            account = arrival.login if arrival.login in self._equipment.logins else ""
            forwarding = await forwarding_of(self._equipment, arrival.called, arrival.domain, account)
            if forwarding is not None:
                self._refuse_overload()
                plan, record, user = self._planner.for_forwarding(forwarding, arrival, hops)
                await self._bring_up(
                    LiveLeg(self._equipment, self, forwarding.application, record, plan), user
                )
                return
            application = await application_called(
                self._equipment.store, self._equipment.domains, arrival.called, arrival.domain, account
            )
            if application is None:
                await self._refuse(arrival, UNKNOWN_NUMBER)
                return
            self._refuse_overload()
            plan, knocks = self._planner.for_arrival(application, arrival, hops)
            record, user = self._planner.inbound(application, arrival, knocks=knocks)
            await self._bring_up(LiveLeg(self._equipment, self, application, record, plan), user)
        except GatewayError as error:
            log.warning("an incoming call cannot be taken: %s", error)
            await self._refuse(arrival, OVERLOAD)

    async def _refuse(self, arrival: Arrival, refusal: Refusal) -> None:
        """No leg and no webhook will tell of this call: only the operator's log does."""
        log.warning("a call from %r to %r is refused with %d: %s", arrival.caller, arrival.called, *refusal)
        await self._lines["phone"].hang_up(arrival.leg_id, refusal.sip_code)

    async def _replace(self, arrival: Arrival) -> None:
        """A call came in to take the place of a leg."""
        line = self._lines["phone"]
        leg = self._legs.get(arrival.replaces)
        is_theirs = leg is not None and await may_replace(self._equipment, leg.application, arrival)
        if leg is None or not is_theirs or leg.task is None or leg.successor is not None:
            await line.hang_up(arrival.leg_id, NO_SUCH_CALL)
            return
        self._refuse_overload(leg.record.conversation_id)
        plan, record, user = self._planner.for_replacement(leg, arrival)
        successor = LiveLeg(self._equipment, self, leg.application, record, plan)
        await self._bring_up(successor, user)
        leg.successor = successor

    async def _bring_up(self, leg: LiveLeg, user: UserRecord) -> None:
        """Make the leg a fact, in its parent's conversation or in a new one, and let it live."""
        switchboard = self._equipment.switchboard
        target_id = leg.record.conversation_id
        start = StartLeg(leg=leg.record, user=user)
        # A user of the App channel is there already, and nobody writes what they were a moment ago.
        users = [] if leg.record.type == "app" else [user]
        # Known before its first fact is durable: a CANCEL may come while that is written.
        self._legs[leg.record.id] = leg
        try:
            # Whoever deletes the application hangs up what is known by then; what comes later is refused.
            await application_of(self._equipment.store, leg.application.id)
            if leg.plan.companion is None:
                await switchboard.open(
                    leg.application, CALL_CONVERSATION, start, conversation_id=target_id, users=users
                )
            else:
                await switchboard.do(leg.application, target_id, start, users=users)
        except BaseException:
            self.gone(leg)
            raise
        leg.record = switchboard.leg(target_id, leg.record.id)
        leg.start()

    async def _steerable(self, application_id: str, leg_id: str) -> LiveLeg:
        leg = self._legs.get(leg_id)
        if leg is not None and leg.record.application_id == application_id:
            return leg
        record = await self._equipment.store.leg(application_id, leg_id)
        if record is None:
            raise NotFound("Call does not exist, or you do not have access.")
        if is_over(record):
            raise Invalid("the call is over", action=f"the call is {record.status}")
        raise Unavailable("the call is on its way out")

    def _refuse_overload(self, conversation_id: str = "") -> None:
        if self._closing:
            raise Unavailable("the gateway is being stopped")
        if len(self._legs) >= MAX_LEGS:
            raise Unavailable(f"{MAX_LEGS} legs are live; no more can be started now")
        self._equipment.media.admit(conversation_id)


def _give_up(outcome: asyncio.Future[str]) -> None:
    """The leg has ended before it could be let in, if it was not."""
    if not outcome.done():
        outcome.set_exception(nobody_knocks())
