"""PyPI `vonage` 4 over TLS: users of v1, calls, applications, numbers, account, tokens.

It blocks until it has its answer; the gateway is another process, and of this one needs only what it fetches.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest
from vonage import Auth, HttpClientOptions, Vonage
from vonage_application import ApplicationConfig, ListApplicationsFilter  # type: ignore[import-untyped]
from vonage_application.common import Voice, VoiceUrl, VoiceWebhooks  # type: ignore[import-untyped]
from vonage_http_client.errors import HttpRequestError, NotFoundError  # type: ignore[import-untyped]
from vonage_numbers import (  # type: ignore[import-untyped]
    ListOwnedNumbersFilter,
    NumberParams,
    SearchAvailableNumbersFilter,
    UpdateNumberParams,
)
from vonage_users import ListUsersFilter, User  # type: ignore[import-untyped]
from vonage_users.common import Channels, Properties, PstnChannel  # type: ignore[import-untyped]
from vonage_voice import (  # type: ignore[import-untyped]
    AudioStreamOptions,
    CreateCallRequest,
    ListCallsFilter,
    Talk,
    TtsStreamOptions,
)
from vonage_voice.models import Phone, Sip  # type: ignore[import-untyped]

from tests.support.customer import Customer
from tests.support.gateway import API_KEY, API_SECRET, NUMBERS
from tests.support.listener import Listener
from tests.support.tls import Certificate

CLIENT = "vonage"
pytestmark = [pytest.mark.contract, pytest.mark.asyncio(loop_scope="module")]
endpoint = pytest.mark.endpoint

NOBODY = "sip:nobody@127.0.0.1:9"
"""Never answers: a call to it stays started until somebody hangs up."""
ANSWER = "https://example.test/answer"
LAST = {"country": "GB", "msisdn": NUMBERS[-1]}


@pytest.fixture
def sdk(customer: Customer, certificate: Certificate) -> Iterator[Vonage]:
    host = f"127.0.0.1:{customer.gateway.tls_port}"
    auth = Auth(
        api_key=API_KEY,
        api_secret=API_SECRET,
        application_id=customer.app.id,
        private_key=customer.app.private_key,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", str(certificate.authority))
        yield Vonage(auth, HttpClientOptions(api_host=host, rest_host=host))


@endpoint("POST /v1/users", "GET /v1/users/{id}")
async def test_a_user_is_created_and_read(sdk: Vonage, customer: Customer) -> None:
    wanted = User(
        name="alice",
        display_name="Alice",
        image_url="https://example.test/alice.png",
        channels=Channels(pstn=[PstnChannel(number=447700900001)]),
        properties=Properties(custom_data={"favourite_tea": "green"}),
    )
    created = sdk.users.create_user(wanted)
    told = {"name", "display_name", "image_url", "channels", "properties"}
    assert created.model_dump(include=told) == wanted.model_dump(include=told)
    assert sdk.users.get_user(created.id) == created
    assert (await customer.shown(f"/v1/users/{created.id}"))["display_name"] == "Alice"


@endpoint("GET /v1/users/{id}")
async def test_an_unknown_user_is_not_found(sdk: Vonage) -> None:
    with pytest.raises(NotFoundError):
        sdk.users.get_user("USR-unknown")


@endpoint("GET /v1/users")
async def test_users_are_listed_page_by_page(sdk: Vonage, customer: Customer) -> None:
    made = [await customer.make("/v1/users") for _ in range(3)]
    users, cursor = sdk.users.list_users(ListUsersFilter(page_size=2, order="desc"))
    assert [user.id for user in users] == made[:0:-1]
    more, _ = sdk.users.list_users(ListUsersFilter(page_size=2, order="desc", cursor=cursor))
    assert more[0].id == made[0]


@endpoint("GET /v1/users (name)")
async def test_a_user_is_found_by_name(sdk: Vonage, customer: Customer) -> None:
    user = await customer.make("/v1/users", name="sought")
    found, _ = sdk.users.list_users(ListUsersFilter(name="sought"))
    assert [each.id for each in found] == [user]


@endpoint("PATCH /v1/users/{id}")
async def test_a_user_is_updated(sdk: Vonage, customer: Customer) -> None:
    user = await customer.make("/v1/users", name="before")
    updated = sdk.users.update_user(user, User(name="after", display_name="After"))
    assert (updated.id, updated.name, updated.display_name) == (user, "after", "After")
    assert (await customer.shown(f"/v1/users/{user}"))["name"] == "after"


@endpoint("DELETE /v1/users/{id}")
async def test_a_user_is_deleted(sdk: Vonage, customer: Customer) -> None:
    user = await customer.make("/v1/users")
    sdk.users.delete_user(user)
    assert await customer.is_gone(f"/v1/users/{user}")


@endpoint("POST /v1/calls", "GET /v1/calls", "GET /v1/calls/{id}", "PUT /v1/calls/{id}")
async def test_a_call_is_placed_read_and_steered(sdk: Vonage, customer: Customer) -> None:
    caller = Phone(number=await customer.rent())
    request = CreateCallRequest(ncco=[Talk(text="hello")], to=[Sip(uri=NOBODY)], from_=caller)
    placed = sdk.voice.create_call(request)
    assert (placed.status, placed.direction) == ("started", "outbound")
    call = sdk.voice.get_call(placed.uuid)
    assert (call.conversation_uuid, call.to.uri) == (placed.conversation_uuid, NOBODY)
    assert call.from_.number == caller.number
    calls, more = sdk.voice.list_calls(ListCallsFilter(conversation_uuid=placed.conversation_uuid))
    assert ([each.uuid for each in calls], more) == ([placed.uuid], None)
    voice = sdk.voice
    for steer in (voice.mute, voice.unmute, voice.earmuff, voice.unearmuff, voice.hangup):
        steer(placed.uuid)


@endpoint("PUT /v1/calls/{id}")
async def test_an_unknown_call_is_not_found(sdk: Vonage) -> None:
    with pytest.raises(NotFoundError):
        sdk.voice.hangup("63f61863-4a51-4f6b-86e1-46edebcf9356")


@endpoint("PUT /v1/calls/{id}/talk", "DELETE /v1/calls/{id}/talk")
async def test_a_text_is_said_into_a_call(sdk: Vonage, listener: Listener) -> None:
    options = TtsStreamOptions(text="This is heard by whoever is in the call.", loop=0, level=0.5)
    started = sdk.voice.play_tts_into_call(listener.uuid, options)
    assert (started.message, started.uuid) == ("Talk started", listener.uuid)
    await listener.hears()
    assert sdk.voice.stop_tts(listener.uuid).message == "Talk stopped"


@endpoint("PUT /v1/calls/{id}/stream", "DELETE /v1/calls/{id}/stream")
async def test_a_file_is_played_into_a_call(sdk: Vonage, listener: Listener, sound_url: str) -> None:
    options = AudioStreamOptions(stream_url=[sound_url], loop=0, level=0.5)
    started = await asyncio.to_thread(sdk.voice.play_audio_into_call, listener.uuid, options)
    assert (started.message, started.uuid) == ("Stream started", listener.uuid)
    await listener.hears()
    assert sdk.voice.stop_audio_stream(listener.uuid).message == "Stream stopped"


@endpoint("PUT /v1/calls/{id}/dtmf")
async def test_digits_are_sent_into_a_call(sdk: Vonage, listener: Listener) -> None:
    sent = sdk.voice.play_dtmf_into_call(listener.uuid, "5")
    assert (sent.message, sent.uuid) == ("DTMF sent", listener.uuid)
    await listener.is_told(event="websocket:dtmf", digit="5")


@endpoint("PUT /v1/calls/{id}")
async def test_a_call_is_transferred(sdk: Vonage, listener: Listener) -> None:
    talk = Talk(text="You have been transferred to another conversation.")
    sdk.voice.transfer_call_ncco(listener.uuid, [talk])
    await listener.hears()


@endpoint("POST /v2/applications", "GET /v2/applications/{id}")
async def test_an_application_is_created_and_read(sdk: Vonage, customer: Customer) -> None:
    voice = Voice(
        webhooks=VoiceWebhooks(answer_url=VoiceUrl(address=ANSWER, http_method="GET", socket_timeout=2000))
    )
    created = sdk.application.create_application(
        ApplicationConfig(name="Shop", capabilities={"voice": voice})
    )
    assert created.keys.private_key.startswith("-----BEGIN PRIVATE KEY-----")
    read = sdk.application.get_application(created.id)
    assert (read.name, read.capabilities.voice.webhooks) == ("Shop", voice.webhooks)
    hooks = (await customer.of_account(f"/v2/applications/{created.id}"))["capabilities"]["voice"]["webhooks"]
    assert hooks["answer_url"] == {"address": ANSWER, "http_method": "GET", "socket_timeout": 2000}


@endpoint("GET /v2/applications")
async def test_applications_are_listed_page_by_page(sdk: Vonage, customer: Customer) -> None:
    sdk.application.create_application(ApplicationConfig(name="another"))
    first, more = sdk.application.list_applications(ListApplicationsFilter(page_size=1))
    rest, _ = sdk.application.list_applications(ListApplicationsFilter(page_size=1, page=more))
    found = [application.id for application in first + rest]
    shown = (await customer.of_account("/v2/applications?page_size=100"))["_embedded"]["applications"]
    assert found == [application["id"] for application in shown][:2]


@endpoint("PUT /v2/applications/{id}", "DELETE /v2/applications/{id}")
async def test_an_application_is_replaced_and_deleted(sdk: Vonage) -> None:
    created = sdk.application.create_application(ApplicationConfig(name="before"))
    replaced = sdk.application.update_application(created.id, ApplicationConfig(name="after"))
    assert (replaced.name, replaced.keys.public_key) == ("after", created.keys.public_key)
    sdk.application.delete_application(created.id)
    with pytest.raises(NotFoundError):
        sdk.application.get_application(created.id)


@endpoint(
    "GET /number/search",
    "POST /number/buy",
    "GET /account/numbers",
    "POST /number/update",
    "POST /number/cancel",
)
async def test_a_number_is_found_bought_linked_and_cancelled(sdk: Vonage, customer: Customer) -> None:
    search = SearchAvailableNumbersFilter(country="GB", pattern=NUMBERS[-1][-4:], search_pattern=2)
    found, count, _ = sdk.numbers.search_available_numbers(search)
    assert ([number.msisdn for number in found], count) == ([NUMBERS[-1]], 1)
    assert sdk.numbers.buy_number(NumberParams(**LAST)).error_code == "200"
    link = UpdateNumberParams(**LAST, app_id=customer.app.id, mo_http_url="https://example.test/sms")
    assert sdk.numbers.update_number(link).error_code == "200"
    owned, _, _ = sdk.numbers.list_owned_numbers(
        ListOwnedNumbersFilter(application_id=customer.app.id, pattern=NUMBERS[-1], search_pattern=0)
    )
    assert [(number.msisdn, number.mo_http_url) for number in owned] == [(NUMBERS[-1], link.mo_http_url)]
    assert sdk.numbers.cancel_number(NumberParams(**LAST)).error_code == "200"
    assert (await customer.of_account(f"/account/numbers?pattern={NUMBERS[-1]}"))["count"] == 0
    with pytest.raises(HttpRequestError, match="method failed"):
        sdk.numbers.cancel_number(NumberParams(**LAST))


@endpoint("POST /number/buy (a form that is called JSON)")
async def test_a_number_is_bought_by_a_client_that_has_sent_json(sdk: Vonage, customer: Customer) -> None:
    """The library goes on to name the content type of its first JSON body."""
    sdk.users.create_user(User())
    assert sdk.numbers.buy_number(NumberParams(country="GB", msisdn=NUMBERS[-2])).error_code == "200"
    assert (await customer.of_account(f"/account/numbers?pattern={NUMBERS[-2]}"))["count"] == 1


@endpoint("GET /number/search")
async def test_numbers_are_searched_page_by_page(sdk: Vonage) -> None:
    search = SearchAvailableNumbersFilter(country="GB", size=60)
    first, count, more = sdk.numbers.search_available_numbers(search)
    second, _, end = sdk.numbers.search_available_numbers(search.model_copy(update={"index": more}))
    assert (more, end) == (2, None)
    assert len({number.msisdn for number in first + second}) == count


@endpoint("GET /account/get-balance")
async def test_the_balance_is_read(sdk: Vonage) -> None:
    assert sdk.account.get_balance().value == 0


@endpoint("POST /account/settings")
async def test_settings_are_told(sdk: Vonage) -> None:
    settings = sdk.account.update_default_sms_webhook(mo_callback_url="https://example.test/sms")
    assert settings.max_calls_per_second > 0


@endpoint(
    "GET /accounts/{key}/secrets",
    "POST /accounts/{key}/secrets",
    "GET /accounts/{key}/secrets/{id}",
    "DELETE /accounts/{key}/secrets/{id}",
)
async def test_a_second_secret_is_made_read_and_revoked(sdk: Vonage) -> None:
    created = sdk.account.create_secret("Correct4Horse")
    assert sdk.account.get_secret(created.id) == created
    assert created in sdk.account.list_secrets()
    sdk.account.revoke_secret(created.id)
    assert len(sdk.account.list_secrets()) == 1


@endpoint("JWT")
async def test_its_token_opens_the_door(sdk: Vonage, customer: Customer, tmp_path: Path) -> None:
    auth = Auth(application_id=customer.app.id, private_key=str(customer.key))
    made = auth.generate_application_jwt({"sub": "alice", "acl": {"paths": {"/**": {}}}})
    token = made.decode() if isinstance(made, bytes) else made
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["sub"], claims["application_id"]) == ("alice", customer.app.id)
    assert await customer.is_admitted(token)
