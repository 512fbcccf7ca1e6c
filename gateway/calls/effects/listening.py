"""Effects that listen."""

from typing import TYPE_CHECKING

from gateway.calls.effects.base import carry_out
from gateway.ncco.effects import Listen, StopListening

if TYPE_CHECKING:
    from gateway.calls.live_leg import LiveLeg


@carry_out.register(Listen)
async def _listen(effect: Listen, leg: "LiveLeg") -> None:
    await leg.equipment.listenings.start(effect, leg)


@carry_out.register(StopListening)
async def _stop_listening(effect: StopListening, leg: "LiveLeg") -> None:
    await leg.equipment.listenings.stop(effect.listening, nobody_spoke=effect.nobody_spoke)
