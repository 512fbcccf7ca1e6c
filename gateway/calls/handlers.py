"""What a leg does with what it is told: one function for each message of its inbox."""

import logging
from functools import singledispatch
from typing import TYPE_CHECKING

from gateway.calls.endings import failure, own_end
from gateway.calls.messages import (
    Admit,
    Changed,
    Connected,
    Fetch,
    Given,
    HearEarly,
    LastedTooLong,
    Message,
    NoNcco,
    Over,
    Pressed,
    Rang,
    RangTooLong,
    Spoke,
    Started,
    SubscribeDigits,
    SwitchAudio,
    Transfer,
)
from gateway.calls.rooms import move, stop_waiting
from gateway.calls.scripting import NoScript, fetch_ncco, report
from gateway.conversation.commands import PressDigit, RingLeg, SetAudio, SwitchSpeaking
from gateway.errors import GatewayError, NotFound
from gateway.legs.line import End
from gateway.legs.sip_status import REQUEST_TERMINATED, TEMPORARILY_UNAVAILABLE
from gateway.ncco.actions.input import Input
from gateway.ncco.effects import Ask
from gateway.ncco.happenings import DigitPressed, Happening
from gateway.store.records import Webhook

if TYPE_CHECKING:
    from gateway.calls.live_leg import LiveLeg

log = logging.getLogger(__name__)

MAX_UNANSWERED_DIGITS = 100
"""Of one leg, on their way to an application: one that is so far behind is not told of more."""


@singledispatch
async def take(message: Message | Happening, leg: "LiveLeg") -> None:  # noqa: ARG001 - its variants need it
    """Do what the message wants of the leg. Raises GatewayError when the leg cannot go on."""
    raise TypeError(f"a leg knows no {type(message).__name__}")


@take.register(Rang)
async def _rang(message: Rang, leg: "LiveLeg") -> None:
    if leg.record.status == "started":
        await leg.do(RingLeg(leg_id=leg.record.id))
    if message.early_media:
        leg.enter_room()
        if leg.parent is not None:
            leg.parent.tell(HearEarly())


@take.register(HearEarly)
async def _hear_early(_message: HearEarly, leg: "LiveLeg") -> None:
    if leg.record.status == "ringing":
        await leg.line.progress(leg.record.id)
        leg.enter_room()


@take.register(Connected)
async def _connected(message: Connected, leg: "LiveLeg") -> None:
    await leg.connected(message.dialog)


@take.register(Changed)
async def _changed(_message: Changed, _leg: "LiveLeg") -> None:
    """What is kept of the leg is looked at after each message."""


@take.register(Over)
async def _over(message: Over, leg: "LiveLeg") -> None:
    end = message.end or own_end(leg.record)
    if end.reported:
        await report(leg.equipment, leg.application, leg.record, end.reason)
    await leg.end(end)


@take.register(RangTooLong)
async def _rang_too_long(_message: RangTooLong, leg: "LiveLeg") -> None:
    if leg.record.status != "answered":
        sip_code = TEMPORARILY_UNAVAILABLE if leg.record.direction == "inbound" else REQUEST_TERMINATED
        await leg.end(End(status="timeout", reason="timeout", sip_code=sip_code))


@take.register(LastedTooLong)
async def _lasted_too_long(_message: LastedTooLong, leg: "LiveLeg") -> None:
    await leg.end(own_end(leg.record))


@take.register(Pressed)
async def _pressed(message: Pressed, leg: "LiveLeg") -> None:
    if not leg.concealed:
        await _tell_digit(message, leg)
    await leg.perform(leg.script.feed(DigitPressed(digit=message.digit)))


async def _tell_digit(message: Pressed, leg: "LiveLeg") -> None:
    """Make the digit a fact, and post it where digits are followed."""
    command = PressDigit(
        leg_id=leg.record.id,
        digit=message.digit,
        duration_ms=message.duration_ms,
        dtmf_id=leg.equipment.ids.uuid(),
    )
    await leg.do(command)
    if leg.digits_to is not None and len(leg.pending.tasks) < MAX_UNANSWERED_DIGITS:
        told = {"dtmf": {"digits": message.digit, "timed_out": False}}
        ask = Ask(request=command.dtmf_id, webhook=leg.digits_to, payload=told, queue="digits")
        await leg.perform([ask])


