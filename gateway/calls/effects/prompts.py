"""Effects that sound: speech and files."""

from typing import TYPE_CHECKING

from gateway.calls.effects.base import carry_out
from gateway.calls.prompts import Outcome, Scene
from gateway.ncco.effects import Say, StopPlay, Stream
from gateway.ncco.happenings import PlayEnded

if TYPE_CHECKING:
    from gateway.calls.live_leg import LiveLeg


@carry_out.register(Say)
@carry_out.register(Stream)
async def _prompt(effect: Say | Stream, leg: "LiveLeg") -> None:
    scene = Scene(
        application=leg.application,
        conversation_id=leg.record.conversation_id,
        leg=leg.record,
        by=leg.record.member_id,
    )

    def ended(outcome: Outcome) -> None:
        leg.tell(PlayEnded(play=effect.play, failed=outcome == "failed"))

    await leg.equipment.prompts.start(scene, effect, ended=ended)


@carry_out.register(StopPlay)
async def _stop_play(effect: StopPlay, leg: "LiveLeg") -> None:
    leg.equipment.prompts.stop(effect.play)
