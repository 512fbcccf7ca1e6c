"""npm `@vonage/server-sdk` 3: conversations and users of v1, calls, applications, numbers, account."""

from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
import pytest_asyncio

from tests.support.clients import ClientError, Library
from tests.support.customer import Customer
from tests.support.gateway import API_KEY, NUMBERS
from tests.support.listener import Listener

CLIENT = "server-sdk"
pytestmark = [pytest.mark.contract, pytest.mark.asyncio(loop_scope="module")]
endpoint = pytest.mark.endpoint

NOBODY = {"type": "sip", "uri": "sip:nobody@127.0.0.1:9"}
"""Never answers: a call to it stays started until somebody hangs up."""
CALL_NOBODY = {"to": [NOBODY], "ncco": [{"action": "talk", "text": "hello", "bargeIn": True}]}
TEXT = {"type": "message", "body": {"messageType": "text", "text": "hello"}}
APP_CHANNEL = {"state": "joined", "channel": {"type": "app"}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sdk(customer: Customer) -> AsyncIterator[Library]:
    async with Library(CLIENT, *customer.setup) as library:
        yield library


async def refusal(sdk: Library, method: str, *arguments: object) -> tuple[int | None, Any]:
    """Status and body of the answer that made the library throw."""
    with pytest.raises(ClientError) as caught:
        await sdk.call(method, *arguments)
    return caught.value.status, caught.value.body


@endpoint("POST /v1/conversations", "GET /v1/conversations/{id}")
async def test_a_conversation_is_created_and_read(sdk: Library, customer: Customer) -> None:
    wanted = {
        "name": "lounge",
        "displayName": "The lounge",
        "imageUrl": "https://example.test/lounge.png",
        "properties": {"ttl": 600, "type": "quick", "customData": {"colour_code": "red"}},
    }
    created = await sdk.call("vonage.conversations.createConversation", wanted)
    assert {name: created[name] for name in wanted} == wanted
    assert created["state"] == "ACTIVE"
    assert await sdk.call("vonage.conversations.getConversation", created["id"]) == created
    assert (await customer.shown(f"/v1/conversations/{created['id']}"))["display_name"] == "The lounge"


@endpoint("POST /v1/conversations")
async def test_a_name_is_given_once(sdk: Library) -> None:
    await sdk.call("vonage.conversations.createConversation", {"name": "once"})
    status, body = await refusal(sdk, "vonage.conversations.createConversation", {"name": "once"})
    assert (status, body["code"]) == (409, "conversation:error:duplicate-name")


@endpoint("GET /v1/conversations/{id}")
async def test_an_unknown_conversation_is_not_found(sdk: Library) -> None:
    status, body = await refusal(sdk, "vonage.conversations.getConversation", "CON-unknown")
    assert (status, body["code"]) == (404, "conversation:error:not-found")


@endpoint("GET /v1/conversations")
async def test_conversations_are_listed_page_by_page(sdk: Library, customer: Customer) -> None:
    made = [await customer.make("/v1/conversations") for _ in range(3)]
    listed = await sdk.call("vonage.conversations.listAllConversations", {"pageSize": 1, "order": "desc"})
    assert [each["id"] for each in listed[:3]] == made[::-1]
    page = await sdk.call("vonage.conversations.getConversationPage", {"pageSize": 2})
    assert len(page["conversations"]) == page["pageSize"] == 2
    assert page["links"].keys() >= {"self", "next"}


@endpoint("PUT /v1/conversations/{id}")
async def test_a_conversation_is_updated(sdk: Library, customer: Customer) -> None:
    (conversation,) = await customer.room()
    wanted = {"id": conversation, "name": "renamed", "displayName": "Renamed"}
    updated = await sdk.call("vonage.conversations.updateConversation", wanted)
    assert {name: updated[name] for name in wanted} == wanted
    assert (await customer.shown(f"/v1/conversations/{conversation}"))["name"] == "renamed"


@endpoint("DELETE /v1/conversations/{id}")
async def test_a_conversation_is_deleted(sdk: Library, customer: Customer) -> None:
    (conversation,) = await customer.room()
    await sdk.call("vonage.conversations.deleteConversation", conversation)
    assert await customer.is_gone(f"/v1/conversations/{conversation}")


@endpoint("POST /v1/conversations/{id}/members", "GET /v1/conversations/{id}/members/{id}")
async def test_a_user_joins_a_conversation(sdk: Library, customer: Customer) -> None:
    user = await customer.make("/v1/users", name="joiner")
    (conversation,) = await customer.room()
    wanted = {"user": {"id": user}, **APP_CHANNEL}
    member = await sdk.call("vonage.conversations.createMember", conversation, wanted)
    assert (member["state"], member["conversationId"]) == ("JOINED", conversation)
    assert (member["user"]["id"], member["user"]["name"]) == (user, "joiner")
    assert await sdk.call("vonage.conversations.getMember", conversation, member["id"]) == member


@endpoint("POST /v1/conversations/{id}/members")
async def test_a_user_is_invited_by_name(sdk: Library, customer: Customer) -> None:
    await customer.make("/v1/users", name="invitee")
    (conversation,) = await customer.room()
    wanted = {**APP_CHANNEL, "user": {"name": "invitee"}, "state": "invited"}
    member = await sdk.call("vonage.conversations.createMember", conversation, wanted)
    shown = await customer.shown(f"/v1/conversations/{conversation}/members/{member['id']}")
    assert (member["state"], shown["state"]) == ("INVITED", "INVITED")


@endpoint("POST /v1/conversations/{id}/members")
async def test_a_user_joins_once(sdk: Library, customer: Customer) -> None:
    user = await customer.make("/v1/users")
    conversation, _ = await customer.room(user)
    wanted = {"user": {"id": user}, **APP_CHANNEL}
    status, body = await refusal(sdk, "vonage.conversations.createMember", conversation, wanted)
    assert (status, body["code"]) == (400, "conversation:error:member-already-joined")


@endpoint("GET /v1/conversations/{id}/members")
async def test_members_are_listed_page_by_page(sdk: Library, customer: Customer) -> None:
    users = [await customer.make("/v1/users") for _ in range(3)]
    conversation, *members = await customer.room(*users)
    listed = await sdk.call("vonage.conversations.listAllMembers", conversation, {"pageSize": 1})
    assert [each["id"] for each in listed] == members
    assert [each["user"]["id"] for each in listed] == users
    page = await sdk.call("vonage.conversations.getMemberPage", conversation, {"pageSize": 2})
    assert [each["id"] for each in page["members"]] == members[:2]


@endpoint("GET /v1/conversations/{id}/members/me")
async def test_a_user_reads_its_own_member(customer: Customer) -> None:
    conversation, member = await customer.room(await customer.make("/v1/users", name="myself"))
    async with Library(CLIENT, *customer.setup, "myself") as sdk:
        me = await sdk.call("vonage.conversations.getMe", conversation)
    assert (me["id"], me["user"]["name"]) == (member, "myself")


@endpoint("PATCH /v1/conversations/{id}/members/{id}")
async def test_a_member_leaves(sdk: Library, customer: Customer) -> None:
    conversation, member = await customer.room(await customer.make("/v1/users"))
    leave = {"state": "left", "reason": {"code": "12", "text": "tired"}}
    left = await sdk.call("vonage.conversations.updateMember", conversation, member, leave)
    assert left["state"] == "LEFT"
    assert left["timestamp"].keys() >= {"joined", "left"}
    events = (await customer.shown(f"/v1/conversations/{conversation}/events"))["_embedded"]
    assert [event["type"] for event in events] == ["member:joined", "member:left"]
    assert events[-1]["body"]["reason"] == leave["reason"]


@endpoint("POST /v1/conversations/{id}/events", "GET /v1/conversations/{id}/events/{id}")
async def test_a_message_is_posted_and_read(sdk: Library, customer: Customer) -> None:
    user = await customer.make("/v1/users", name="writer")
    conversation, member = await customer.room(user)
    event = await sdk.call("vonage.conversations.createEvent", conversation, {**TEXT, "from": member})
    assert (event["id"], event["type"], event["body"]) == (2, TEXT["type"], TEXT["body"])
    assert (event["fromMember"]["id"], event["fromUser"]["id"]) == (member, user)
    assert await sdk.call("vonage.conversations.getEvent", conversation, event["id"]) == event


@endpoint("POST /v1/conversations/{id}/events")
async def test_a_custom_event_is_posted(sdk: Library, customer: Customer) -> None:
    (conversation,) = await customer.room()
    wanted = {"type": "custom:game_move", "body": {"square": "e4"}}
    event = await sdk.call("vonage.conversations.createEvent", conversation, wanted)
    shown = await customer.shown(f"/v1/conversations/{conversation}/events/{event['id']}")
    assert {name: shown[name] for name in wanted} == wanted


@endpoint("POST /v1/conversations/{id}/events")
async def test_an_unknown_type_of_event_is_refused(sdk: Library, customer: Customer) -> None:
    (conversation,) = await customer.room()
    wanted = {"type": "weather:fine", "body": {}}
    status, _ = await refusal(sdk, "vonage.conversations.createEvent", conversation, wanted)
    assert status == 400


@endpoint("GET /v1/conversations/{id}/events")
async def test_events_are_listed_page_by_page(sdk: Library, customer: Customer) -> None:
    (conversation,) = await customer.room()
    for number in range(3):
        await customer.make(f"/v1/conversations/{conversation}/events", type="custom:n", body={"n": number})
    listed = await sdk.call("vonage.conversations.listAllEvents", conversation, {"pageSize": 1})
    assert [(event["id"], event["body"]["n"]) for event in listed] == [(1, 0), (2, 1), (3, 2)]
    page = await sdk.call(
        "vonage.conversations.getEventPage", conversation, {"startId": 2, "endId": 3, "order": "desc"}
    )
    assert [event["id"] for event in page["events"]] == [3, 2]


@endpoint("DELETE /v1/conversations/{id}/events/{id}")
async def test_an_event_is_deleted(sdk: Library, customer: Customer) -> None:
    conversation, member = await customer.room(await customer.make("/v1/users"))
    event = await sdk.call("vonage.conversations.createEvent", conversation, {**TEXT, "from": member})
    await sdk.call("vonage.conversations.deleteEvent", conversation, event["id"])
    left = await sdk.call("vonage.conversations.getEvent", conversation, event["id"])
    assert "text" not in left["body"]
    assert left["body"]["timestamp"].keys() == {"deleted"}


@endpoint("POST /v1/users", "GET /v1/users/{id}")
async def test_a_user_is_created_and_read(sdk: Library, customer: Customer) -> None:
    wanted = {
        "name": "alice",
        "displayName": "Alice",
        "imageUrl": "https://example.test/alice.png",
        "channels": {"pstn": [{"number": 447700900001}]},
        "properties": {"customData": {"favourite_tea": "green"}},
    }
    created = await sdk.call("vonage.users.createUser", wanted)
    assert {name: created[name] for name in wanted} == wanted
    assert await sdk.call("vonage.users.getUser", created["id"]) == created
    assert (await customer.shown(f"/v1/users/{created['id']}"))["display_name"] == "Alice"


@endpoint("GET /v1/users")
async def test_users_are_listed_page_by_page(sdk: Library, customer: Customer) -> None:
    made = [await customer.make("/v1/users") for _ in range(3)]
    listed = await sdk.call("vonage.users.listAllUsers", {"pageSize": 2, "order": "desc"})
    assert [each["id"] for each in listed[:3]] == made[::-1]
    page = await sdk.call("vonage.users.getUserPage", {"pageSize": 1})
    assert len(page["_embedded"]["users"]) == 1


@endpoint("PATCH /v1/users/{id}")
async def test_a_user_is_updated(sdk: Library, customer: Customer) -> None:
    user = await customer.make("/v1/users", name="before", display_name="Before")
    updated = await sdk.call("vonage.users.updateUser", {"id": user, "displayName": "After"})
    assert (updated["name"], updated["displayName"]) == ("before", "After")
    assert (await customer.shown(f"/v1/users/{user}"))["display_name"] == "After"


@endpoint("DELETE /v1/users/{id}")
async def test_a_user_is_deleted(sdk: Library, customer: Customer) -> None:
    user = await customer.make("/v1/users")
    await sdk.call("vonage.users.deleteUser", user)
    assert await customer.is_gone(f"/v1/users/{user}")


@endpoint("GET /v1/users/{id}/conversations")
async def test_the_conversations_of_a_user_are_listed(sdk: Library, customer: Customer) -> None:
    user = await customer.make("/v1/users")
    rooms = [(await customer.room(user))[0] for _ in range(2)]
    await customer.room()
    listed = await sdk.call("vonage.conversations.listAllUserConversations", user, {"pageSize": 1})
    assert [each["id"] for each in listed] == rooms


@endpoint("GET /v1/users/{id}/sessions")
async def test_a_user_who_is_not_logged_in_has_no_sessions(sdk: Library, customer: Customer) -> None:
    user = await customer.make("/v1/users")
    assert await sdk.call("vonage.conversations.listAllUserSessions", user) == []


@endpoint("POST /v1/calls", "GET /v1/calls/{id}", "PUT /v1/calls/{id}")
async def test_a_call_is_placed_read_and_steered(sdk: Library, customer: Customer) -> None:
    caller = {"type": "phone", "number": await customer.rent()}
    placed = await sdk.call("vonage.voice.createOutboundCall", {**CALL_NOBODY, "from": caller})
    assert (placed["status"], placed["direction"]) == ("started", "outbound")
    call = await sdk.call("vonage.voice.getCall", placed["uuid"])
    assert (call["to"], call["from"]) == (NOBODY, caller)
    assert call["conversationUUID"] == placed["conversationUUID"]
    for verb in ("muteCall", "unmuteCall", "earmuffCall", "unearmuffCall", "hangupCall"):
        assert await sdk.call(f"vonage.voice.{verb}", placed["uuid"]) is None
    assert (await customer.shown(f"/v1/calls/{placed['uuid']}"))["uuid"] == placed["uuid"]


@endpoint("POST /v1/calls (random_from_number)")
async def test_a_call_comes_from_some_number_of_the_application(sdk: Library, customer: Customer) -> None:
    await customer.rent()
    owned = await customer.of_account(f"/account/numbers?application_id={customer.app.id}")
    placed = await sdk.call("vonage.voice.createOutboundCall", {**CALL_NOBODY, "randomFromNumber": True})
    call = await sdk.call("vonage.voice.getCall", placed["uuid"])
    assert call["from"]["number"] in {number["msisdn"] for number in owned["numbers"]}


@endpoint("PUT /v1/calls/{id}")
async def test_an_unknown_call_is_not_found(sdk: Library) -> None:
    unknown = "63f61863-4a51-4f6b-86e1-46edebcf9356"
    assert (await refusal(sdk, "vonage.voice.hangupCall", unknown))[0] == 404


@endpoint("GET /v1/calls")
async def test_calls_are_searched(sdk: Library) -> None:
    placed = await sdk.call("vonage.voice.createOutboundCall", CALL_NOBODY)
    wanted = {"conversationUuid": placed["conversationUUID"], "status": "started"}
    found = await sdk.call("vonage.voice.search", wanted)
    assert [call["uuid"] for call in found["_embedded"]["calls"]] == [placed["uuid"]]
    assert [call["uuid"] for call in await sdk.call("vonage.voice.getAllCalls", wanted)] == [placed["uuid"]]


@endpoint("GET /v1/calls (following its links)")
async def test_calls_are_listed_page_by_page(sdk: Library) -> None:
    placed = [await sdk.call("vonage.voice.createOutboundCall", CALL_NOBODY) for _ in range(2)]
    listed = await sdk.call("vonage.voice.getAllCalls", {"pageSize": 1})
    assert {call["uuid"] for call in listed} >= {call["uuid"] for call in placed}


@endpoint("PUT /v1/calls/{id}/talk", "DELETE /v1/calls/{id}/talk")
async def test_a_text_is_said_into_a_call(sdk: Library, listener: Listener) -> None:
    action = {"text": "This is heard by whoever is in the call.", "loop": 0, "level": 0.5}
    started = await sdk.call("vonage.voice.playTTS", listener.uuid, action)
    assert started == {"message": "Talk started", "uuid": listener.uuid}
    await listener.hears()
    stopped = await sdk.call("vonage.voice.stopTTS", listener.uuid)
    assert stopped == {"message": "Talk stopped", "uuid": listener.uuid}


@endpoint("PUT /v1/calls/{id}/stream", "DELETE /v1/calls/{id}/stream")
async def test_a_file_is_played_into_a_call(sdk: Library, listener: Listener, sound_url: str) -> None:
    started = await sdk.call("vonage.voice.streamAudio", listener.uuid, sound_url, 0, 0.5)
    assert started == {"message": "Stream started", "uuid": listener.uuid}
    await listener.hears()
    stopped = await sdk.call("vonage.voice.stopStreamAudio", listener.uuid)
    assert stopped == {"message": "Stream stopped", "uuid": listener.uuid}


@endpoint("PUT /v1/calls/{id}/dtmf")
async def test_digits_are_sent_into_a_call(sdk: Library, listener: Listener) -> None:
    sent = await sdk.call("vonage.voice.playDTMF", listener.uuid, "5")
    assert sent == {"message": "DTMF sent", "uuid": listener.uuid}
    await listener.is_told(event="websocket:dtmf", digit="5")


@endpoint("PUT /v1/calls/{id}/input/dtmf", "DELETE /v1/calls/{id}/input/dtmf")
async def test_digits_of_a_call_are_subscribed_to(sdk: Library, listener: Listener) -> None:
    hook = "http://127.0.0.1:9/digits"
    assert await sdk.call("vonage.voice.subscribeDTMF", listener.uuid, hook) is None
    assert await sdk.call("vonage.voice.unsubscribeDTMF", listener.uuid) is None


@endpoint("PUT /v1/calls/{id}")
async def test_a_call_is_transferred(sdk: Library, listener: Listener) -> None:
    talk = {"action": "talk", "text": "You have been transferred to another conversation."}
    await sdk.call("vonage.voice.transferCallWithNCCO", listener.uuid, [talk])
    await listener.hears()


@endpoint("POST /v2/applications", "GET /v2/applications/{id}")
async def test_an_application_is_created_and_read(sdk: Library, customer: Customer) -> None:
    hook = {"address": "https://example.test/answer", "httpMethod": "GET"}
    wanted = {"name": "Shop", "capabilities": {"voice": {"webhooks": {"answerUrl": hook}}}}
    created = await sdk.call("vonage.applications.createApplication", wanted)
    assert created["keys"]["privateKey"].startswith("-----BEGIN PRIVATE KEY-----")
    read = await sdk.call("vonage.applications.getApplication", created["id"])
    assert (read["name"], read["keys"]["publicKey"]) == ("Shop", created["keys"]["publicKey"])
    shown = (await customer.of_account(f"/v2/applications/{created['id']}"))["capabilities"]["voice"]
    assert shown["webhooks"]["answer_url"]["address"] == hook["address"]


@endpoint("GET /v2/applications")
async def test_applications_are_listed_page_by_page(sdk: Library) -> None:
    made = [await sdk.call("vonage.applications.createApplication", {"name": f"a{n}"}) for n in range(2)]
    listed = await sdk.call("vonage.applications.listAllApplications", {"pageSize": 1})
    assert {each["id"] for each in listed} >= {each["id"] for each in made}
    assert len({each["id"] for each in listed}) == len(listed)
    page = await sdk.call("vonage.applications.getApplicationPage", {"pageSize": 1})
    assert page["totalItems"] == page["totalPages"] == len(listed)


@endpoint("PUT /v2/applications/{id}", "DELETE /v2/applications/{id}")
async def test_an_application_is_replaced_and_deleted(sdk: Library) -> None:
    created = await sdk.call("vonage.applications.createApplication", {"name": "before"})
    wanted = {"id": created["id"], "name": "after", "privacy": {"improveAi": False}}
    replaced = await sdk.call("vonage.applications.updateApplication", wanted)
    assert (replaced["name"], replaced["privacy"]["improveAi"]) == ("after", False)
    await sdk.call("vonage.applications.deleteApplication", created["id"])
    assert (await refusal(sdk, "vonage.applications.getApplication", created["id"]))[0] == 404


@endpoint("GET /number/search", "POST /number/buy", "GET /account/numbers", "POST /number/cancel")
async def test_a_number_is_found_bought_and_cancelled(sdk: Library, customer: Customer) -> None:
    number = {"country": "GB", "msisdn": NUMBERS[-1]}
    search = {"country": "GB", "pattern": NUMBERS[-1][-4:], "searchPattern": 2, "features": ["VOICE"]}
    success = {"errorCode": "200", "errorCodeLabel": "success"}
    owned = {"pattern": NUMBERS[-1], "searchPattern": 0}
    found = await sdk.call("vonage.numbers.getAvailableNumbers", search)
    assert [each["msisdn"] for each in found["numbers"]] == [NUMBERS[-1]]
    assert await sdk.call("vonage.numbers.buyNumber", number) == success
    assert (await sdk.call("vonage.numbers.getOwnedNumbers", owned))["count"] == 1
    assert (await refusal(sdk, "vonage.numbers.buyNumber", number))[0] == 420
    assert await sdk.call("vonage.numbers.cancelNumber", number) == success
    assert (await customer.of_account(f"/account/numbers?pattern={NUMBERS[-1]}"))["count"] == 0


@endpoint("POST /number/update")
async def test_a_number_is_linked_to_an_application(sdk: Library, customer: Customer) -> None:
    number = {"country": "GB", "msisdn": NUMBERS[-2]}
    await sdk.call("vonage.numbers.buyNumber", number)
    linked = await sdk.call("vonage.numbers.updateNumber", {**number, "applicationId": customer.app.id})
    assert linked["errorCode"] == "200"
    (shown,) = (await customer.of_account(f"/account/numbers?pattern={NUMBERS[-2]}"))["numbers"]
    assert shown["app_id"] == customer.app.id


@endpoint("GET /account/get-balance")
async def test_the_balance_is_read(sdk: Library) -> None:
    assert await sdk.call("vonage.accounts.getBalance") == {"value": 0, "autoReload": False}


@endpoint("POST /account/settings")
async def test_settings_are_told(sdk: Library) -> None:
    settings = await sdk.call("vonage.accounts.updateAccountCallbacks", {})
    assert settings["max-calls-per-second"] > 0


@endpoint(
    "GET /accounts/{key}/secrets",
    "POST /accounts/{key}/secrets",
    "GET /accounts/{key}/secrets/{id}",
    "DELETE /accounts/{key}/secrets/{id}",
)
async def test_a_second_secret_is_made_read_and_revoked(sdk: Library) -> None:
    created = await sdk.call("vonage.secrets.createSecret", API_KEY, "Correct4Horse")
    assert created.keys() >= {"id", "created_at"}
    read = await sdk.call("vonage.secrets.getSecret", API_KEY, created["id"])
    assert read["id"] == created["id"]
    listed = (await sdk.call("vonage.secrets.listSecrets", API_KEY))["_embedded"]["secrets"]
    assert created["id"] in {each["id"] for each in listed}
    assert len(listed) == 2
    assert (await refusal(sdk, "vonage.secrets.createSecret", API_KEY, "Battery4Staple"))[0] == 403
    await sdk.call("vonage.secrets.deleteSecret", API_KEY, created["id"])
    assert len((await sdk.call("vonage.secrets.listSecrets", API_KEY))["_embedded"]["secrets"]) == 1


@endpoint("JWT")
async def test_its_tokens_are_read_as_it_means_them(sdk: Library, customer: Customer) -> None:
    acl = {"paths": {"/*/users/**": {"methods": ["GET"]}}}
    token = await sdk.call("jwt.generate", {"subject": "reader", "acl": acl})
    public = (await customer.of_account(f"/v2/applications/{customer.app.id}"))["keys"]["public_key"]
    claims = jwt.decode(token, public, algorithms=["RS256"])
    assert (claims["application_id"], claims["sub"], claims["acl"]) == (customer.app.id, "reader", acl)
    await sdk.call("vonage.users.createUser", {"name": "reader"})
    async with Library(CLIENT, *customer.setup, "reader") as user:
        status, _ = await refusal(user, "vonage.users.createUser", {"name": "somebody"})
    assert status == 403
