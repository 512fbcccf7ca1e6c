"""Applications, numbers, secrets, reports, redaction: what examples print, and what the API shows then."""

import asyncio
import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.customer import Customer
from tests.support.examples import Example, failure, learnt
from tests.support.gateway import API_KEY, NUMBERS
from tests.support.listener import Listener
from tests.support.tls import Certificate
from tests.support.waiting import LIMIT_S

pytestmark = [pytest.mark.contract, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def call(customer: Customer) -> str:
    """The id of a call that is over."""
    async with Listener.called_by(customer) as listening:
        uuid = listening.uuid
    async with asyncio.timeout(LIMIT_S):
        while (await customer.shown(f"/v1/calls/{uuid}"))["status"] != "completed":  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    return uuid


async def rented(customer: Customer) -> list[str]:
    found = await customer.of_account("/account/numbers?size=100")
    return [number["msisdn"] for number in found.get("numbers", [])]


async def secrets(customer: Customer) -> list[str]:
    listed = await customer.of_account(f"/accounts/{API_KEY}/secrets")
    return [secret["id"] for secret in listed["_embedded"]["secrets"]]


async def applications(customer: Customer) -> list[str]:
    listed = await customer.of_account("/v2/applications?page_size=100")
    return [application["id"] for application in listed["_embedded"]["applications"]]


async def test_applications(settings: dict[str, str], customer: Customer) -> None:
    told = await learnt("applications.py", **settings)
    assert (told["name"], told["updated"]) == ("Shop", "Shop and hotline")
    assert told["capabilities"] == ["voice"]
    assert told["listed"] == [*told["left"], told["created"]]
    assert await applications(customer) == told["left"]


async def test_numbers(settings: dict[str, str], customer: Customer) -> None:
    told = await learnt("phone_numbers.py", **settings)
    number, *_ = told["found"]
    assert str(number) in NUMBERS
    assert told["rented"] == told["linked"] == [number]
    assert (told["bought"], told["cancelled"], told["left"]) == ("success", "success", [])
    assert await rented(customer) == []


async def test_there_may_be_no_number(settings: dict[str, str]) -> None:
    assert "no number to rent in FR" in await failure("phone_numbers.py", "FR", **settings)


async def test_the_account(settings: dict[str, str], customer: Customer) -> None:
    told = await learnt("account.py", **settings)
    assert told["created"] not in told["secrets"]
    assert told["secrets"] == told["secrets after that"] == await secrets(customer)
    assert told["balance"] == 0
    assert told["settings"]["mo-callback-url"] == "https://example.com/message"
    assert told["settings"]["max-calls-per-second"] > 0


async def test_reports(settings: dict[str, str], customer: Customer, call: str, tmp_path: Path) -> None:
    file = tmp_path / "report.zip"
    told = await learnt("reports.py", "WEBSOCKET-CALL", str(file), **settings)
    assert call in told["records"]
    assert told["record"] == "completed"
    assert told["ordered"] in told["reports"]
    assert (told["status"], told["downloaded"]) == ("SUCCESS", str(file))
    assert call in {row["call_id"] for row in table(file)}
    listed = (await customer.of_account(f"/v2/reports?account_id={API_KEY}"))["reports"]
    statuses = {report["request_id"]: report["request_status"] for report in listed}
    assert statuses[told["ordered"]] == "SUCCESS"
    ended = {"ABORTED": "ABORTED", "too late": "SUCCESS"}[told["cancelled"]]
    assert statuses[told["ordered another"]] == ended


def table(file: Path) -> list[dict[str, str]]:
    """The rows of the one table in the archive."""
    with zipfile.ZipFile(file) as archive:
        (name,) = archive.namelist()
        return list(csv.DictReader(io.StringIO(archive.read(name).decode())))


async def test_a_call_is_redacted(settings: dict[str, str], customer: Customer, call: str) -> None:
    told = await learnt("redact.py", call, **settings)
    address = told["before"]["to"]["uri"]
    assert address.startswith("ws://")
    assert address not in json.dumps(told["after"])
    shown: dict[str, Any] = await customer.shown(f"/v1/calls/{call}")
    assert told["after"] == {"from": shown["from"], "to": shown["to"]}


async def test_an_unknown_call_is_not_redacted(settings: dict[str, str]) -> None:
    assert "404" in await failure("redact.py", "unknown", **settings)


async def test_the_python_library(
    settings: dict[str, str], customer: Customer, certificate: Certificate
) -> None:
    settings |= {
        "GATEWAY_URL": f"https://127.0.0.1:{customer.gateway.tls_port}",
        "REQUESTS_CA_BUNDLE": str(certificate.authority),
    }
    told = await learnt("vonage_sdk.py", **settings)
    assert told["user"] in told["users"]
    assert told["updated user"] == "Alice the Second"
    assert await customer.is_gone(f"/v1/users/{told['user']}")
    assert told["updated application"] == "Shop and hotline"
    await assert_tidy(told, customer)


async def test_the_python_library_wants_tls(settings: dict[str, str]) -> None:
    assert "https://" in await failure("vonage_sdk.py", **settings)


async def test_the_javascript_library(settings: dict[str, str], customer: Customer) -> None:
    told = await learnt("node/account.js", **settings)
    assert told["name"] == "Shop and hotline"
    await assert_tidy(told, customer)


async def assert_tidy(told: dict[str, Any], customer: Customer) -> None:
    """A number, an application and a secret have come and gone."""
    assert (told["bought"], told["cancelled"]) == ("success", "success")
    (number,) = told["linked"]
    assert str(number) in NUMBERS
    assert await rented(customer) == []
    assert told["application"] not in await applications(customer)
    assert len(told["secrets"]) == 2
    assert told["secrets after that"] == await secrets(customer)
    assert told["balance"] == 0


@pytest.fixture
def data_directory(settings: dict[str, str], customer: Customer, tmp_path: Path) -> Path:
    """What `make serve` and `cordboard app create` leave behind."""
    account = {"api_key": settings["VONAGE_API_KEY"], "api_secret": settings["VONAGE_API_SECRET"]}
    (tmp_path / "account.json").write_text(json.dumps(account))
    (tmp_path / "server.json").write_text(json.dumps({"http": settings["GATEWAY_URL"]}))
    key = tmp_path / "keys" / f"{customer.app.id}.key"
    key.parent.mkdir()
    key.write_text(customer.app.private_key)
    return tmp_path


async def test_what_is_not_set_is_where_the_gateway_keeps_it(
    settings: dict[str, str], data_directory: Path, customer: Customer
) -> None:
    key = data_directory / "keys" / f"{customer.app.id}.key"
    unset = {**dict.fromkeys(settings, ""), "CORDBOARD_DATA_DIRECTORY": str(data_directory)}
    async with Example.started("api.py", **unset) as example:
        assert await example.status() == 0
    wanted = {**settings, "VONAGE_PRIVATE_KEY": str(key)}
    assert example.printed == [f"{name}={value}" for name, value in wanted.items()]
    key.unlink()
    assert "VONAGE_APPLICATION_ID is not set" in await failure("events.py", **unset)


async def test_who_is_not_let_in_is_told_why(settings: dict[str, str]) -> None:
    settings["VONAGE_API_SECRET"] = "wrong"
    assert "401" in await failure("applications.py", **settings)


async def test_who_is_not_answered_is_told_so(settings: dict[str, str]) -> None:
    settings["GATEWAY_URL"] = "http://127.0.0.1:9"
    assert "does the gateway run?" in await failure("applications.py", **settings)
