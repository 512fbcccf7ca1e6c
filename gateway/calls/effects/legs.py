"""Effects on legs: answer, call, hang up."""

from typing import TYPE_CHECKING

from gateway.calls.effects.base import carry_out
from gateway.calls.scripting import report
from gateway.errors import GatewayError
from gateway.legs.sip_codes import code_of, end_of
from gateway.ncco.effects import Answer, Dial, HangUp, HangUpLeg, Progress, Refuse
from gateway.ncco.happenings import LegEnded

if TYPE_CHECKING:
    from gateway.calls.live_leg import LiveLeg


@carry_out.register(Answer)
async def _answer(_effect: Answer, leg: "LiveLeg") -> None:
    dialog = await leg.line.answer(leg.record.id)
    await leg.connected(dialog)


@carry_out.register(Progress)
async def _progress(_effect: Progress, leg: "LiveLeg") -> None:
    await leg.line.progress(leg.record.id)


@carry_out.register(Dial)
async def _dial(effect: Dial, leg: "LiveLeg") -> None:
    try:
        await leg.legs.dial(leg, effect)
    except GatewayError as error:
        # There is no leg whose end could be told.
        await report(leg.equipment, leg.application, leg.record, f"connect: {error.detail}")
        leg.tell(LegEnded(leg=effect.leg, status="failed"))


@carry_out.register(HangUpLeg)
async def _hang_up_leg(effect: HangUpLeg, leg: "LiveLeg") -> None:
    other = leg.legs.find(effect.leg)
    if other is not None:
        other.hang_up()


@carry_out.register(Refuse)
async def _refuse(effect: Refuse, leg: "LiveLeg") -> None:
    leg.hang_up(end_of(code_of(effect.status, effect.sip_code)))


@carry_out.register(HangUp)
async def _hang_up(_effect: HangUp, leg: "LiveLeg") -> None:
    if leg.apart:
        leg.join_parent()
    else:
        leg.hang_up()
