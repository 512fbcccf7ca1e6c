"""Which number the called side sees."""

import secrets

from gateway.errors import Invalid
from gateway.store.base import Store
from gateway.store.queries import NumberFilter, Window
from gateway.store.records import ApplicationRecord


async def shown_number(store: Store, application: ApplicationRecord, number: str | None) -> str:
    """The number that is wanted, when the account rents it, otherwise none (NCCO reference)."""
    if number is None:
        return ""
    rented = await store.number(number)
    return number if rented is not None and rented.account == application.account else ""


async def random_number(store: Store, application: ApplicationRecord) -> str:
    """One of the application's numbers, each as likely (POST /calls). Raises Invalid without any."""
    linked = NumberFilter(app_id=application.id)
    total = (await store.numbers(application.account, Window(limit=0), linked)).total
    if total == 0:
        raise Invalid("The application has no number.", random_from_number="needs a number to call from")
    one = Window(limit=1, offset=secrets.randbelow(total))
    page = await store.numbers(application.account, one, linked)
    # A number that was cancelled in between leaves the last place empty; nobody is called from it any more.
    return page.rows[0].msisdn if page.rows else ""
