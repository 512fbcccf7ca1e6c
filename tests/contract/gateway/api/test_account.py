"""What belongs to an account: applications and numbers."""

from typing import Any

import jwt
import pytest

from gateway.store.records import NumberRecord
from tests.support.api import (
    API_KEY,
    API_SECRET,
    APPLICATION,
    NEIGHBOUR,
    OTHER_KEY,
    OTHER_SECRET,
    Api,
    json_of,
    key_pair,
)

pytestmark = pytest.mark.contract

OTHER = {"key": OTHER_KEY, "secret": OTHER_SECRET}
HOOK = {"address": "https://app.example.test/answer", "http_method": "GET"}
CREDENTIALS = {"api_key": API_KEY, "api_secret": API_SECRET}
NUMBER = {"country": "GB", "msisdn": "447700900003"}
SUCCESS = (200, {"error-code": "200", "error-code-label": "success"})


async def _send(api: Api, method: str, path: str, **how: Any) -> tuple[int, Any]:  # noqa: ANN401
    async with api.client.request(method, path, **how) as response:
        return response.status, await json_of(response)


async def test_an_application_gets_keys_and_shows_the_private_one_once(api: Api) -> None:
    wanted = {
        "name": "Shop",
        "capabilities": {
            "voice": {"webhooks": {"answer_url": HOOK}, "signed_callbacks": True},
            "messages": {"version": "v1"},
            "telepathy": {"range": 5},
        },
        "privacy": {"improve_ai": False},
    }
    status, created = await api.basic("POST", "/v2/applications", wanted)
    assert status == 201
    private_key = created["keys"].pop("private_key")
    assert {name: created[name] for name in wanted} == wanted
    assert created["_links"] == {"self": {"href": f"/v2/applications/{created['id']}"}}
    assert await api.basic("GET", f"/v2/applications/{created['id']}") == (200, created)
    token = jwt.encode(api.claims(created["id"]), private_key, algorithm="RS256")
    await api.expect(200, "GET", "/v1/users", token=token)


async def test_an_application_that_brings_its_key_is_shown_no_private_one(api: Api) -> None:
    public = key_pair("own")[1]
    status, created = await api.basic(
        "POST", "/v2/applications", {"name": "Own", "keys": {"public_key": public}}
    )
    assert (status, created["keys"]) == (201, {"public_key": public})
    assert created["privacy"] == {"improve_ai": True}


async def test_put_replaces_everything_but_the_key(api: Api) -> None:
    before = (await api.basic("GET", f"/v2/applications/{APPLICATION}"))[1]
    voice = {"voice": {"webhooks": {"event_url": HOOK}}}
    await api.basic("PUT", f"/v2/applications/{APPLICATION}", {"name": "A", "capabilities": voice})
    status, after = await api.basic("PUT", f"/v2/applications/{APPLICATION}", {"name": "B"})
    assert status == 200
    assert (after["name"], after["capabilities"], after["keys"]) == ("B", {}, before["keys"])


async def test_a_deleted_application_is_gone_with_its_tokens_and_links(api: Api) -> None:
    await api.store.rent_number(
        NumberRecord(msisdn="447700900003", country="GB", account=API_KEY, app_id=APPLICATION)
    )
    assert await api.basic("DELETE", f"/v2/applications/{APPLICATION}") == (204, None)
    assert (await api.basic("GET", f"/v2/applications/{APPLICATION}"))[0] == 404
    await api.expect(401, "GET", "/v1/users")
    status, body = await api.basic("GET", "/account/numbers")
    assert (status, "app_id" in body["numbers"][0]) == (200, False)


async def test_applications_are_listed_in_numbered_pages(api: Api) -> None:
    key = {"public_key": key_pair("own")[1]}
    for number in range(4):
        await api.basic("POST", "/v2/applications", {"name": f"n{number}", "keys": key})
    status, body = await api.basic("GET", "/v2/applications?page_size=2&page=2")
    assert status == 200
    assert [each["name"] for each in body["_embedded"]["applications"]] == ["n1", "n2"]
    assert (body["page"], body["page_size"], body["total_items"], body["total_pages"]) == (2, 2, 5, 3)
    assert body["_links"]["next"] == {"href": "/v2/applications?page_size=2&page=3"}
    assert body["_links"].keys() == {"self", "first", "last", "prev", "next"}


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "a", "keys": {"public_key": "x"}}, "keys.public_key"),
        ({"name": "a", "keys": {"public_key": "-----BEGIN PUBLIC KEY-----\n" * 900}}, "keys.public_key"),
        ({"name": "a", "capabilities": []}, "capabilities"),
        ({"name": "a", "capabilities": {"voice": []}}, "capabilities.voice"),
        (
            {"name": "a", "capabilities": {"voice": {"webhooks": {"answer_url": {"address": "ftp://x"}}}}},
            "capabilities.voice.webhooks.answer_url.address",
        ),
        (
            {
                "name": "a",
                "capabilities": {"rtc": {"webhooks": {"event_url": {**HOOK, "http_method": "PUT"}}}},
            },
            "capabilities.rtc.webhooks.event_url.http_method",
        ),
    ],
)
async def test_wrong_applications_are_named(api: Api, body: object, name: str) -> None:
    status, answer = await api.basic("POST", "/v2/applications", body)
    assert status == 400
    assert answer["type"] == "https://developer.nexmo.com/api-errors/application#payload-validation"
    assert [each["name"] for each in answer["invalid_parameters"]] == [name]