@take.register(Spoke)
async def _spoke(message: Spoke, leg: "LiveLeg") -> None:
    if message.speaks != leg.speaks:
        leg.speaks = message.speaks
        command = SwitchSpeaking(leg_id=leg.record.id, speaks=message.speaks, level_dbov=message.level_dbov)
        await leg.do(command)


@take.register(SubscribeDigits)
async def _subscribe_digits(message: SubscribeDigits, leg: "LiveLeg") -> None:
    leg.digits_to = message.webhook


@take.register(SwitchAudio)
async def _switch_audio(message: SwitchAudio, leg: "LiveLeg") -> None:
    await leg.do(SetAudio(leg_id=leg.record.id, muted=message.muted, earmuffed=message.earmuffed))
    if leg.record.status == "answered":
        leg.enter_room()


@take.register(Transfer)
async def _transfer(message: Transfer, leg: "LiveLeg") -> None:
    if leg.record.status == "answered":
        await leg.recall_script()
        if leg.record.conversation_id != message.conversation_id:  # an earlier run may have come so far
            await move(leg, message.conversation_id, muted=message.muted)
    leg.transfers.popleft()
    if message.ncco is not None:
        await leg.begin(message.ncco)
    elif message.answer is not None:
        _fetch_from(message.answer, leg)


@take.register(Started)
async def _started(message: Started, leg: "LiveLeg") -> None:
    if message.conversation_id == leg.record.conversation_id:
        await stop_waiting(leg)


@take.register(Admit)
async def _admit(message: Admit, leg: "LiveLeg") -> None:
    admission = message.admission
    try:
        if leg.record.status != "ringing":
            raise nobody_knocks()
        await move(leg, admission.conversation_id, muted=admission.muted, user=admission.user)
    except GatewayError as error:
        # It goes on ringing: somebody else may let it in.
        message.outcome.set_exception(error)
        return
    await leg.connected(await leg.line.answer(leg.record.id))
    message.outcome.set_result(leg.record.member_id)


def nobody_knocks() -> NotFound:
    """The error for a knocking id that is nobody's, or of somebody who is in already or has gone."""
    return NotFound("Nobody knocks with this id, or you do not have access.", code="knocking:error:not-found")


@take.register(Fetch)
async def _fetch(message: Fetch, leg: "LiveLeg") -> None:
    _fetch_from(message.webhook, leg)


@take.register(Given)
async def _given(message: Given, leg: "LiveLeg") -> None:
    if message.script == leg.script_number:
        leg.asked = None
        if any(isinstance(action, Input) and "speech" in action.kinds for action in message.ncco):
            leg.equipment.media.will_listen()
        await leg.begin(message.ncco)
    else:
        log.info("leg %s has gone elsewhere before its NCCO came", leg.record.id)


@take.register(NoNcco)
async def _no_ncco(message: NoNcco, leg: "LiveLeg") -> None:
    if message.script == leg.script_number:
        await leg.end(failure(leg.record, message.reason))


@take.register(Happening)
async def _happening(message: Happening, leg: "LiveLeg") -> None:
    await leg.perform(leg.script.feed(message))


def _fetch_from(webhook: Webhook, leg: "LiveLeg") -> None:
    leg.asked = webhook
    leg.pending.run(_fetch_beside(webhook, leg, leg.script_number))


async def _fetch_beside(webhook: Webhook, leg: "LiveLeg", script: int) -> None:
    try:
        ncco = await fetch_ncco(leg.equipment, leg.application, leg.record, webhook, leg.plan.headers)
    except NoScript as error:
        await report(leg.equipment, leg.application, leg.record, str(error))
        leg.tell(NoNcco(reason=str(error), script=script))
    else:
        leg.tell(Given(ncco=ncco, script=script))
