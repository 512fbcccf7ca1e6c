"""Named conversations, as legs enter them: at once, or after a wait for somebody to start them.

They start with the first leg that does not wait. Their recording, where an entry wants one, starts then.
"""

from typing import TYPE_CHECKING

import msgspec

from gateway.calls.audience import Audience
from gateway.calls.recordings import Order
from gateway.ncco.effects import Enter
from media.control import StartRecording

if TYPE_CHECKING:
    from gateway.calls.live_leg import LiveLeg


async def enter(effect: Enter, leg: "LiveLeg") -> bool:
    """Take the leg into the conversation that the effect names; whether it has to wait there."""
    lobby = leg.equipment.lobby
    room = await leg.equipment.switchboard.named(leg.application, effect.name)
    if effect.starts:
        lobby.leave(room.id, leg.record.id)
    else:
        lobby.wait(room.id, leg.record.id)
    try:
        audience = Audience(heard_by=effect.can_speak, hears=effect.can_hear)
        await leg.go_to(room.id, muted=effect.muted, audience=audience)
    except BaseException:
        lobby.leave(room.id, leg.record.id)
        raise
    leg.entered = effect
    # Looked at after it has entered: who starts it later looks for those who wait.
    if effect.starts or any(not lobby.waits(room.id, each.record.id) for each in leg.companions()):
        await stop_waiting(leg)
        return False
    return True


async def stop_waiting(leg: "LiveLeg") -> None:
    """The conversation has started: let the leg hear the others, and record them if it wishes so."""
    lobby, recordings = leg.equipment.lobby, leg.equipment.recordings
    room, entered = leg.record.conversation_id, leg.entered
    if lobby.waits(room, leg.record.id):
        lobby.leave(room, leg.record.id)
        leg.enter_room()
    if entered is None:
        return
    leg.entered = msgspec.structs.replace(entered, music=None, record=False)
    if entered.music is not None:
        leg.equipment.prompts.stop(entered.music.play)
    if entered.record and not recordings.is_recording(room):
        command = StartRecording(recording=leg.equipment.ids.uuid(), room=room, path="", format="mp3")
        await recordings.start(
            Order(
                application=leg.application,
                command=command,
                webhook=entered.webhook,
                transcription=entered.transcription,
                by=leg.record.member_id,
            )
        )
