"""Effects that move legs between conversations."""

from typing import TYPE_CHECKING

from gateway.calls import rooms
from gateway.calls.audience import Audience
from gateway.calls.effects.base import carry_out
from gateway.calls.messages import Transfer
from gateway.calls.scripting import report
from gateway.errors import NotFound
from gateway.ncco.effects import Enter, MoveAll
from gateway.resources.lookups import known_conversation

if TYPE_CHECKING:
    from gateway.calls.live_leg import LiveLeg


@carry_out.register(Enter)
async def _enter(effect: Enter, leg: "LiveLeg") -> None:
    if await rooms.enter(effect, leg) and effect.music is not None:
        await carry_out(effect.music, leg)


@carry_out.register(MoveAll)
async def _move_all(effect: MoveAll, leg: "LiveLeg") -> None:
    stays = leg.record.conversation_id == effect.conversation_id
    companions = [] if stays else leg.companions()
    try:
        known_conversation(await leg.equipment.store.conversation(leg.application.id, effect.conversation_id))
        for each in companions:  # told first: they go there whatever comes
            each.tell(Transfer(conversation_id=effect.conversation_id, muted=effect.muted))
        audience = Audience(heard_by=effect.can_speak, hears=effect.can_hear)
        await rooms.move(leg, effect.conversation_id, muted=effect.muted, audience=audience)
    except NotFound as error:
        reason = f"transfer.conversationId: {error.detail}"
        await report(leg.equipment, leg.application, leg.record, reason)
        raise
