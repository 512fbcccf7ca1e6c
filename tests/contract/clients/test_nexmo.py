"""npm `nexmo` 2.9.1: conversations and users of beta and beta2, calls, applications, numbers, account, files.

Its resources of the Conversation API cannot follow links: their `next` and `prev` call a function that the
package lacks.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.support.clients import ClientError, Library
from tests.support.customer import Customer
from tests.support.gateway import API_KEY, NUMBERS
from tests.support.listener import Listener

CLIENT = "nexmo"
pytestmark = [pytest.mark.contract, pytest.mark.asyncio(loop_scope="module")]
endpoint = pytest.mark.endpoint

NOBODY = {"type": "sip", "uri": "sip:nobody@127.0.0.1:9"}
"""Never answers: a call to it stays started until somebody hangs up."""
TALK = {"action": "talk", "text": "hello"}
APP_CHANNEL = {"type": "app"}
SUCCESS = {"error-code": "200", "error-code-label": "success"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sdk(customer: Customer) -> AsyncIterator[Library]:
    async with Library(CLIENT, *customer.setup) as library:
        yield library


async def refusal(sdk: Library, method: str, *arguments: object) -> tuple[int | None, Any]:
    """Status and body of the answer that the library gave as an error."""
    with pytest.raises(ClientError) as caught:
        await sdk.call(method, *arguments)
    return caught.value.status, caught.value.body


@endpoint("POST /beta/conversations", "GET /beta/conversations/{id}")
async def test_a_conversation_is_created_and_read(sdk: Library, customer: Customer) -> None:
    created = await sdk.call("conversations.create", {"name": "lounge", "display_name": "The lounge"})
    assert created["href"].endswith(f"/beta/conversations/{created['id']}")
    read = await sdk.call("conversations.get", created["id"])
    assert (read["uuid"], read["name"], read["display_name"]) == (created["id"], "lounge", "The lounge")
    assert (read["members"], read["sequence_number"]) == ([], "0")
    assert (await customer.shown(f"/v1/conversations/{created['id']}"))["name"] == "lounge"


@endpoint("GET /beta/conversations/{id}")
async def test_an_unknown_conversation_is_not_found(sdk: Library) -> None:
    status, body = await refusal(sdk, "conversations.get", "CON-unknown")
    assert (status, body["code"]) == (404, "conversation:error:not-found")
    assert body["description"]


@endpoint("GET /beta2/conversations")
async def test_conversations_are_listed(sdk: Library, customer: Customer) -> None:
    made = [await customer.make("/v1/conversations") for _ in range(3)]
    page = await sdk.call("conversations.get", {"page_size": 2, "order": "desc"})
    assert [each["id"] for each in page["_embedded"]["data"]["conversations"]] == made[:0:-1]
    assert page["page_size"] == 2
    assert page["_links"].keys() >= {"self", "next"}


@endpoint("PUT /beta/conversations/{id}")
async def test_a_conversation_is_updated(sdk: Library, customer: Customer) -> None:
    (conversation,) = await customer.room()
    wanted = {"name": "renamed", "display_name": "Renamed"}
    assert (await sdk.call("conversations.update", conversation, wanted))["id"] == conversation
    shown = await customer.shown(f"/v1/conversations/{conversation}")
    assert {name: shown[name] for name in wanted} == wanted


@endpoint("DELETE /beta/conversations/{id}")
async def test_a_conversation_is_deleted(sdk: Library, customer: Customer) -> None:
    (conversation,) = await customer.room()
    await sdk.call("conversations.delete", conversation)
    assert await customer.is_gone(f"/v1/conversations/{conversation}")


@endpoint("PUT /v1/conversations/{id}/record")
async def test_a_recording_of_a_conversation_is_started_and_stopped(sdk: Library, listener: Listener) -> None:
    start = {"action": "start", "event_url": ["http://127.0.0.1:9/recorded"], "format": "mp3"}
    assert await sdk.call("conversations.record", listener.conversation, start) is None
    assert await sdk.call("conversations.record", listener.conversation, {"action": "stop"}) is None


@endpoint("POST /beta/users")
async def test_a_user_is_created(sdk: Library, customer: Customer) -> None:
    created = await sdk.call("users.create", {"name": "alice", "display_name": "Alice"})
    assert created["href"].endswith(f"/beta/users/{created['id']}")
    assert (await customer.shown(f"/v1/users/{created['id']}"))["display_name"] == "Alice"


@endpoint("GET /beta2/users")
async def test_users_are_listed(sdk: Library, customer: Customer) -> None:
    made = [await customer.make("/v1/users") for _ in range(3)]
    page = await sdk.call("users.get", {"page_size": 2, "order": "desc"})
    assert [each["id"] for each in page["_embedded"]["data"]["users"]] == made[:0:-1]


@endpoint("GET /beta2/users/{id}")
async def test_a_user_is_read(sdk: Library, customer: Customer) -> None:
    user = await customer.make("/v1/users", name="bella")
    assert (await sdk.call("users.get", user))["name"] == "bella"


@endpoint("PUT /beta/users/{id}")
async def test_a_user_is_updated(sdk: Library, customer: Customer) -> None:
    user = await customer.make("/v1/users")
    wanted = {"name": "carol", "display_name": "Carol"}
    assert (await sdk.call("users.update", user, wanted))["id"] == user
    shown = await customer.shown(f"/v1/users/{user}")
    assert {name: shown[name] for name in wanted} == wanted


@endpoint("DELETE /beta/users/{id}")
async def test_a_user_is_deleted(sdk: Library, customer: Customer) -> None:
    user = await customer.make("/v1/users")
    await sdk.call("users.delete", user)
    assert await customer.is_gone(f"/v1/users/{user}")


@endpoint("GET /beta2/users/{id}/conversations")
async def test_the_conversations_of_a_user_are_listed(sdk: Library, customer: Customer) -> None:
    user = await customer.make("/v1/users")
    conversation, _ = await customer.room(user)
    await customer.room()
    page = await sdk.call("users.getConversations", user, {})
    assert [each["id"] for each in page["_embedded"]["data"]["conversations"]] == [conversation]


@pytest.mark.parametrize(("action", "state"), [("join", "JOINED"), ("invite", "INVITED")])
@endpoint("POST /beta/conversations/{id}/members")
async def test_a_user_joins_or_is_invited(sdk: Library, customer: Customer, action: str, state: str) -> None:
    user = await customer.make("/v1/users")
    (conversation,) = await customer.room()
    wanted = {"action": action, "user_id": user, "channel": APP_CHANNEL}
    member = await sdk.call("members.create", conversation, wanted)
    assert (member["user_id"], member["state"], member["channel"]) == (user, state, APP_CHANNEL)
    shown = await customer.shown(f"/v1/conversations/{conversation}/members/{member['id']}")
    assert shown["state"] == state


@endpoint("GET /beta2/conversations/{id}/members")
async def test_members_are_listed(sdk: Library, customer: Customer) -> None:
    users = [await customer.make("/v1/users") for _ in range(2)]
    conversation, *members = await customer.room(*users)
    page = await sdk.call("members.get", conversation, {"page_size": 1})
    assert [each["id"] for each in page["_embedded"]["data"]["members"]] == members[:1]


@endpoint("GET /beta2/conversations/{id}/members/{id}")
async def test_a_member_is_read(sdk: Library, customer: Customer) -> None:
    conversation, member = await customer.room(await customer.make("/v1/users"))
    assert (await sdk.call("members.get", conversation, member))["id"] == member


@endpoint("PUT /beta/conversations/{id}/members/{id}")
async def test_an_invited_user_joins(sdk: Library, customer: Customer) -> None:
    user = await customer.make("/v1/users")
    (conversation,) = await customer.room()
    path = f"/v1/conversations/{conversation}/members"
    member = await customer.make(path, user={"id": user}, state="invited", channel=APP_CHANNEL)
    await sdk.call("members.update", conversation, member, {"action": "join", "channel": APP_CHANNEL})
    assert (await customer.shown(f"{path}/{member}"))["state"] == "JOINED"


@endpoint("DELETE /beta/conversations/{id}/members/{id}")
async def test_a_member_is_removed_and_stays_listed(sdk: Library, customer: Customer) -> None:
    conversation, member = await customer.room(await customer.make("/v1/users"))
    await sdk.call("members.delete", conversation, member)
    assert (await customer.shown(f"/v1/conversations/{conversation}/members/{member}"))["state"] == "LEFT"


@endpoint("POST /beta/conversations/{id}/events")
async def test_a_text_is_posted(sdk: Library, customer: Customer) -> None:
    conversation, member = await customer.room(await customer.make("/v1/users"))
    wanted = {"type": "text", "from": member, "body": {"text": "hello"}}
    posted = await sdk.call("events.create", conversation, wanted)
    assert (posted["id"], posted["href"].rsplit("/", 1)[-1]) == (2, "2")
    assert posted["timestamp"]
    shown = await customer.shown(f"/v1/conversations/{conversation}/events/2")
    assert {name: shown[name] for name in wanted} == wanted


@endpoint("GET /beta2/conversations/{id}/events")
async def test_events_are_listed(sdk: Library, customer: Customer) -> None:
    (conversation,) = await customer.room()
    for _ in range(3):
        await customer.make(f"/v1/conversations/{conversation}/events", type="custom:n", body={})
    page = await sdk.call("events.get", conversation, {"start_id": 2, "page_size": 1})
    assert [each["id"] for each in page["_embedded"]["data"]["events"]] == [2]
    assert "next" in page["_links"]


@endpoint("DELETE /beta/conversations/{id}/events/{id}")
async def test_an_event_is_deleted(sdk: Library, customer: Customer) -> None:
    conversation, member = await customer.room(await customer.make("/v1/users"))
    path = f"/v1/conversations/{conversation}/events"
    event = await customer.make(path, **{"type": "text", "from": member, "body": {"text": "hello"}})
    await sdk.call("events.delete", conversation, event)
    body = (await customer.shown(f"{path}/{event}"))["body"]
    assert not body.get("text")
    assert body["timestamp"].keys() == {"deleted"}


@endpoint("POST /v1/calls", "GET /v1/calls", "GET /v1/calls/{id}", "PUT /v1/calls/{id}")
async def test_a_call_is_placed_read_and_steered(sdk: Library, customer: Customer) -> None:
    caller = {"type": "phone", "number": await customer.rent()}
    placed = await sdk.call("nexmo.calls.create", {"to": [NOBODY], "from": caller, "ncco": [TALK]})
    assert (placed["status"], placed["direction"]) == ("started", "outbound")
    call = await sdk.call("nexmo.calls.get", placed["uuid"])
    assert (call["uuid"], call["to"], call["from"]) == (placed["uuid"], NOBODY, caller)
    page = await sdk.call("nexmo.calls.get", {"conversation_uuid": placed["conversation_uuid"]})
    assert [each["uuid"] for each in page["_embedded"]["calls"]] == [placed["uuid"]]
    for action in ("mute", "unmute", "earmuff", "unearmuff", "hangup"):
        assert await sdk.call("nexmo.calls.update", placed["uuid"], {"action": action}) is None


@endpoint("PUT /v1/calls/{id}/talk", "DELETE /v1/calls/{id}/talk")
async def test_a_text_is_said_into_a_call(sdk: Library, listener: Listener) -> None:
    action = {"text": "This is heard by whoever is in the call.", "loop": 0}
    started = await sdk.call("nexmo.calls.talk.start", listener.uuid, action)
    assert started == {"message": "Talk started", "uuid": listener.uuid}
    await listener.hears()
    await sdk.call("nexmo.calls.talk.stop", listener.uuid)


@endpoint("PUT /v1/calls/{id}/stream", "DELETE /v1/calls/{id}/stream")
async def test_a_file_is_played_into_a_call(sdk: Library, listener: Listener, sound_url: str) -> None:
    action = {"stream_url": [sound_url], "loop": 0}
    started = await sdk.call("nexmo.calls.stream.start", listener.uuid, action)
    assert started == {"message": "Stream started", "uuid": listener.uuid}
    await listener.hears()
    await sdk.call("nexmo.calls.stream.stop", listener.uuid)


@endpoint("PUT /v1/calls/{id}/dtmf")
async def test_digits_are_sent_into_a_call(sdk: Library, listener: Listener) -> None:
    sent = await sdk.call("nexmo.calls.dtmf.send", listener.uuid, {"digits": "5"})
    assert sent == {"message": "DTMF sent", "uuid": listener.uuid}
    await listener.is_told(event="websocket:dtmf", digit="5")


@endpoint("POST /v2/applications", "GET /v2/applications/{id}", "PUT /v2/applications/{id}")
async def test_an_application_is_created_read_and_replaced(sdk: Library) -> None:
    created = await sdk.call("nexmo.applications.create", {"name": "before", "capabilities": {"rtc": {}}})
    assert created["keys"]["private_key"].startswith("-----BEGIN PRIVATE KEY-----")
    replaced = await sdk.call("nexmo.applications.update", created["id"], {"name": "after"})
    # Unless it is told that version 2 is wanted, the library shows an application as version 1 did.
    read = await sdk.call("nexmo.applications.get", created["id"])
    assert (replaced["name"], read["name"], read["id"]) == ("after", "after", created["id"])


@endpoint("POST /v2/applications")
async def test_an_application_is_created_as_with_version_1(sdk: Library, customer: Customer) -> None:
    urls = ("https://example.test/answer", "https://example.test/event")
    created = await sdk.call("nexmo.applications.create", "old", "voice", *urls, {})
    assert {hook["endpoint_type"]: hook["endpoint"] for hook in created["voice"]["webhooks"]} == dict(
        zip(("answer_url", "event_url"), urls, strict=True)
    )
    shown = await customer.of_account(f"/v2/applications/{created['id']}")
    assert shown["capabilities"]["voice"]["webhooks"]["answer_url"]["address"] == urls[0]


@endpoint("GET /v2/applications")
async def test_applications_are_listed(sdk: Library, customer: Customer) -> None:
    page = await sdk.call("nexmo.applications.get", {"page_size": 100})
    assert customer.app.id in {each["id"] for each in page["_embedded"]["applications"]}


@endpoint("DELETE /v2/applications/{id} (bytes after its head)")
async def test_an_application_is_deleted(sdk: Library, customer: Customer) -> None:
    created = await sdk.call("nexmo.applications.create", {"name": "short-lived", "capabilities": {}})
    await sdk.call("nexmo.applications.delete", created["id"])
    answer = await customer.gateway.rest.request("GET", f"/v2/applications/{created['id']}")
    assert answer.status == 404


@endpoint(
    "GET /number/search",
    "POST /number/buy",
    "GET /account/numbers",
    "POST /number/update",
    "POST /number/cancel",
)
async def test_a_number_is_found_bought_linked_and_cancelled(sdk: Library, customer: Customer) -> None:
    number = ("GB", NUMBERS[-1])
    owned = {"pattern": NUMBERS[-1], "search_pattern": 0}
    found = await sdk.call("nexmo.number.search", "GB", {"pattern": NUMBERS[-1][-4:], "search_pattern": 2})
    assert [each["msisdn"] for each in found["numbers"]] == [NUMBERS[-1]]
    assert await sdk.call("nexmo.number.buy", *number) == SUCCESS
    assert await sdk.call("nexmo.number.update", *number, {"app_id": customer.app.id}) == SUCCESS
    (shown,) = (await sdk.call("nexmo.number.get", owned))["numbers"]
    assert (shown["msisdn"], shown["app_id"]) == (NUMBERS[-1], customer.app.id)
    assert await sdk.call("nexmo.number.cancel", *number) == SUCCESS
    assert (await customer.of_account(f"/account/numbers?pattern={NUMBERS[-1]}"))["count"] == 0
    status, body = await refusal(sdk, "nexmo.number.cancel", *number)
    assert (status, body["error-code"]) == (420, "420")


@endpoint("GET /account/get-balance")
async def test_the_balance_is_read(sdk: Library) -> None:
    assert await sdk.call("nexmo.account.checkBalance") == {"value": 0, "autoReload": False}


@endpoint("POST /account/settings")
async def test_settings_are_told(sdk: Library) -> None:
    settings = await sdk.call("nexmo.account.updateSMSCallback", "https://example.test/sms")
    assert settings["max-calls-per-second"] > 0


@endpoint(
    "GET /accounts/{key}/secrets",
    "POST /accounts/{key}/secrets (a slash at its path's end)",
    "GET /accounts/{key}/secrets/{id}",
    "DELETE /accounts/{key}/secrets/{id}",
)
async def test_a_second_secret_is_made_read_and_revoked(sdk: Library) -> None:
    created = await sdk.call("nexmo.account.createSecret", API_KEY, "Correct4Horse")
    assert (await sdk.call("nexmo.account.getSecret", API_KEY, created["id"]))["id"] == created["id"]
    listed = (await sdk.call("nexmo.account.listSecrets", API_KEY))["_embedded"]["secrets"]
    assert created["id"] in {each["id"] for each in listed}
    await sdk.call("nexmo.account.deleteSecret", API_KEY, created["id"])
    assert len((await sdk.call("nexmo.account.listSecrets", API_KEY))["_embedded"]["secrets"]) == 1


@endpoint("GET /v1/files/{id}")
async def test_an_unknown_file_is_not_found(sdk: Library) -> None:
    unknown = "http://127.0.0.1:9/v1/files/63f61863-4a51-4f6b-86e1-46edebcf9356"
    assert (await refusal(sdk, "nexmo.files.get", unknown))[0] == 404