async def test_another_accounts_application_is_no_application(api: Api) -> None:
    path = f"/v2/applications/{APPLICATION}"
    for method, body in (("GET", None), ("PUT", {"name": "mine now"}), ("DELETE", None)):
        status, answer = await api.basic(method, path, body, **OTHER)
        assert status == 404
        assert answer["detail"] == f"ID '{APPLICATION}' does not exist, or you do not have access"
    listed = (await api.basic("GET", "/v2/applications", **OTHER))[1]
    assert [each["id"] for each in listed["_embedded"]["applications"]] == [NEIGHBOUR]


async def test_a_number_is_searched_bought_linked_listed_and_cancelled(api: Api) -> None:
    found = (await api.basic("GET", "/number/search?country=GB&pattern=0003&search_pattern=2"))[1]
    assert found == {
        "count": 1,
        "numbers": [
            {**NUMBER, "type": "landline", "cost": "0.00", "initialPrice": "0.00", "features": ["VOICE"]}
        ],
    }
    assert await _send(api, "POST", "/number/buy", data={**CREDENTIALS, **NUMBER}) == SUCCESS
    assert (await api.basic("GET", "/number/search?country=GB&pattern=447700900003"))[1]["count"] == 0
    link = {**CREDENTIALS, **NUMBER, "app_id": APPLICATION, "moHttpUrl": "http://example.test/"}
    assert await _send(api, "POST", "/number/update", params=link) == SUCCESS
    status, body = await _send(api, "GET", "/account/numbers", params=CREDENTIALS)
    (number,) = body["numbers"]
    assert status == 200
    assert number == {
        **NUMBER,
        "type": "landline",
        "features": ["VOICE"],
        "moHttpUrl": "http://example.test/",
        "app_id": APPLICATION,
    }
    unlink = {**CREDENTIALS, **NUMBER}
    assert await _send(api, "POST", "/number/update", params=unlink) == SUCCESS
    assert "app_id" not in (await api.basic("GET", "/account/numbers"))[1]["numbers"][0]
    assert await _send(api, "POST", "/number/cancel", params=CREDENTIALS, data=NUMBER) == SUCCESS
    assert (await api.basic("GET", "/account/numbers"))[1] == {"count": 0, "numbers": []}


async def test_a_voice_callback_of_the_type_app_links_too(api: Api) -> None:
    await _send(api, "POST", "/number/buy", data={**CREDENTIALS, **NUMBER})
    link = {**CREDENTIALS, **NUMBER, "voiceCallbackType": "app", "voiceCallbackValue": APPLICATION}
    assert await _send(api, "POST", "/number/update", params=link) == SUCCESS
    assert (await api.basic("GET", "/account/numbers"))[1]["numbers"][0]["app_id"] == APPLICATION


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 2),
        ("has_application=true", 1),
        ("has_application=false", 1),
        (f"application_id={APPLICATION}", 1),
        ("country=GB", 2),
        ("country=US", 0),
        ("pattern=0010", 0),
        ("pattern=0010&search_pattern=2", 1),
        ("pattern=7009&search_pattern=1", 2),
    ],
)
async def test_rented_numbers_are_filtered(api: Api, query: str, count: int) -> None:
    for msisdn, linked in (("447700900010", APPLICATION), ("447700900011", None)):
        await api.store.rent_number(NumberRecord(msisdn=msisdn, country="GB", account=API_KEY, app_id=linked))
    assert (await api.basic("GET", f"/account/numbers?{query}"))[1]["count"] == count


async def test_searches_are_paged(api: Api) -> None:
    body = (await api.basic("GET", "/number/search?country=GB&size=100&index=2"))[1]
    assert (body["count"], len(body["numbers"])) == (150, 50)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/number/buy", {}),
        ("/number/buy", {"country": "GB"}),
        ("/number/buy", {"country": "GB", "msisdn": "x"}),
        ("/number/buy", {"country": "GB", "msisdn": "12025550100"}),
        ("/number/buy", {"country": "US", "msisdn": "447700900003"}),
        ("/number/buy", {"country": "GB", "msisdn": "447700900020"}),
        ("/number/cancel", NUMBER),
        ("/number/cancel", {"country": "GB", "msisdn": "447700900020"}),
        ("/number/update", {"country": "GB", "msisdn": "447700900020"}),
        ("/number/update", {"country": "GB", "msisdn": "447700900021", "app_id": NEIGHBOUR}),
        ("/number/update", {"country": "GB", "msisdn": "447700900021", "app_id": "none"}),
        ("/number/update", {"country": "GB", "msisdn": "447700900021", "moHttpUrl": "x"}),
    ],
)
async def test_what_cannot_be_done_with_numbers(api: Api, path: str, fields: dict[str, str]) -> None:
    for msisdn, account in (("447700900020", OTHER_KEY), ("447700900021", API_KEY)):
        await api.store.rent_number(NumberRecord(msisdn=msisdn, country="GB", account=account))
    status, body = await _send(api, "POST", path, data={**CREDENTIALS, **fields})
    assert (status, body.keys()) == (420, {"error-code", "error-code-label"})
    assert body["error-code"] == "420"
    foreign = await api.store.number("447700900020")
    assert foreign is not None
    assert (foreign.account, foreign.app_id) == (OTHER_KEY, None)


async def test_the_balance(api: Api) -> None:
    status, body = await _send(api, "GET", "/account/get-balance", params=CREDENTIALS)
    assert (status, body) == (200, {"value": 0.0, "autoReload": False})
