"""Whose application takes a call that comes in: a domain's own, or that of the number that was dialled."""

from typing import Literal

from gateway.routing.domains import SipDirectory
from gateway.store.base import Store
from gateway.store.records import ApplicationRecord, NumberRecord


async def application_called(
    store: Store, directory: SipDirectory, called: str, domain: str, account: str = ""
) -> ApplicationRecord | None:
    """The application that `called` reaches; `domain` is empty for calls to the gateway itself.

    A domain for trunks reaches the numbers of its account, and no other's; so does an `account` that logged
    in to the gateway.
    """
    place = directory.named(domain)
    if place is not None and place.domain_type == "app":
        return await _application(store, place.application_id, place.account)
    number = await number_called(store, directory, called, domain, account)
    if number is None or number.app_id is None:
        return None
    return await _application(store, number.app_id, number.account)


async def number_called(
    store: Store, directory: SipDirectory, called: str, domain: str, account: str = ""
) -> NumberRecord | None:
    """The rented number that is called, where a call to `domain` may reach numbers at all."""
    place = directory.named(domain)
    if domain and (place is None or place.domain_type == "app"):
        return None
    number = await store.number(called)
    owner = account if place is None else place.account
    return None if number is None or (owner and number.account != owner) else number


def kind_of(directory: SipDirectory, domain: str) -> Literal["phone", "sip"]:
    """The type of the leg that came in: whoever calls a domain for trunks dials numbers, as trunks do."""
    place = directory.named(domain)
    return "sip" if place is not None and place.domain_type == "app" else "phone"


def party(kind: Literal["phone", "sip"], user: str) -> dict[str, str]:
    """One end of a leg that came in."""
    return {"type": kind, "number" if kind == "phone" else "user": user}


async def _application(store: Store, application_id: str, account: str) -> ApplicationRecord | None:
    application = await store.application(application_id)
    return application if application is not None and application.account == account else None
