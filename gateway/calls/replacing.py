"""Whose calls a call that came in may take the place of (RFC 3891 section 8.1): no other tenant's."""

from gateway.calls.equipment import Equipment
from gateway.legs.line import Arrival
from gateway.store.records import ApplicationRecord


async def may_replace(equipment: Equipment, application: ApplicationRecord, arrival: Arrival) -> bool:
    """Whether the call may take the place of a leg of the application.

    Who would be believed within that leg's call may. Of all others the endpoint lets through only who proved
    a password: a user of a domain or an account reaches what is theirs, one of the operator's what belongs
    to the account whose number it dialled.
    """
    if arrival.is_party:
        return True
    if arrival.domain:
        place = equipment.domains.named(arrival.domain)
        if place is None or place.account != application.account:
            return False
        return place.domain_type == "trunk" or place.application_id == application.id
    if arrival.login in equipment.logins:
        return arrival.login == application.account
    number = await equipment.store.number(arrival.called)
    return number is not None and number.account == application.account
