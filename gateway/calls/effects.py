"""What a script wants, carried out: one function for each effect."""

from functools import singledispatch
from typing import TYPE_CHECKING

from gateway.calls import rooms
from gateway.calls.messages import Follow, Given
from gateway.calls.prompts import Scene
from gateway.calls.recordings import Order
from gateway.calls.scripting import reply_ncco, report, report_syntax_errors
from gateway.conversation.leg import is_over
from gateway.errors import GatewayError, NotFound
from gateway.ncco.stage import (
    Answer,
    Ask,
    AwaitReply,
    ClearTimer,
    Dial,
    Effect,
    Enter,
    FollowDigits,
    HangUp,
    HangUpLeg,
    LegEnded,
    MoveAll,
    PlayEnded,
    Progress,
    RecordingEnded,
    Replied,
    Say,
    SetTimer,
    StartRecording,
    StopPlay,
    StopRecording,
    Stream,
    TimerFired,
)
from gateway.webhooks.payloads import input_event, notify_event, voice_webhook
from media.control import StartRecording as RecordRoom

if TYPE_CHECKING:
    from gateway.calls.live_leg import LiveLeg


@singledispatch
async def carry_out(effect: Effect, leg: "LiveLeg") -> None:  # noqa: ARG001 - its variants need it
    """Do what the script of the leg wants. Raises GatewayError when the leg cannot go on."""
    raise TypeError(f"no way to carry out {type(effect).__name__}")


@carry_out.register(Answer)
async def _answer(_effect: Answer, leg: "LiveLeg") -> None:
    dialog = await leg.line.answer(leg.record.id)
    await leg.connected(dialog)


@carry_out.register(Say)
@carry_out.register(Stream)
async def _prompt(effect: Say | Stream, leg: "LiveLeg") -> None:
    scene = Scene(
        application=leg.application,
        conversation_id=leg.record.conversation_id,
        leg=leg.record,
        by=leg.record.member_id,
    )
    ended = PlayEnded(play=effect.play)
    await leg.equipment.prompts.start(scene, effect, ended=lambda: leg.tell(ended))


@carry_out.register(StopPlay)
async def _stop_play(effect: StopPlay, leg: "LiveLeg") -> None:
    leg.equipment.prompts.stop(effect.play)


@carry_out.register(Dial)
async def _dial(effect: Dial, leg: "LiveLeg") -> None:
    try:
        await leg.legs.dial(leg, effect)
    except GatewayError as error:
        # There is no leg whose end could be told.
        await report(leg.equipment, leg.application, leg.record, f"connect: {error.detail}")
        leg.tell(LegEnded(leg=effect.leg, status="failed"))


@carry_out.register(Progress)
async def _progress(_effect: Progress, leg: "LiveLeg") -> None:
    await leg.line.progress(leg.record.id)


@carry_out.register(HangUpLeg)
async def _hang_up_leg(effect: HangUpLeg, leg: "LiveLeg") -> None:
    other = leg.legs.find(effect.leg)
    if other is not None:
        other.hang_up()


@carry_out.register(HangUp)
async def _hang_up(_effect: HangUp, leg: "LiveLeg") -> None:
    if leg.apart:
        leg.join_parent()
    else:
        leg.hang_up()


@carry_out.register(Enter)
async def _enter(effect: Enter, leg: "LiveLeg") -> None:
    if await rooms.enter(effect, leg) and effect.music is not None:
        await carry_out(effect.music, leg)


@carry_out.register(MoveAll)
async def _move_all(effect: MoveAll, leg: "LiveLeg") -> None:
    stays = leg.record.conversation_id == effect.conversation_id
    companions = [] if stays else leg.companions()
    try:
        await leg.go_to(effect.conversation_id, muted=effect.muted)
    except NotFound as error:
        reason = f"transfer.conversationId: {error.detail}"
        await report(leg.equipment, leg.application, leg.record, reason)
        raise
    for each in companions:
        each.tell(Follow(conversation_id=effect.conversation_id, muted=effect.muted))


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
        by=leg.record.member_id,
        limit_s=effect.limit_s,
        beep_start=effect.beep,
    )
    await leg.equipment.recordings.start(order, done=lambda: leg.tell(ended))


@carry_out.register(StopRecording)
async def _stop_recording(effect: StopRecording, leg: "LiveLeg") -> None:
    leg.equipment.recordings.stop(effect.recording)


@carry_out.register(SetTimer)
async def _set_timer(effect: SetTimer, leg: "LiveLeg") -> None:
    leg.set_timer(effect.timer, effect.seconds, TimerFired(timer=effect.timer))


@carry_out.register(ClearTimer)
async def _clear_timer(effect: ClearTimer, leg: "LiveLeg") -> None:
    leg.clear_timer(effect.timer)


@carry_out.register(Ask)
async def _ask(effect: Ask, leg: "LiveLeg") -> None:
    switchboard = leg.equipment.switchboard
    say = input_event if effect.about == "leg" else notify_event
    payload = say(leg.record, effect.payload, switchboard.now())
    # A stream of its own: the caller waits for this reply, so it must not queue behind events being retried.
    stream = f"{leg.record.id}/{effect.queue or effect.request}"
    webhook = effect.webhook or leg.record.event_webhook
    delivery = switchboard.delivery(leg.application, stream, webhook, payload, wants_reply=True)
    if delivery is None:
        leg.tell(Replied(request=effect.request))
        return
    await switchboard.do(leg.application, leg.record.conversation_id, deliveries=[delivery])
    leg.beside(_await_reply(leg, effect.request, delivery.id, leg.script_number))


@carry_out.register(FollowDigits)
async def _follow_digits(effect: FollowDigits, leg: "LiveLeg") -> None:
    leg.digits_to = effect.webhook or leg.record.event_webhook or voice_webhook(leg.application, "event_url")


@carry_out.register(AwaitReply)
async def _await(effect: AwaitReply, leg: "LiveLeg") -> None:
    leg.beside(_await_reply(leg, effect.request, effect.request, leg.script_number))


async def _await_reply(leg: "LiveLeg", request: str, delivery_id: str, script: int) -> None:
    """The reply's NCCO replaces what is left of the script; without one it goes on."""
    answer = await leg.equipment.outbox.reply(delivery_id)
    if not is_over(leg.record):
        await report_syntax_errors(leg.equipment, leg.application, leg.record, answer.failures)
    ncco = reply_ncco(answer.reply) if answer.reply is not None else None
    leg.tell(Replied(request=request) if ncco is None else Given(ncco=ncco, script=script))
