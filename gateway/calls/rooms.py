"""Conversations, as legs come into them and leave them: at once, or after a wait for somebody to start them.

Named ones start with the first leg that does not wait. Where an entry wants a recording, that starts then.
"""

from typing import TYPE_CHECKING

import msgspec

from gateway.calls.audience import EVERYBODY, Audience
from gateway.calls.messages import Started
from gateway.calls.recordings import Order
from gateway.ncco.effects import Enter
from gateway.store.records import UserRecord
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
        await move(leg, room.id, muted=effect.muted, audience=audience)
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


async def move(
    leg: "LiveLeg",
    conversation_id: str,
    *,
    muted: bool = False,
    audience: Audience = EVERYBODY,
    user: UserRecord | None = None,
) -> None:
    """Take the leg to a conversation, another one or its own; it is `user`'s then, where one is named."""
    left = leg.record.conversation_id
    leg.apart = leg.speaks = False
    if leg.watch is not None:
        leg.watch.holds = False
    leg.record = await leg.equipment.switchboard.move(
        leg.application, leg.record, conversation_id, muted=muted, user=user
    )
    if leg.entered is not None and leg.entered.music is not None:
        leg.equipment.prompts.stop(leg.entered.music.play)
    leg.entered = None
    leg.tell_parent("transferred")
    if left != conversation_id:
        leave(leg, left)
    leg.equipment.media.send(audience.command(leg.record.id))
    leg.enter_room()
    _say_that_it_starts(leg)


def _say_that_it_starts(leg: "LiveLeg") -> None:
    """Who waits where a leg is that does not wait has waited enough."""
    waits, room = leg.equipment.lobby.waits, leg.record.conversation_id
    if not waits(room, leg.record.id):
        for other in leg.companions():
            if waits(room, other.record.id):
                other.tell(Started(conversation_id=room))


def leave(leg: "LiveLeg", conversation_id: str) -> None:
    """The leg is not there any more: with the last one goes what sounds and is recorded."""
    leg.equipment.lobby.leave(conversation_id, leg.record.id)
    leg.equipment.recordings.stop_all(leg.record.id)
    if not leg.equipment.switchboard.legs(conversation_id):
        leg.equipment.recordings.stop_all(conversation_id)
        leg.equipment.prompts.stop_all(conversation_id)
