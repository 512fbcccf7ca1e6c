"""What accounts own in the store: numbers, applications, files; asked of SQLite."""

from typing import Any

import msgspec
import pytest

from gateway.errors import Conflict
from gateway.store.base import Store
from gateway.store.queries import NumberFilter, PoolFilter, Window
from gateway.store.records import AccountRecord, Batch, PoolNumber
from gateway.store.sqlite import departed
from tests.support import records

pytestmark = pytest.mark.contract


async def test_a_number_is_rented_once_and_loses_its_application(store: Store) -> None:
    await store.save_application(records.application())
    await store.rent_number(records.number("447700900001"))
    with pytest.raises(Conflict):
        await store.rent_number(records.number("447700900001", "acc-2"))
    await store.save_number(records.number("447700900001", app_id=records.APPLICATION))
    linked = await store.number("447700900001")
    assert linked is not None
    assert linked.app_id == records.APPLICATION
    await store.delete_application(records.APPLICATION)
    assert await store.application(records.APPLICATION) is None
    assert await store.number("447700900001") == records.number("447700900001")
    assert await _rented(store, "acc-2") == []
    await store.cancel_number("acc-2", "447700900001")
    assert await _rented(store, "acc-1") == ["447700900001"]
    await store.cancel_number("acc-1", "447700900001")
    assert await _rented(store, "acc-1") == []


async def test_saving_a_number_that_is_not_rented_does_not_rent_it(store: Store) -> None:
    await store.save_number(records.number("447700900001"))
    assert await store.number("447700900001") is None
    await store.rent_number(records.number("447700900001", "acc-2"))
    await store.save_number(records.number("447700900001", app_id="app-1"))
    assert await store.number("447700900001") == records.number("447700900001", "acc-2")


async def _rented(store: Store, account: str, **filters: Any) -> list[str]:  # noqa: ANN401
    return [row.msisdn for row in (await store.numbers(account, Window(), NumberFilter(**filters))).rows]


async def _free(store: Store, **filters: Any) -> list[str]:  # noqa: ANN401
    page = await store.free_numbers(Window(), PoolFilter(**{"country": "GB", **filters}))
    assert page.total == len(page.rows)
    return [row.msisdn for row in page.rows]


async def test_the_pool_offers_what_nobody_rents(store: Store) -> None:
    imported = [PoolNumber(msisdn=f"4477009000{n}", country="GB", features=("SMS",)) for n in (12, 11)]
    await store.save_pool_numbers([*imported, PoolNumber(msisdn="12025550100", country="US")])
    assert await _free(store) == ["447700900012", "447700900011"]
    await store.rent_number(records.number("447700900012"))
    assert await _free(store) == ["447700900011"]
    assert [row.msisdn for row in await store.pool_numbers(["447700900012", "1"])] == ["447700900012"]
    assert await _free(store, features=("SMS", "MMS")) == []
    assert await _free(store, country="US", features=("VOICE",), type="landline") == ["12025550100"]
    assert await _free(store, country="US", type="mobile-lvn") == []


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("", ["447700900012", "447700900120"]),
        ("*", ["447700900012", "447700900120"]),
        ("4477009000*", ["447700900012"]),
        ("*12", ["447700900012"]),
        ("*012*", ["447700900012", "447700900120"]),
        ("*9*12", ["447700900012"]),
        ("44*20", ["447700900120"]),
        ("447700900120", ["447700900120"]),
        ("4477", []),
    ],
)
async def test_patterns_of_numbers(store: Store, pattern: str, found: list[str]) -> None:
    both = ["447700900012", "447700900120"]
    await store.save_pool_numbers([PoolNumber(msisdn=msisdn, country="GB") for msisdn in both])
    assert await _free(store, pattern=pattern) == found
    for msisdn in both:
        await store.rent_number(records.number(msisdn))
    assert await _rented(store, "acc-1", pattern=pattern) == found


async def test_the_configuration_replaces_its_own_part_of_the_pool(store: Store) -> None:
    def configured(*msisdns: str) -> list[PoolNumber]:
        return [PoolNumber(msisdn=msisdn, country="GB", origin="configuration") for msisdn in msisdns]

    await store.save_pool_numbers([PoolNumber(msisdn="447700900001", country="GB")])
    await store.configure_pool(configured("447700900002", "447700900003"))
    await store.configure_pool(configured("447700900003", "447700900004"))
    assert await _free(store) == ["447700900001", "447700900003", "447700900004"]


