"""Whose application a call reaches: that of the number's account, and no other account's."""

from typing import cast

import msgspec
import pytest

from gateway.routing.arrivals import application_called
from gateway.routing.domains import SipDirectory
from gateway.store.base import Store
from gateway.store.records import ApplicationRecord, NumberRecord, SipDomainRecord

pytestmark = pytest.mark.unit

NUMBER = "447700900100"


class Shelf:
    """A store with one number and the applications of two accounts."""

    def __init__(self, number: NumberRecord) -> None:
        self._number = number

    async def number(self, msisdn: str) -> NumberRecord | None:
        return self._number if msisdn == self._number.msisdn else None

    async def application(self, application_id: str) -> ApplicationRecord | None:
        account = application_id.removesuffix("-app")
        return ApplicationRecord(id=application_id, account=account, name="a", public_key="", created="")


async def reached(
    *, owner: str = "bakery", app_id: str | None = "bakery-app", domain: str = "", account: str = ""
) -> str:
    """The id of the application that a call of the number reaches, empty for none."""
    directory = SipDirectory()
    for name, kind in (("switch", "trunk"), ("desk", "app")):
        place = SipDomainRecord(name=name, account="bakery", application_id="bakery-app", acl=(), created="")
        directory.put(msgspec.structs.replace(place, domain_type=kind))
    store = Shelf(NumberRecord(msisdn=NUMBER, country="GB", account=owner, app_id=app_id))
    found = await application_called(cast("Store", store), directory, NUMBER, domain, account)
    return "" if found is None else found.id


async def test_a_number_reaches_the_application_of_its_account() -> None:
    assert await reached() == "bakery-app"
    assert await reached(account="bakery") == "bakery-app"
    assert await reached(domain="switch") == "bakery-app"


async def test_a_number_reaches_no_application_of_another_account() -> None:
    """Whatever its record says: a number that changed hands may still name its former application."""
    assert await reached(app_id="thief-app") == ""
    assert await reached(app_id="thief-app", domain="switch") == ""
    assert await reached(app_id=None) == ""


async def test_nobody_dials_the_numbers_of_others() -> None:
    assert await reached(account="thief") == ""
    assert await reached(owner="thief", app_id="thief-app", domain="switch") == ""
    assert await reached(domain="no-domain") == ""


async def test_a_domain_for_applications_dials_no_numbers() -> None:
    assert await reached(owner="thief", app_id="thief-app", domain="desk") == "bakery-app"
