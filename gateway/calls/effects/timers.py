"""Effects of time."""

from typing import TYPE_CHECKING

from gateway.calls.effects.base import carry_out
from gateway.ncco.effects import ClearTimer, SetTimer
from gateway.ncco.happenings import TimerFired

if TYPE_CHECKING:
    from gateway.calls.live_leg import LiveLeg


@carry_out.register(SetTimer)
async def _set_timer(effect: SetTimer, leg: "LiveLeg") -> None:
    leg.pending.set_timer(effect.timer, effect.seconds, TimerFired(timer=effect.timer))


@carry_out.register(ClearTimer)
async def _clear_timer(effect: ClearTimer, leg: "LiveLeg") -> None:
    leg.pending.clear_timer(effect.timer)
