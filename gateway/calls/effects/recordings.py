"""Effects that record."""

from typing import TYPE_CHECKING

from gateway.calls.effects.base import carry_out
from gateway.calls.recordings import Order
from gateway.ncco.effects import StartRecording, StopRecording
from gateway.ncco.happenings import RecordingEnded
from media.control import StartRecording as RecordRoom

if TYPE_CHECKING:
    from gateway.calls.live_leg import LiveLeg


@carry_out.register(StartRecording)
async def _start_recording(effect: StartRecording, leg: "LiveLeg") -> None:
    command = RecordRoom(
        recording=effect.recording,
        room=leg.record.conversation_id,
        path="",
        channels=effect.channels,
        leg=leg.record.id,
        format=effect.format,
        end_on_silence_s=effect.silence_s,
    )
    ended = RecordingEnded(recording=effect.recording)
    order = Order(
        application=leg.application,
        command=command,
        webhook=effect.webhook,
        transcription=effect.transcription,
        by=leg.record.member_id,
        limit_s=effect.limit_s,
        beep_start=effect.beep,
    )
    await leg.equipment.recordings.start(order, done=lambda: leg.tell(ended))


@carry_out.register(StopRecording)
async def _stop_recording(effect: StopRecording, leg: "LiveLeg") -> None:
    leg.equipment.recordings.stop(effect.recording)
