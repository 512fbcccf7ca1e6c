"""Where NCCOs come from: answer URLs, and the replies to webhooks (Voice API, webhook reference)."""

import msgspec

from gateway.calls.equipment import Equipment
from gateway.errors import Invalid
from gateway.ncco.schema import Ncco, read_ncco
from gateway.store.records import ApplicationRecord, Delivery, Json, LegRecord, Webhook
from gateway.webhooks.failures import BadContent
from gateway.webhooks.payload import Reply, parse_json
from gateway.webhooks.payloads import answer_request, error_event, voice_webhook

SYNTAX_ERROR = "Syntax error in NCCO. Invalid value type or action."
"""What applications know this error by."""


class NoScript(Exception):
    """There is no NCCO to run; the text says why."""


async def fetch_ncco(
    equipment: Equipment, application: ApplicationRecord, leg: LegRecord, webhook: Webhook, headers: Json
) -> Ncco:
    """Ask the answer URL, then the application's fallback. Raises NoScript when neither gives an NCCO."""
    payload = answer_request(leg, equipment.public_url, headers)
    delivery = equipment.switchboard.delivery(application, leg.id, webhook, payload, wants_reply=True)
    if delivery is None:
        raise NoScript("the application has no answer_url")
    reply = await equipment.outbox.ask(delivery)
    if reply is None:
        raise NoScript(f"{webhook.address} and its fallback gave no answer")
    try:
        ncco = reply_ncco(reply)
    except Invalid as error:
        await report(equipment, application, leg, f"{SYNTAX_ERROR} {error.detail}")
        return await _fall_back(equipment, application, leg, delivery)
    if ncco is None:
        raise NoScript(f"{webhook.address} answered without an NCCO")
    return ncco


async def _fall_back(
    equipment: Equipment, application: ApplicationRecord, leg: LegRecord, failed: Delivery
) -> Ncco:
    fallback = voice_webhook(application, "fallback_answer_url")
    if fallback is None:
        raise NoScript("the NCCO is wrong and there is no fallback_answer_url")
    original = {"url": failed.webhook.address, "type": "answer"}
    payload = {**failed.payload, "reason": SYNTAX_ERROR, "original_request": original}
    second = equipment.switchboard.delivery(application, leg.id, fallback, payload, wants_reply=True)
    reply = None
    if second is not None:
        reply = await equipment.outbox.ask(msgspec.structs.replace(second, fallback=None))
    try:
        ncco = reply_ncco(reply) if reply is not None else None
    except Invalid as error:
        await report(equipment, application, leg, f"{SYNTAX_ERROR} {error.detail}")
        raise NoScript("the fallback's NCCO is wrong too") from None
    if ncco is None:
        raise NoScript("the fallback gave no NCCO")
    return ncco


def reply_ncco(reply: Reply) -> Ncco | None:
    """The NCCO in a webhook's reply, None when it has none. Raises Invalid for a wrong one."""
    if not reply.body.strip():
        return None
    try:
        value = parse_json(reply.body)
    except BadContent as error:
        raise Invalid(f"the reply is not JSON: {error}", ncco=str(error)) from None
    if isinstance(value, dict) and not value:
        return None
    return read_ncco(value)


async def report(equipment: Equipment, application: ApplicationRecord, leg: LegRecord, reason: str) -> None:
    """Tell the application, by an error webhook, what it did wrong."""
    switchboard = equipment.switchboard
    payload = error_event(reason, leg.conversation_id, switchboard.now())
    delivery = switchboard.delivery(application, leg.id, leg.event_webhook, payload)
    if delivery is not None:
        await switchboard.do(application, leg.conversation_id, deliveries=[delivery])
