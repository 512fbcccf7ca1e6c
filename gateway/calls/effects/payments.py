"""Effects of payments: a leg that is concealed, a card that is charged, webhooks that only tell."""

import contextlib
import logging
from typing import TYPE_CHECKING

from gateway.calls.effects.base import carry_out
from gateway.calls.scripting import report
from gateway.errors import GatewayError, NotFound, Unavailable
from gateway.ncco.effects import Charge, Conceal, OpenPayment, Tell
from gateway.ncco.happenings import Charged, PaymentOpened, PaymentRefused
from gateway.payments.processor import Payment, Status
from gateway.store.records import Json, Webhook
from gateway.webhooks.payloads import leg_event
from media.control import Conceal as ConcealLeg

if TYPE_CHECKING:
    from gateway.calls.live_leg import LiveLeg

log = logging.getLogger(__name__)


@carry_out.register(Conceal)
async def _conceal(effect: Conceal, leg: "LiveLeg") -> None:
    command = ConcealLeg(leg=leg.record.id, concealed=effect.concealed)
    if effect.concealed:
        leg.concealed = True
        # A leg that cannot be concealed must not go on to a card's number.
        leg.equipment.media.send(command)
        return
    with contextlib.suppress(Unavailable):
        leg.equipment.media.send(command)
    leg.concealed = False


@carry_out.register(OpenPayment)
async def _open_payment(effect: OpenPayment, leg: "LiveLeg") -> None:
    hindrance = _hindrance(leg)
    if hindrance is None:
        today = leg.equipment.switchboard.now()[:10]
        leg.tell(PaymentOpened(charge=effect.charge, today=today))
        return
    await report(leg.equipment, leg.application, leg.record, f"pay: {hindrance}")
    leg.tell(PaymentRefused(charge=effect.charge))


def _hindrance(leg: "LiveLeg") -> str | None:
    """Why the leg may not pay; None when it may."""
    voice = leg.application.capabilities.get("voice") or {}
    if leg.record.direction != "inbound":
        return "only who calls in can pay, and this call is outbound"
    if voice.get("payment_enabled") is not True:
        return "the application does not take payments; set capabilities.voice.payment_enabled to true"
    if not leg.equipment.till.is_open:
        return "no payment processor is configured; the operator sets [payments] url"
    return None


@carry_out.register(Charge)
async def _charge(effect: Charge, leg: "LiveLeg") -> None:
    payment = Payment(
        id=effect.charge,
        amount=effect.amount,
        currency=effect.currency,
        card=effect.card,
        application_id=leg.application.id,
        leg_id=leg.record.id,
    )

    async def told(status: Status, trouble: str) -> None:
        # The leg may be over by now, and its conversation gone.
        try:
            await _tell(leg, effect.webhook, {"type": "payment", "status": status})
            if trouble:
                await report(leg.equipment, leg.application, leg.record, f"pay: {trouble}")
        except GatewayError as error:
            log.warning("the outcome of payment %s cannot be told: %s", effect.charge, error)
        leg.tell(Charged(charge=effect.charge))

    try:
        leg.equipment.till.charge(payment, told)
    except Unavailable as error:
        await told("failure", error.detail)


@carry_out.register(Tell)
async def _tell_effect(effect: Tell, leg: "LiveLeg") -> None:
    try:
        await _tell(leg, effect.webhook, effect.payload)
    except GatewayError as error:
        # The leg may be ending: its line has to be hung up all the same.
        log.warning("a webhook of leg %s cannot be told: %s", leg.record.id, error)


async def _tell(leg: "LiveLeg", webhook: Webhook | None, told: Json) -> None:
    switchboard = leg.equipment.switchboard
    payload = leg_event(leg.record, told, switchboard.now())
    delivery = switchboard.delivery(
        leg.application, leg.record.id, webhook or leg.record.event_webhook, payload
    )
    if delivery is None:
        return
    try:
        await switchboard.do(leg.application, leg.record.conversation_id, deliveries=[delivery])
    except NotFound:
        await switchboard.keep([], [delivery])
