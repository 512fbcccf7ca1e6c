"""npm `nexmo-cli` 0.3.17: applications, numbers, links, tokens and the balance at a terminal.

`-c GB` spares it the question which country a number is in, which it asks Number Insight.
"""

import re

import jwt
import pytest
import pytest_asyncio

from tests.support.clients import Ran, Terminal, modules
from tests.support.customer import Customer
from tests.support.gateway import API_KEY, API_SECRET, NUMBERS

CLIENT = "nexmo-cli"
pytestmark = [pytest.mark.contract, pytest.mark.asyncio(loop_scope="module")]
endpoint = pytest.mark.endpoint

URLS = ("https://example.test/answer", "https://example.test/event")
IN_GB = ("-c", "GB")


class Nexmo:
    """The command `nexmo`."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._script = str(modules(CLIENT) / "nexmo-cli" / "lib" / "bin.js")

    async def run(self, *words: str) -> Ran:
        return await self._terminal.run("node", self._script, *words)

    async def __call__(self, *words: str) -> str:
        """What it prints when all is well."""
        ran = await self.run(*words)
        assert ran.status == 0, ran.output
        return ran.output


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def nexmo(terminal: Terminal, customer: Customer) -> Nexmo:
    command = Nexmo(terminal)
    await command("setup", API_KEY, API_SECRET)
    return command


async def application(customer: Customer, name: str) -> str:
    """The id of a new application."""
    body = {"name": name, "capabilities": {"voice": {}}}
    created = await customer.gateway.rest.expect(201, "POST", "/v2/applications", body=body)
    return str(created["id"])


@endpoint("POST /v2/applications")
async def test_an_application_is_created(nexmo: Nexmo, terminal: Terminal, customer: Customer) -> None:
    printed = await nexmo("app:create", "Shop", *URLS, "--keyfile", "shop.key")
    found = re.search("Application created: (.*)", printed)
    assert found, printed
    shown = await customer.of_account(f"/v2/applications/{found[1]}")
    assert shown["capabilities"]["voice"]["webhooks"]["event_url"]["address"] == URLS[1]
    assert (terminal.directory / "shop.key").read_text().startswith("-----BEGIN PRIVATE KEY-----")


@endpoint("GET /v2/applications", "GET /v2/applications/{id}")
async def test_applications_are_listed_and_shown(nexmo: Nexmo, customer: Customer) -> None:
    id_ = await application(customer, "A shop")
    assert f"{id_} | A shop" in await nexmo("app:list")
    assert f"[id]\n{id_}\n\n[name]\nA shop\n" in await nexmo("app:show", id_)


@endpoint("PUT /v2/applications/{id}")
async def test_an_application_is_updated(nexmo: Nexmo, customer: Customer) -> None:
    id_ = await application(customer, "before")
    assert f"Application updated: {id_}" in await nexmo("app:update", id_, "after", *URLS)
    shown = await customer.of_account(f"/v2/applications/{id_}")
    assert shown["name"] == "after"
    assert shown["capabilities"]["voice"]["webhooks"]["answer_url"]["address"] == URLS[0]


@endpoint("DELETE /v2/applications/{id} (bytes after its head)")
async def test_an_application_is_deleted(nexmo: Nexmo, customer: Customer) -> None:
    id_ = await application(customer, "short-lived")
    assert "Application deleted" in await nexmo("app:delete", id_, "--confirm")
    assert (await customer.gateway.rest.request("GET", f"/v2/applications/{id_}")).status == 404


@endpoint("GET /number/search")
async def test_numbers_are_searched(nexmo: Nexmo) -> None:
    printed = await nexmo("number:search", "GB", "--voice", "--pattern", NUMBERS[-1], "--verbose")
    assert f"{NUMBERS[-1]} | GB" in printed
    assert "landline" in printed


@endpoint("GET /number/search (a * in its pattern)")
async def test_numbers_are_searched_by_their_end(nexmo: Nexmo) -> None:
    assert NUMBERS[-1] in await nexmo("number:search", "GB", "--pattern", f"*{NUMBERS[-1][-4:]}")


@endpoint("POST /number/buy", "GET /account/numbers", "POST /number/cancel")
async def test_a_number_is_bought_listed_and_cancelled(nexmo: Nexmo, customer: Customer) -> None:
    number = NUMBERS[-2]
    bought = await nexmo("number:buy", number, *IN_GB, "--confirm")
    assert f"Number purchased: {number}" in bought
    assert number in (await nexmo("number:list")).split()
    assert f"Number cancelled: {number}" in await nexmo("number:cancel", number, *IN_GB, "--confirm")
    assert (await customer.of_account(f"/account/numbers?pattern={number}"))["count"] == 0
    again = await nexmo.run("number:cancel", number, *IN_GB, "--confirm")
    assert (again.status, "method failed" in again.output) == (1, True)


@endpoint("POST /number/update")
async def test_a_number_is_updated_linked_and_unlinked(nexmo: Nexmo, customer: Customer) -> None:
    number = await customer.rent()
    path = f"/account/numbers?pattern={number}"
    id_ = await application(customer, "linked")
    assert "Number updated" in await nexmo("link:app", number, id_, *IN_GB)
    assert (await customer.of_account(path))["numbers"][0]["app_id"] == id_
    await nexmo("number:update", number, *IN_GB, "--mo_http_url", "https://example.test/sms")
    assert (await customer.of_account(path))["numbers"][0]["moHttpUrl"] == "https://example.test/sms"
    assert "Number updated" in await nexmo("unlink:app", number, *IN_GB)
    assert "app_id" not in (await customer.of_account(path))["numbers"][0]


@endpoint("JWT")
async def test_its_token_opens_the_door(nexmo: Nexmo, customer: Customer) -> None:
    claims = (f"application_id={customer.app.id}", "sub=alice", 'acl={"paths":{"/**":{}}}')
    token = (await nexmo("jwt:generate", str(customer.key), *claims)).strip()
    read = jwt.decode(token, options={"verify_signature": False})
    assert (read["application_id"], read["sub"], read["acl"]) == (
        customer.app.id,
        "alice",
        {"paths": {"/**": {}}},
    )
    assert "exp" not in read
    await customer.make("/v1/users", name="alice")
    assert await customer.is_admitted(token)


@endpoint("GET /account/get-balance")
async def test_the_balance_is_read(nexmo: Nexmo) -> None:
    assert "0 EUR" in await nexmo("balance")
