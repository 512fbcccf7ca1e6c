"""Effects that ask the application: webhooks whose reply may carry an NCCO."""

from typing import TYPE_CHECKING

from gateway.calls.effects.base import carry_out
from gateway.calls.messages import Given
from gateway.calls.scripting import reply_ncco, report_syntax_errors
from gateway.conversation.leg import is_over
from gateway.ncco.effects import Ask, AwaitReply, FollowDigits
from gateway.ncco.happenings import Replied
from gateway.webhooks.payloads import leg_event, notify_event, voice_webhook

if TYPE_CHECKING:
    from gateway.calls.live_leg import LiveLeg


@carry_out.register(Ask)
async def _ask(effect: Ask, leg: "LiveLeg") -> None:
    switchboard = leg.equipment.switchboard
    say = leg_event if effect.about == "leg" else notify_event
    payload = say(leg.record, effect.payload, switchboard.now())
    # A stream of its own: the caller waits for this reply, so it must not queue behind events being retried.
    stream = f"{leg.record.id}/{effect.queue or effect.request}"
    webhook = effect.webhook or leg.record.event_webhook
    delivery = switchboard.delivery(leg.application, stream, webhook, payload, wants_reply=True)
    if delivery is None:
        leg.tell(Replied(request=effect.request))
        return
    await switchboard.do(leg.application, leg.record.conversation_id, deliveries=[delivery])
    leg.pending.run(_await_reply(leg, effect.request, delivery.id, leg.script_number))


@carry_out.register(FollowDigits)
async def _follow_digits(effect: FollowDigits, leg: "LiveLeg") -> None:
    leg.digits_to = effect.webhook or leg.record.event_webhook or voice_webhook(leg.application, "event_url")


@carry_out.register(AwaitReply)
async def _await(effect: AwaitReply, leg: "LiveLeg") -> None:
    leg.pending.run(_await_reply(leg, effect.request, effect.request, leg.script_number))


async def _await_reply(leg: "LiveLeg", request: str, delivery_id: str, script: int) -> None:
    """The reply's NCCO replaces what is left of the script; without one it goes on."""
    answer = await leg.equipment.outbox.reply(delivery_id)
    if not is_over(leg.record):
        await report_syntax_errors(leg.equipment, leg.application, leg.record, answer.failures)
    ncco = reply_ncco(answer.reply) if answer.reply is not None else None
    # One without actions takes nobody's place: published samples reply `[]` for "no change".
    leg.tell(Given(ncco=ncco, script=script) if ncco else Replied(request=request))
