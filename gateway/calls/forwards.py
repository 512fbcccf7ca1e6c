"""Calls to numbers that are forwarded: they run the number's own script, whatever it is linked to.

Every leg and every event belongs to an application. A forwarded number that is linked to one uses that; else
its account has one for this alone, made at the first such call. Its key is nobody's, so that no token opens
it; the account sees it, and may give it an event_url.
"""

import logging
import uuid
from dataclasses import dataclass

import msgspec

from gateway.calls.equipment import Equipment
from gateway.routing.arrivals import number_called
from gateway.routing.forwarding import ForwardEndpoint, ForwardType, read_forwarding
from gateway.store.records import ApplicationRecord, NumberRecord, Webhook

log = logging.getLogger(__name__)

APPLICATION_NAME = "Forwarded numbers"
_NAMESPACE = uuid.UUID("5f1b5ad3-6a0e-4c3f-9d0a-3c7f8f0a9c11")
"""Makes the application's id out of the account's, so that two calls at once make one application."""

FORWARDED: tuple[ForwardType, ...] = ("sip", "tel")


@dataclass(frozen=True, slots=True)
class Forwarding:
    """What is done with a call to a forwarded number."""

    application: ApplicationRecord
    endpoint: ForwardEndpoint
    webhook: Webhook | None
    """Where the events of its legs go, when not to the application's event_url (`voiceStatusCallback`)."""


async def forwarding_of(
    equipment: Equipment, called: str, domain: str, account: str = ""
) -> Forwarding | None:
    """The forwarding of the number that is called; None where it has none."""
    number = await number_called(equipment.store, equipment.domains, called, domain, account)
    if number is None or not number.voice_callback_value:
        return None
    type_ = next((each for each in FORWARDED if each == number.voice_callback_type), None)
    if type_ is None:
        return None
    try:
        endpoint = read_forwarding(type_, number.voice_callback_value)
    except ValueError as error:
        log.warning("number %s is forwarded nowhere: %s", number.msisdn, error)
        return None
    address = number.settings.get("voiceStatusCallback")
    return Forwarding(
        application=await _application(equipment, number),
        endpoint=msgspec.structs.replace(endpoint, number=number.msisdn),
        webhook=Webhook(address=address) if isinstance(address, str) else None,
    )


async def _application(equipment: Equipment, number: NumberRecord) -> ApplicationRecord:
    store = equipment.store
    linked = None if number.app_id is None else await store.application(number.app_id)
    if linked is not None and linked.account == number.account:
        return linked
    own_id = str(uuid.uuid5(_NAMESPACE, number.account))
    own = await store.application(own_id)
    if own is None:
        own = ApplicationRecord(
            id=own_id,
            account=number.account,
            name=APPLICATION_NAME,
            public_key="",
            created=equipment.switchboard.now(),
        )
        await store.save_application(own)
    return own