async def test_an_account_that_owns_something_is_not_deleted(store: Store) -> None:
    account = AccountRecord(api_key="acc-1", name="Shop", secrets=(), created=records.CREATED)
    await store.create_account(account)
    with pytest.raises(Conflict):
        await store.create_account(account)
    await store.rent_number(records.number("447700900001"))
    with pytest.raises(Conflict):
        await store.delete_account("acc-1")
    await store.cancel_number("acc-1", "447700900001")
    await store.save_application(records.application())
    with pytest.raises(Conflict):
        await store.delete_account("acc-1")
    assert (await store.accounts(Window())).rows == [account]
    await store.delete_application(records.APPLICATION)
    with pytest.raises(Conflict, match=r"still has deleted applications whose calls are still kept \(1\)\.$"):
        await store.delete_account("acc-1")
    await store.forget_application(records.APPLICATION, 10)
    await store.delete_account("acc-1")
    await store.save_account(account)
    assert await store.account("acc-1") is None


async def test_what_the_next_account_of_a_key_would_find_keeps_the_account(store: Store) -> None:
    await store.create_account(
        AccountRecord(api_key="acc-1", name="Shop", secrets=(), created=records.CREATED)
    )
    medium = records.medium("med-1", "acc-1")
    ordered = records.report("rep-1", "acc-1")
    await store.commit(Batch(media=[medium, records.medium("med-2", "acc-1")], reports=[ordered]))
    with pytest.raises(Conflict, match=r"still has files \(2\), reports that are being made \(1\)\.$"):
        await store.delete_account("acc-1")
    assert await store.report("acc-1", "rep-1") == ordered
    await store.save_report(msgspec.structs.replace(ordered, status="SUCCESS"))
    await store.delete_media("med-1")
    with pytest.raises(Conflict):
        await store.delete_account("acc-1")
    await store.delete_media("med-2")
    await store.delete_account("acc-1")
    assert await store.reports("acc-1") == []


async def test_a_deleted_application_is_hidden_until_it_is_forgotten(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(departed, "ROOMS_OF_A_BITE", 1)
    gone, other = records.application(), records.application("app-2")
    for application in (gone, other):
        await store.save_application(application)
    owed = records.delivery("del-1")
    batch = Batch(
        conversations=[records.conversation("CON-1"), records.conversation("CON-2", application_id="app-2")],
        events=[records.event("CON-1", 1), records.event("CON-2", 1)],
        members=[records.member("MEM-1", "CON-1")],
        users=[records.user("USR-1")],
        legs=[msgspec.structs.replace(records.leg("leg-1", "completed"), end_time=records.CREATED)],
        deliveries=[owed],
    )
    await store.commit(batch)
    await store.delete_application(gone.id)
    await store.save_application(gone)  # by who had read it before
    assert await store.application(gone.id) is None
    assert (await store.applications("acc-1", Window())).rows == [other]
    assert (await store.applications("acc-1", Window(), deleted=True)).rows == [gone, other]
    assert (await store.deleted_applications(Window())).rows == [gone]
    assert await store.any_application(gone.id) == gone
    assert await store.account_leg("acc-1", "leg-1") == batch.legs[0]

    async def forget() -> int:
        bites = 1
        while await store.forget_application(gone.id, 1):
            bites += 1
        return bites

    assert await forget() == 1, "its leg is kept"
    await store.forget_legs(gone.id, "9999", 1)
    assert await forget() == 1, "a webhook is owed"
    await store.commit(Batch(deliveries=[msgspec.structs.replace(owed, state="dead")]))
    assert await forget() == 4
    assert await store.any_application(gone.id) is None
    assert (await store.log("CON-1"), await store.member("CON-1", "MEM-1")) == ([], None)
    assert await store.user(gone.id, "USR-1") is None
    assert await store.deliveries_with(gone.id, ["del-1"]) == []
    assert await store.log("CON-2") == [batch.events[1]]
    await store.forget_application(other.id, 1)
    assert await store.application(other.id) == other


async def test_applications_of_an_account(store: Store) -> None:
    await store.save_application(records.application("app-1"))
    await store.save_application(records.application("app-2", "acc-2"))
    page = await store.applications("acc-1", Window())
    assert [row.id for row in page.rows] == ["app-1"]
