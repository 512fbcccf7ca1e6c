"""npm `@vonage/cli` 1.2.4 at a terminal: applications, numbers, tokens, users and conversations of v0.3.

Its `numbers:cancel` buys the number instead, so nothing can be asked of it.
"""

import json
import re
from dataclasses import replace
from pathlib import Path

import jwt
import pytest
import pytest_asyncio

from tests.support.clients import Terminal, modules
from tests.support.customer import Customer
from tests.support.gateway import NUMBERS

CLIENT = "vonage-cli"
pytestmark = [pytest.mark.contract, pytest.mark.asyncio(loop_scope="module")]
endpoint = pytest.mark.endpoint

ANSWER, EVENT = "https://example.test/answer", "https://example.test/event"


class Vonage:
    """The command `vonage`. Some of its subcommands fail after they have done and printed all."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._script = str(modules(CLIENT) / "@vonage" / "cli" / "bin" / "run.cjs")

    async def __call__(self, *words: str, status: int = 0) -> str:
        """What it prints."""
        ran = await self._terminal.run("node", self._script, *words)
        assert ran.status == status, ran.output
        return ran.output


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def vonage(terminal: Terminal, customer: Customer) -> Vonage:
    app = {"application_id": customer.app.id, "private_key": customer.app.private_key}
    (terminal.directory / "vonage_app.json").write_text(json.dumps(app))
    return Vonage(terminal)


async def application(customer: Customer, name: str) -> str:
    """The id of a new application."""
    hook = {"address": EVENT, "http_method": "POST"}
    body = {"name": name, "capabilities": {"voice": {"webhooks": {"event_url": hook}}}}
    created = await customer.gateway.rest.expect(201, "POST", "/v2/applications", body=body)
    return str(created["id"])


@endpoint("POST /v2/applications")
async def test_an_application_is_created(terminal: Terminal, customer: Customer, tmp_path: Path) -> None:
    vonage = Vonage(replace(terminal, directory=tmp_path))
    urls = (f"--voice_answer_url={ANSWER}", f"--voice_event_url={EVENT}")
    found = re.search("Application ID: (.*)", await vonage("apps:create", "Shop", *urls))
    assert found
    shown = await customer.of_account(f"/v2/applications/{found[1]}")
    assert shown["capabilities"]["voice"]["webhooks"]["answer_url"]["address"] == ANSWER
    written = json.loads((tmp_path / "vonage_app.json").read_text())
    assert (written["application_id"], written["application_name"]) == (found[1], "Shop")
    assert written["private_key"].startswith("-----BEGIN PRIVATE KEY-----")


@endpoint("GET /v2/applications", "GET /v2/applications/{id}")
async def test_applications_are_listed_and_shown(vonage: Vonage, customer: Customer) -> None:
    id_ = await application(customer, "Corner shop")
    assert re.search(rf"Corner shop +{id_} +voice", await vonage("apps"))
    printed = await vonage("apps:show", id_)
    assert "Application Name: Corner shop" in printed
    assert f"Address: {EVENT}" in printed


@endpoint("PUT /v2/applications/{id}")
async def test_an_application_is_updated(vonage: Vonage, customer: Customer) -> None:
    id_ = await application(customer, "updated")
    assert "done" in await vonage("apps:update", id_, f"--voice_answer_url={ANSWER}")
    hooks = (await customer.of_account(f"/v2/applications/{id_}"))["capabilities"]["voice"]["webhooks"]
    assert {name: hook["address"] for name, hook in hooks.items()} == {
        "answer_url": ANSWER,
        "event_url": EVENT,
    }


@endpoint("DELETE /v2/applications/{id} (bytes after its head)")
async def test_an_application_is_deleted(vonage: Vonage, customer: Customer) -> None:
    id_ = await application(customer, "short-lived")
    assert f"Application {id_} deleted." in await vonage("apps:delete", id_)
    assert (await customer.gateway.rest.request("GET", f"/v2/applications/{id_}")).status == 404


@endpoint("GET /number/search", "POST /number/buy", "GET /account/numbers")
async def test_a_number_is_found_bought_and_listed(vonage: Vonage) -> None:
    number = NUMBERS[-1]
    found = await vonage("numbers:search", "GB", f"--endsWith={number[-4:]}", "--features=VOICE")
    assert re.search(rf"GB +{number} +landline", found)
    assert f"Number {number} has been purchased." in await vonage("numbers:buy", number, "GB")
    assert re.search(rf"GB +{number} +landline +VOICE", await vonage("numbers"))


@endpoint("POST /number/update")
async def test_a_number_is_updated_linked_and_unlinked(vonage: Vonage, customer: Customer) -> None:
    number = await customer.rent()
    path = f"/account/numbers?pattern={number}"
    id_ = await application(customer, "linked")
    await vonage("apps:link", id_, f"--number={number}")
    assert (await customer.of_account(path))["numbers"][0]["app_id"] == id_
    await vonage("numbers:update", number, "GB", "--url=https://example.test/sms")
    assert (await customer.of_account(path))["numbers"][0]["moHttpUrl"] == "https://example.test/sms"
    assert "has been unassigned" in await vonage("apps:unlink", f"--number={number}")
    assert "app_id" not in (await customer.of_account(path))["numbers"][0]


@endpoint("GET /account/get-balance")
async def test_the_balance_is_read(vonage: Vonage) -> None:
    assert "Current balance: 0.00" in await vonage("balance")


@endpoint("JWT")
async def test_its_token_opens_the_door(vonage: Vonage, customer: Customer) -> None:
    await customer.make("/v1/users", name="holder")
    words = (f"--app_id={customer.app.id}", f"--key_file={customer.key}", "--subject=holder")
    token = (await vonage("jwt", *words, '--acl={"paths":{"/**":{}}}')).strip()
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["sub"], claims["acl"]) == ("holder", {"paths": {"/**": {}}})
    assert await customer.is_admitted(token)


@endpoint("POST /v0.3/users")
async def test_a_user_is_created(vonage: Vonage, customer: Customer) -> None:
    printed = await vonage("apps:users:create", "alice", "--display_name=Alice")
    found = re.search("User ID: (.*)", printed)
    assert found
    assert "Name: alice (Alice)" in printed
    assert (await customer.shown(f"/v1/users/{found[1]}"))["display_name"] == "Alice"


@endpoint("GET /v0.3/users", "GET /v0.3/users/{id}")
async def test_users_are_listed_and_shown(vonage: Vonage, customer: Customer) -> None:
    user = await customer.make("/v1/users", name="bella", display_name="Bella")
    assert re.search(rf"{user} +bella", await vonage("apps:users"))
    assert "Name: bella (Bella)" in await vonage("apps:users:show", user)


@endpoint("PATCH /v0.3/users/{id}")
async def test_a_user_is_updated(vonage: Vonage, customer: Customer) -> None:
    user = await customer.make("/v1/users", name="carol")
    assert "Name: carol (Carol)" in await vonage("apps:users:update", user, "--display_name=Carol")
    assert (await customer.shown(f"/v1/users/{user}"))["display_name"] == "Carol"


@endpoint("DELETE /v0.3/users/{id}")
async def test_a_user_is_deleted(vonage: Vonage, customer: Customer) -> None:
    user = await customer.make("/v1/users")
    assert f"User {user} deleted." in await vonage("apps:users:delete", user)
    assert await customer.is_gone(f"/v1/users/{user}")


@endpoint("GET /v0.3/users/{id}/conversations (a slash at its path's end)")
async def test_the_conversations_of_a_user_are_listed(vonage: Vonage, customer: Customer) -> None:
    user = await customer.make("/v1/users")
    conversation, _ = await customer.room(user)
    (other,) = await customer.room()
    printed = await vonage("apps:users:conversations", user)
    assert (conversation in printed, other in printed) == (True, False)


@endpoint("POST /v0.3/conversations (always with properties)")
async def test_a_conversation_is_created(vonage: Vonage, customer: Customer) -> None:
    printed = await vonage("apps:conversations:create", "lounge", "--display_name=Lounge")
    found = re.search("Conversation ID: (.*)", printed)
    assert found
    assert "State: ACTIVE" in printed
    assert (await customer.shown(f"/v1/conversations/{found[1]}"))["display_name"] == "Lounge"


@endpoint("GET /v0.3/conversations")
async def test_conversations_are_listed(vonage: Vonage, customer: Customer) -> None:
    conversation = await customer.make("/v1/conversations", name="hall")
    assert re.search(rf"{conversation} +hall", await vonage("apps:conversations"))


@endpoint("GET /v0.3/conversations/{id}")
async def test_a_conversation_is_shown(vonage: Vonage, customer: Customer) -> None:
    conversation = await customer.make("/v1/conversations", name="attic", properties={"ttl": 60})
    printed = await vonage("apps:conversations:show", conversation)
    assert "Conversation Display Name: attic" in printed
    assert "Time to Live: 60" in printed


@endpoint("PUT /v0.3/conversations/{id}")
async def test_a_conversation_is_updated(vonage: Vonage, customer: Customer) -> None:
    conversation = await customer.make("/v1/conversations", properties={"ttl": 60})
    printed = await vonage(
        "apps:conversations:update", conversation, "--display_name=Cellar", "--name=cellar"
    )
    assert "Conversation Display Name: cellar (Cellar)" in printed
    assert (await customer.shown(f"/v1/conversations/{conversation}"))["display_name"] == "Cellar"


@endpoint("DELETE /v0.3/conversations/{id}")
async def test_a_conversation_is_deleted(vonage: Vonage, customer: Customer) -> None:
    (conversation,) = await customer.room()
    assert "successfully deleted" in await vonage("apps:conversations:delete", conversation)
    assert await customer.is_gone(f"/v1/conversations/{conversation}")


@endpoint("POST /v0.3/conversations/{id}/members")
async def test_a_user_is_added_to_a_conversation(vonage: Vonage, customer: Customer) -> None:
    user = await customer.make("/v1/users")
    (conversation,) = await customer.room()
    printed = await vonage("apps:conversations:members:add", conversation, user)
    found = re.search("Member ID: (.*)", printed)
    assert found
    assert "State: JOINED" in printed
    shown = await customer.shown(f"/v1/conversations/{conversation}/members/{found[1]}")
    assert shown["_embedded"]["user"]["id"] == user


@endpoint("GET /v0.3/conversations/{id}/members", "GET /v0.3/conversations/{id}/members/{id}")
async def test_members_are_listed_and_shown(vonage: Vonage, customer: Customer) -> None:
    conversation, member = await customer.room(await customer.make("/v1/users", name="dora"))
    listed = await vonage("apps:conversations:members", conversation, status=1)
    assert re.search(rf"{member} +JOINED", listed)
    printed = await vonage("apps:conversations:members:show", conversation, member)
    assert "User Name: dora" in printed


@endpoint("PATCH /v0.3/conversations/{id}/members/{id}")
async def test_a_member_is_removed(vonage: Vonage, customer: Customer) -> None:
    conversation, member = await customer.room(await customer.make("/v1/users"))
    printed = await vonage("apps:conversations:members:remove", conversation, member)
    assert f"Member {member} removed" in printed
    assert (await customer.shown(f"/v1/conversations/{conversation}/members/{member}"))["state"] == "LEFT"
