"""Addresses, and the numbers that stand for emergencies with them."""

from typing import Any

import pytest

from gateway.api import addresses
from gateway.store.records import NumberRecord
from tests.support.api import API_KEY, OTHER_KEY, OTHER_SECRET, Api

pytestmark = pytest.mark.contract

FIELDS = {
    "address_name": "The shop",
    "address_line1": "1 High Street",
    "address_line2": "Back door",
    "city": "London",
    "region": "Greater London",
    "type": "emergency",
    "address_location_type": "business",
    "postal_code": "N1 1AA",
    "country": "GB",
}
NUMBER = "447700900000"
EMERGENCY = f"/v1/emergency/numbers/{NUMBER}"
STRANGER = {"key": OTHER_KEY, "secret": OTHER_SECRET}


async def _expect(api: Api, status: int, method: str, path: str, body: object = None, **who: str) -> Any:  # noqa: ANN401
    answer = await api.basic(method, path, body, **who)
    assert answer[0] == status, answer
    return answer[1]


async def _create(api: Api, **fields: object) -> dict[str, Any]:
    created: dict[str, Any] = await _expect(api, 200, "POST", "/v1/addresses", fields)
    return created


async def _rent(api: Api, account: str = API_KEY) -> None:
    await api.store.rent_number(NumberRecord(msisdn=NUMBER, country="GB", account=account))


@pytest.mark.endpoint("POST /v1/addresses", "GET /v1/addresses/{id}", "DELETE /v1/addresses/{id}")
async def test_an_address_is_kept_as_it_is(api: Api) -> None:
    created = await _create(api, **FIELDS)
    place = f"/v1/addresses/{created['id']}"
    assert created == {"id": created["id"], **FIELDS}
    assert await _expect(api, 200, "GET", place) == created
    await _expect(api, 404, "GET", place, **STRANGER)
    await _expect(api, 404, "DELETE", place, **STRANGER)
    await _expect(api, 204, "DELETE", place)
    await _expect(api, 404, "GET", place)
    await _expect(api, 404, "DELETE", place)


async def test_an_address_may_be_empty(api: Api) -> None:
    created = await _create(api)
    assert created == {"id": created["id"], **dict.fromkeys(FIELDS), "type": "emergency"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("country", "England"),
        ("type", "home"),
        ("address_location_type", "boat"),
        ("city", ""),
        ("postal_code", "1" * 21),
    ],
)
async def test_a_wrong_address_is_named(api: Api, field: str, value: str) -> None:
    body = await _expect(api, 400, "POST", "/v1/addresses", {**FIELDS, field: value})
    assert [each["name"] for each in body["invalid_parameters"]] == [field]


@pytest.mark.endpoint("GET /v1/addresses")
async def test_addresses_are_listed_by_page(api: Api) -> None:
    names = [f"Shop {number}" for number in range(5)]
    for name in names:
        await _create(api, address_name=name)
    body = await _expect(api, 200, "GET", "/v1/addresses?page=2&page_size=2")
    assert [each["address_name"] for each in body["_embedded"]["addresses"]] == names[2:4]
    assert (body["page"], body["page_size"], body["total_pages"], body["total_items"]) == (2, 2, 3, 5)
    assert (await _expect(api, 200, "GET", "/v1/addresses"))["page_size"] == 100
    await _expect(api, 200, "GET", "/v1/addresses?page_size=1000")
    await _expect(api, 400, "GET", "/v1/addresses?page_size=1001")
    assert (await _expect(api, 200, "GET", "/v1/addresses", **STRANGER))["total_items"] == 0


async def test_an_account_has_so_many_and_no_more(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "MAX_ADDRESSES", 1)
    await _create(api)
    await _expect(api, 400, "POST", "/v1/addresses", {})


@pytest.mark.endpoint("GET /v1/emergency/numbers/{id}", "PATCH /v1/emergency/numbers/{id}")
async def test_a_number_stands_for_emergencies_with_an_address(api: Api) -> None:
    await _rent(api)
    address = await _create(api, **FIELDS)
    await _expect(api, 404, "GET", EMERGENCY)
    wanted = {"address": {"id": address["id"]}, "contact_name": "John Smith"}
    assigned = await _expect(api, 200, "PATCH", EMERGENCY, wanted)
    assert assigned == {"number": NUMBER, "contact_name": "John Smith", "address": address}
    assert await _expect(api, 200, "GET", EMERGENCY) == assigned
    another = await _create(api, city="Leeds")
    changed = await _expect(api, 200, "PATCH", EMERGENCY, {"address": {"id": another["id"]}})
    assert changed == {"number": NUMBER, "contact_name": "John Smith", "address": another}
    await _expect(api, 204, "DELETE", f"/v1/addresses/{address['id']}")
    await _expect(api, 409, "DELETE", f"/v1/addresses/{another['id']}")


async def test_what_cannot_be_assigned_is_named(api: Api) -> None:
    await _rent(api)
    body = await _expect(api, 400, "PATCH", EMERGENCY, {"contact_name": "John Smith"})
    assert [each["name"] for each in body["invalid_parameters"]] == ["address"]
    for known in ("nobody's", (await _expect(api, 200, "POST", "/v1/addresses", {}, **STRANGER))["id"]):
        body = await _expect(api, 400, "PATCH", EMERGENCY, {"address": {"id": known}})
        assert [each["name"] for each in body["invalid_parameters"]] == ["address.id"]


async def test_nobody_assigns_the_number_of_another_account(api: Api) -> None:
    await _rent(api, OTHER_KEY)
    address = await _create(api, **FIELDS)
    for method, body in (("GET", None), ("PATCH", {"address": {"id": address["id"]}})):
        await _expect(api, 404, method, EMERGENCY, body)
        await _expect(api, 404, method, "/v1/emergency/numbers/447700900009", body)


async def test_the_doors_take_an_accounts_credentials_alone(api: Api) -> None:
    await api.expect(401, "GET", "/v1/addresses")
    await api.expect(401, "GET", EMERGENCY)
