"""Where NCCOs come from: answer URLs, and the replies to webhooks (Voice API, webhook reference).

A reply with `ncco_trouble` makes the outbox turn to the fallback. What is wrong with an NCCO is told to the
application by an error webhook as well.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from gateway.errors import Invalid
from gateway.ncco.schema import Ncco, read_ncco
from gateway.store.records import ApplicationRecord, Json, LegRecord, Webhook
from gateway.webhooks.delivery import RequestType
from gateway.webhooks.exchange import Reply, has_no_ncco, parse_json, reply_trouble
from gateway.webhooks.payloads import answer_request, error_event, limited

if TYPE_CHECKING:
    from gateway.calls.equipment import Equipment

SYNTAX_ERROR = "Syntax error in NCCO. Invalid value type or action."
"""What applications know this error by."""
NO_NCCO = "No NCCO in the response."
"""Of an answer URL that has nothing to say."""
MAX_DETAIL = 500
"""Characters of what is wrong: it may quote the NCCO, and a fallback asked by GET has it in its URL."""


class NoScript(Exception):
    """There is no NCCO to run; the text says why."""


async def fetch_ncco(
    equipment: "Equipment", application: ApplicationRecord, leg: LegRecord, webhook: Webhook, headers: Json
) -> Ncco:
    """Ask the answer URL, and its fallback after it. Raises NoScript when neither gives an NCCO."""
    payload = answer_request(leg, equipment.public_url, headers)
    delivery = equipment.switchboard.delivery(application, leg.id, webhook, payload, wants_reply=True)
    if delivery is None:
        raise NoScript("the application has no answer_url")
    webhook = limited(webhook, application, "answer_url")
    answer = await equipment.outbox.ask(msgspec.structs.replace(delivery, webhook=webhook))
    if answer.reply is None:
        asked = [url.address for url in (webhook, delivery.fallback) if url is not None]
        *earlier, last = (
            f"{reason} (no NCCO from {url})" for url, reason in zip(asked, answer.failures, strict=True)
        )
        for reason in earlier:
            await report(equipment, application, leg, reason)
        raise NoScript(last)
    await report_syntax_errors(equipment, application, leg, answer.failures)
    return reply_ncco(answer.reply) or ()


def ncco_trouble(reply: Reply, request_type: RequestType) -> str | None:
    """Why a webhook's reply does not count, fit for the customer's eyes; None when it does.

    An event is confirmed by whatever is plainly no NCCO; a call that has nothing to do yet needs one.
    """
    if request_type == "event" and has_no_ncco(reply):
        return None
    trouble = reply_trouble(reply)
    if trouble is not None:
        return trouble
    value = parse_json(reply.body) if reply.body else {}
    if value == {}:
        return NO_NCCO
    try:
        read_ncco(value)
    except Invalid as error:
        return f"{SYNTAX_ERROR} {error.detail[:MAX_DETAIL]}"
    return None


def reply_ncco(reply: Reply) -> Ncco | None:
    """The NCCO in a reply without `ncco_trouble`; None where there is plainly none."""
    return None if has_no_ncco(reply) else read_ncco(parse_json(reply.body))


async def report_syntax_errors(
    equipment: "Equipment", application: ApplicationRecord, leg: LegRecord, failures: Iterable[str]
) -> None:
    """Tell the application of every wrong NCCO among the reasons why its URLs were given up."""
    for reason in failures:
        if reason.startswith(SYNTAX_ERROR):
            await report(equipment, application, leg, reason)


async def report(equipment: "Equipment", application: ApplicationRecord, leg: LegRecord, reason: str) -> None:
    """Tell the application, by an error webhook, what it did wrong."""
    switchboard = equipment.switchboard
    payload = error_event(reason, leg.conversation_id, switchboard.now())
    delivery = switchboard.delivery(application, leg.id, leg.event_webhook, payload)
    if delivery is not None:
        await switchboard.do(application, leg.conversation_id, deliveries=[delivery])
